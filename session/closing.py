"""`Closing`: when a conversation ends, and as what."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from realtime_chat.session.effects import Finish
from realtime_chat.session.notices import Cause

TRANSCRIPT_SECONDS: Final = 5.0
"""How long the end of a conversation waits for the words of what the person said last."""


class _Course(Enum):
    OPEN = auto()
    ENDING = auto()
    CLOSING = auto()


class Closing:
    """From ``OPEN`` to ``ENDING``, which lasts until all is answered and heard, to ``CLOSING``; or there at once."""

    def __init__(self) -> None:
        self._course = _Course.OPEN
        self._idle_since: float | None = None
        self._end = Finish(Cause.FINISHED)

    @property
    def has_begun(self) -> bool:
        """The conversation is over but for what is told of how it ended."""
        return self._course is _Course.CLOSING

    @property
    def end(self) -> Finish:
        """How it ended, once it did."""
        return self._end

    def await_idleness(self) -> None:
        """Nothing more will be said or typed: the conversation is over as soon as it is idle."""
        self._course = _Course.ENDING

    def begin(self, end: Finish) -> None:
        """The conversation is over."""
        self._course, self._end = _Course.CLOSING, end

    def is_due(self, now: float, *, is_idle: bool, is_waiting: bool) -> bool:
        """Say whether the conversation is to end now; to be asked after each change.

        Args:
            now: The time.
            is_idle: Nobody speaks, nothing sounds, and no answer is to come.
            is_waiting: Words of something that was said are still to come.
        """
        if self._course is _Course.OPEN or not is_idle:
            self._idle_since = None
            return False
        if self._idle_since is None:
            self._idle_since = now
        return not is_waiting or now - self._idle_since >= TRANSCRIPT_SECONDS
