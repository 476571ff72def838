"""`Sender`: what is said to the server goes through here, in order, as fast as it takes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from realtime_chat.protocol.client_events import AnyClientEvent
from realtime_chat.protocol.codec import encode
from realtime_chat.session.errors import ConnectionLost
from realtime_chat.session.notices import Fault
from realtime_chat.session.outbox import Outbox, Room
from realtime_chat.session.seam import Connection


class Sender:
    """Empties an `Outbox` into a connection."""

    def __init__(
        self, connection: Connection, *, warn: Callable[[Fault], None], fail: Callable[[ConnectionLost], None]
    ) -> None:
        """Make one.

        Args:
            connection: An open connection.
            warn: Told once, until all is sent again, that sound is dropped.
            fail: Told that the server takes nothing any more.
        """
        self._connection = connection
        self._warn = warn
        self._fail = fail
        self._outbox = Outbox()
        self._work = asyncio.Event()
        self._is_dropping = False

    def post(self, event: AnyClientEvent) -> None:
        """Send an event, as soon as those before it are sent."""
        match self._outbox.put(event):
            case Room.TAKEN:
                self._work.set()
            case Room.DROPPED if not self._is_dropping:
                self._is_dropping = True
                self._warn(Fault("server_slow", "The server takes less sound than is spoken: some of it is lost."))
            case Room.FULL:
                self._fail(ConnectionLost(1006, "it takes nothing any more"))

    async def run(self) -> None:
        """Send, for ever.

        Raises:
            ConnectionLost: The connection is gone.
        """
        while True:
            await self._work.wait()
            self._work.clear()
            while self._outbox:
                await self._connection.send(encode(self._outbox.take()))
            self._is_dropping = False
