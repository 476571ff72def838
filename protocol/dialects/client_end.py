"""`ClientEnd`: a client that speaks GA, on a connection where another dialect is spoken."""

from __future__ import annotations

from collections.abc import Sequence

from realtime_chat.protocol.dialects import wire
from realtime_chat.protocol.dialects.table import AnyDialect


class ClientEnd:
    """Translates the frames of one connection, in both directions."""

    def __init__(self, dialect: AnyDialect) -> None:
        self._dialect = dialect
        self._memory = dialect.client_memory()

    def write(self, frame: str) -> Sequence[str]:
        """Give what is to be sent for a frame of ours."""
        if not self._dialect.client_words or wire.type_of(frame) not in self._dialect.client_words:
            return [frame]
        event = wire.read(frame)
        return [frame] if event is None else [wire.write(one) for one in self._dialect.client_out(event, self._memory)]

    def read(self, frame: str | bytes) -> Sequence[str | bytes]:
        """Give what a frame that came means to us; one that is unreadable stays so."""
        if not self._dialect.server_words or wire.type_of(frame) not in self._dialect.server_words:
            return [frame]
        fields = wire.read(frame)
        if fields is None:
            return [frame]
        try:
            return [wire.write(one) for one in self._dialect.client_in(fields, self._memory)]
        except RecursionError:  # it could just be read, and is one level deeper in GA
            return [frame]
