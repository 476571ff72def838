"""The protocol that the rest of the program speaks: nothing to translate."""

from __future__ import annotations

from realtime_chat.protocol.dialects.dialect import Dialect, Json


def _same(frame: Json, _memory: None) -> list[Json]:
    return [frame]


GA = Dialect(
    name="ga",
    client_memory=lambda: None,
    server_memory=lambda: None,
    client_out=_same,
    client_in=_same,
    server_in=_same,
    server_out=_same,
    client_words=frozenset(),
    server_words=frozenset(),
)
"""What OpenAI serves since May 2026."""
