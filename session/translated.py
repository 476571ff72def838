"""`TranslatedConnection`: a connection to a server that speaks another dialect, used as one that speaks GA."""

from __future__ import annotations

from collections.abc import AsyncIterator

from realtime_chat.protocol.dialects.client_end import ClientEnd
from realtime_chat.protocol.dialects.table import AnyDialect
from realtime_chat.session.seam import Connection


class TranslatedConnection:
    """A connection; see `seam.Connection`."""

    def __init__(self, connection: Connection, dialect: AnyDialect) -> None:
        self._connection = connection
        self._end = ClientEnd(dialect)

    @property
    def address(self) -> str:
        """The server's address as it may be shown."""
        return self._connection.address

    async def send(self, text: str) -> None:
        """Send what a frame of ours is in the dialect.

        Raises:
            ConnectionLost: The connection is gone.
        """
        for frame in self._end.write(text):
            await self._connection.send(frame)

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        """Yield what each frame means.

        Raises:
            ConnectionLost: The connection is gone, or the server ended it.
        """
        async for frame in self._connection:
            for understood in self._end.read(frame):
                yield understood

    async def close(self) -> None:
        """Say goodbye; returns within a second."""
        await self._connection.close()
