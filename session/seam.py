"""What a conversation asks of the wire: a `Connection`. ``connection`` makes real ones, ``memory`` pairs of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol


class Connection(Protocol):
    """Frames to and from a server, each one event."""

    @property
    def address(self) -> str:
        """The server's address as it may be shown: without a key, a user or a query."""
        ...

    async def send(self, text: str) -> None:
        """Send a frame; returns when it was handed over, and so waits for a server that is slow to take it.

        Raises:
            ConnectionLost: The connection is gone.
        """
        ...

    def __aiter__(self) -> AsyncIterator[str | bytes]:
        """Yield each frame as it comes, as text or as the bytes of that text, unchecked. Ends after `close`.

        Raises:
            ConnectionLost: The connection is gone, or the server ended it.
        """
        ...

    async def close(self) -> None:
        """Say goodbye and end the connection, within a second; may be called twice."""
        ...
