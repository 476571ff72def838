"""How fast sound runs where no device sets the pace."""

from __future__ import annotations

import asyncio
from enum import Enum, auto

from realtime_chat.audio.clock import now
from realtime_chat.audio.frame import SAMPLE_RATE


class Pace(Enum):
    """When the next sound is due."""

    REAL_TIME = auto()
    """As a device would: a second of sound a second."""
    EAGER = auto()
    """As soon as somebody takes it."""
    STEPPED = auto()
    """Only when the one who made it says so: `MemorySpeaker.advance`."""


class Metronome:
    """Waits until sound is due, counted from when it was made, so that small delays do not add up."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._start = now()

    async def until(self, samples: int) -> None:
        """Wait until ``samples`` samples have gone by; gives way to other tasks in any case."""
        late = now() - self._start - samples / SAMPLE_RATE
        await asyncio.sleep(-late if self._pace is Pace.REAL_TIME and late < 0 else 0)
