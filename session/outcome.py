"""`Outcome`: how a conversation ends. Several may say so; the first of them counts."""

from __future__ import annotations

import asyncio

from realtime_chat.session.errors import SessionError
from realtime_chat.session.notices import Closed


class Outcome:
    """Settled once, which may be before anybody waits for it."""

    def __init__(self) -> None:
        self._end: Closed | SessionError | None = None
        self._settled = asyncio.Event()

    def settle(self, end: Closed | SessionError) -> None:
        """Say how the conversation ends; passed over where that is settled."""
        self._end = self._end or end
        self._settled.set()

    async def wait(self) -> Closed:
        """Wait for the end.

        Raises:
            SessionError: The conversation could not go on.
        """
        while self._end is None:
            await self._settled.wait()
        if isinstance(self._end, SessionError):
            raise self._end
        return self._end
