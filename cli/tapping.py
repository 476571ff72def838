"""`Tapping`: taps and a key that is held, told apart where a terminal only tells of presses.

There a key that is held comes again and again, as if it were pressed: for the first time after a while, then many times
a second. So a press that follows another may be a tap, or the first of those; what follows it, or does not, tells.

Time is an argument: seconds of one clock.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

DOUBT_S: Final = 0.12
"""A press that no other follows for so long was a tap. The next of a key that is held comes sooner: after 30 to 50 ms
as most keyboards are set up, after 92 ms on a Linux console (kbdrate(8)), and a Windows console is read each 50 ms."""

LONGEST_DELAY_S: Final = 2.0
"""A key that is held comes again for the first time after 0.25 to 0.7 s as keyboards are set up, and their settings go
to 1 or 2 s. A press that comes later than that is a tap, and nobody waits for it to be known: most turns are longer."""

LET_GO_S: Final = 0.15
"""A key that was held and does not come for so long was let go; one time of many may come late."""


class Meaning(Enum):
    """What the key did."""

    TAP = auto()
    """It was pressed; it may be held from then on, which shows later."""
    LET_GO = auto()
    """It was held, and is not any more."""


class _State(Enum):
    UP = auto()  # for all that is known
    PRESSED = auto()  # last a tap; it may be held still
    DOUBTED = auto()  # pressed once more, or held
    HELD = auto()


class Tapping:
    """One key. Whoever runs it calls `overdue` at the time that is `due`, if no press comes before."""

    def __init__(self) -> None:
        self._state = _State.UP
        self._pressed = 0.0

    @property
    def is_in_doubt(self) -> bool:
        """Nobody knows yet what the last press was."""
        return self._state is _State.DOUBTED

    @property
    def due(self) -> float | None:
        """When to call `overdue`; None where time tells nothing."""
        match self._state:
            case _State.DOUBTED:
                return self._pressed + DOUBT_S
            case _State.HELD:
                return self._pressed + LET_GO_S
            case _:
                return None

    def press(self, now: float) -> Meaning | None:
        """Take a press; give what it means, if that is clear.

        One that is taken before `overdue` was called came in time: it may have waited for its reader.
        """
        since = now - self._pressed
        match self._state:
            case _State.DOUBTED | _State.HELD:
                self._state = _State.HELD
            case _State.PRESSED if since < DOUBT_S:
                return None  # a key that bounces: nobody taps so fast, and no keyboard repeats so soon
            case _State.PRESSED if since <= LONGEST_DELAY_S:
                self._state = _State.DOUBTED
            case _:
                self._state = _State.PRESSED
        self._pressed = now
        return Meaning.TAP if self._state is _State.PRESSED else None

    def overdue(self, now: float) -> Meaning | None:
        """Say that no press came until now; give what that means, if anything."""
        if self.due is None or now < self.due:
            return None
        if self._state is _State.DOUBTED:
            self._state = _State.PRESSED
            return Meaning.TAP
        self._state = _State.UP
        return Meaning.LET_GO

    def forget(self) -> None:
        """Take what was pressed until now for over."""
        self._state = _State.UP
