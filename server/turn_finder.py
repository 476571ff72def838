"""Where turns begin and end, decided frame by frame from what a voice detector says. All lengths are samples."""

from __future__ import annotations

from collections import deque
from enum import Enum, auto
from typing import NamedTuple

from realtime_chat.audio.frame import FRAME_SAMPLES

_ONSET_SURE = (2, 4)
"""So many of so many frames must be voiced where a second detector is sure of a voice: stops and fricatives often are
not."""

_ONSET = (7, 9)
"""The same where there is no second one: webrtcvad makes 6-7 voiced frames of a click of 40 ms."""


class Heard(Enum):
    """What was noticed in the sound."""

    STARTED = auto()
    STOPPED = auto()


class Verdict(NamedTuple):
    """What the detectors say of one frame.

    Attributes:
        voiced: It sounds like a voice.
        sure: A second detector thinks so too; ``None`` where there is none.
    """

    voiced: bool
    sure: bool | None = None


class TurnFinder:
    """Tells turns from the silence between them.

    A turn begins ``padding`` before the first voiced frame of its onset, but not before the one that was before it
    ended. It ends when ``patience`` have passed since the last voiced frame, to the sample, or when it is as long as a
    turn may be: then the next begins there if the voice goes on.

    Attributes:
        padding: Sound from before the voice that belongs to a turn.
        patience: The silence that ends the turn; may be changed at any time.
        start: First sample of the turn, or of the last one.
        voiced_end: First sample after the last voiced frame of the turn.
        end: First sample after the turn that stopped last.
    """

    def __init__(self, padding: int, patience: int, longest: int) -> None:
        self.padding = padding
        self.patience = patience
        self._longest = longest
        self.start = self.voiced_end = self.end = 0
        self._is_open = False
        self._voiced: deque[int] = deque(maxlen=_ONSET[1])

    @property
    def is_open(self) -> bool:
        """A turn has begun and not ended."""
        return self._is_open

    @property
    def lead(self) -> int:
        """How much of the sound may become part of a turn that is noticed now."""
        return self.padding + (_ONSET[1] + 1) * FRAME_SAMPLES

    def push(self, position: int, verdict: Verdict) -> Heard | None:
        """Take the verdict on the frame that begins at ``position``; frames come without gaps."""
        now = position + FRAME_SAMPLES
        if self._is_open:
            if verdict.voiced:
                self.voiced_end = now
                if now - self.start < self._longest:
                    return None
            return self.check(now)
        if verdict.voiced:
            self._voiced.append(position)
        elif not self._voiced:
            return None
        elif self._voiced[0] <= position - _ONSET[1] * FRAME_SAMPLES:
            self._voiced.popleft()
        onset, window = _ONSET if verdict.sure is None else _ONSET_SURE
        voiced = [at for at in self._voiced if at > position - window * FRAME_SAMPLES]
        if len(voiced) < onset or verdict.sure is False:
            return None
        self._is_open = True
        self._voiced.clear()
        self.start = max(self.end, voiced[0] - self.padding)
        self.voiced_end = voiced[-1] + FRAME_SAMPLES
        return Heard.STARTED

    def check(self, now: int) -> Heard | None:
        """Say whether the turn is over at ``now``, after `patience` was changed."""
        end = min(self.voiced_end + self.patience, self.start + self._longest)
        if not self._is_open or now < end:
            return None
        self._is_open = False
        self.end = end
        return Heard.STOPPED

    def cut(self, now: int) -> None:
        """End the turn at ``now`` without a word; what goes on is another one."""
        self._is_open = False
        self.start = self.voiced_end = self.end = now
        self._voiced.clear()
