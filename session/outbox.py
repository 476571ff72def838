"""`Outbox`: what is still to be sent to the server.

A server, or a network, that takes less than is said must not fill the memory. Sound is dropped when half a minute of
it waits, for nobody wants an answer to that any more; words are kept, up to a number that no person reaches.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto
from typing import Final

from realtime_chat.protocol.client_events import AnyClientEvent, InputAudioBufferAppend

MOST_SOUND: Final = 1_500
"""Frames of 20 ms: 30 s, 2 MB."""

MOST_EVENTS: Final = 4_000
"""Events of any kind."""


class Room(Enum):
    """What became of an event."""

    TAKEN = auto()
    DROPPED = auto()
    """It was sound, and too much of it waits."""
    FULL = auto()
    """The server has taken nothing for so long that the connection is as good as lost."""


class Outbox:
    """A queue of events; pure."""

    def __init__(self) -> None:
        self._events: deque[AnyClientEvent] = deque()
        self._sound = 0

    def __len__(self) -> int:
        return len(self._events)

    def put(self, event: AnyClientEvent) -> Room:
        """Add an event, and say what became of it."""
        if len(self._events) >= MOST_EVENTS:
            return Room.FULL
        if isinstance(event, InputAudioBufferAppend):
            if self._sound >= MOST_SOUND:
                return Room.DROPPED
            self._sound += 1
        self._events.append(event)
        return Room.TAKEN

    def take(self) -> AnyClientEvent:
        """Give the oldest event.

        Raises:
            IndexError: There is none.
        """
        event = self._events.popleft()
        if isinstance(event, InputAudioBufferAppend):
            self._sound -= 1
        return event
