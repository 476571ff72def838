"""Two ends of a connection in memory, for tests: what one sends, the other receives, late or never if so wished."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from realtime_chat.session.errors import ConnectionLost


@dataclass(frozen=True, slots=True)
class _Goodbye:
    code: int
    reason: str


class MemoryConnection:
    """One end; see `seam.Connection`. Make two with `memory_pair`."""

    def __init__(self, *, delay: float, loses: Callable[[str], bool]) -> None:
        self._delay = delay
        self._loses = loses
        self._arrived: asyncio.Queue[str | bytes | _Goodbye | None] = asyncio.Queue()
        self._peer: MemoryConnection | None = None
        self._gone: _Goodbye | None = None

    @property
    def address(self) -> str:
        """What an error calls this connection."""
        return "memory"

    @property
    def is_closed(self) -> bool:
        """This end was closed, by either side."""
        return self._gone is not None

    def join(self, peer: MemoryConnection) -> None:
        """Let what is sent here arrive at ``peer``."""
        self._peer = peer

    async def send(self, text: str) -> None:
        """Send a frame.

        Raises:
            ConnectionLost: Either side closed the connection.
        """
        await asyncio.sleep(0)
        self._hand_over(text)

    def send_raw(self, frame: str | bytes) -> None:
        """Send a frame that need not be text, at once.

        Raises:
            ConnectionLost: Either side closed the connection.
        """
        self._hand_over(frame)

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        """Yield what the other end sent.

        Raises:
            ConnectionLost: The other end closed the connection.
        """
        while (frame := await self._arrived.get()) is not None:
            if isinstance(frame, _Goodbye):
                raise ConnectionLost(frame.code, frame.reason)
            yield frame

    async def close(self) -> None:
        """End the connection."""
        self.hang_up(1000)

    def hang_up(self, code: int, reason: str = "") -> None:
        """End the connection with a close code, as a server does."""
        if self._gone is None:
            self._gone = _Goodbye(code, reason)
            self._arrived.put_nowait(None)
            if self._peer is not None:
                self._peer._deliver(self._gone, self._delay)  # noqa: SLF001 - the two ends are one thing

    def _hand_over(self, frame: str | bytes) -> None:
        if self._gone is not None:
            raise ConnectionLost(self._gone.code, self._gone.reason)
        if self._peer is not None and not (isinstance(frame, str) and self._loses(frame)):
            self._peer._deliver(frame, self._delay)  # noqa: SLF001 - the two ends are one thing

    def _deliver(self, frame: str | bytes | _Goodbye, delay: float) -> None:
        if delay > 0:
            asyncio.get_running_loop().call_later(delay, self._arrive, frame)
        else:
            self._arrive(frame)

    def _arrive(self, frame: str | bytes | _Goodbye) -> None:
        if self._gone is None:
            if isinstance(frame, _Goodbye):
                self._gone = frame
            self._arrived.put_nowait(frame)


def _nothing(_: str) -> bool:
    return False


def memory_pair(
    *, delay: float = 0.0, loses: Callable[[str], bool] = _nothing
) -> tuple[MemoryConnection, MemoryConnection]:
    """Give the client's and the server's end of one connection.

    Args:
        delay: Seconds that a frame travels, in either direction; the order is kept.
        loses: Says which of the server's frames never arrive. A real connection loses none; a server may forget some.
    """
    client = MemoryConnection(delay=delay, loses=_nothing)
    server = MemoryConnection(delay=delay, loses=loses)
    client.join(server)
    server.join(client)
    return client, server
