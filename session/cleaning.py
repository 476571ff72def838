"""Text on its way into an event, an error or a log."""

from __future__ import annotations

from realtime_chat.protocol.printable import one_line

_LONGEST = 200
"""Characters that are kept of what a server says about an error."""


def encodable(text: str) -> str:
    """Give ``text`` with ``?`` for what UTF-8 has no bytes for: lone surrogates, as undecodable input leaves them."""
    return text.encode("utf-8", "replace").decode("utf-8")


def one_sentence(text: str) -> str:
    """Give what a server said on one line of at most 200 characters, without control characters or a full stop."""
    line = one_line(text)
    return (line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…").rstrip(".")
