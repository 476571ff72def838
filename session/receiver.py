"""`Receiver`: what the server says comes through here, event by event, into the machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from realtime_chat.audio.clock import now
from realtime_chat.protocol.codec import decode_server_event
from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.session.effects import Effect, Tell
from realtime_chat.session.errors import ConnectionLost
from realtime_chat.session.machine import Machine
from realtime_chat.session.notices import Ignored
from realtime_chat.session.seam import Connection


class Receiver:
    """Empties a connection. What the machine wants done about it is handed to ``do`` at once."""

    def __init__(self, connection: Connection, machine: Machine, do: Callable[[Sequence[Effect]], None]) -> None:
        self._connection = connection
        self._machine = machine
        self._do = do

    async def run(self) -> None:
        """Receive, for as long as there is a connection; a frame that is no event is told of and passed over.

        Raises:
            ConnectionLost: The connection is gone.
        """
        async for frame in self._connection:
            try:
                event = decode_server_event(frame)
            except MalformedEvent as error:
                self._do([Tell(Ignored("", error.reason))])
            else:
                self._do(self._machine.received(event, now()))
            await asyncio.sleep(0)  # a flood of frames must not keep a key from being heard
        raise ConnectionLost(1000, "")
