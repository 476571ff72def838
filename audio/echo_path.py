"""`EchoPath`: does the microphone hear the speaker at all?

With headphones it does not. An echo canceller cannot know that, and for the first seconds of an answer it takes the
person's voice for an echo: measured, it then lowers a voice by 50 dB, and four of five interruptions are missed. So it
is told to leave the sound alone as soon as it is seen that the speaker sounds and the microphone stays quiet.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

from realtime_chat.audio.frame import FRAME_SAMPLES, SILENCE_DB, decibels, ms_to_samples

_LONGEST_ECHO = ms_to_samples(300) // FRAME_SAMPLES
"""Frames after which an echo would have come: the latencies of both devices and the way through the room."""

_USUAL_DELAY = ms_to_samples(140) // FRAME_SAMPLES
"""Frames that an echo is taken to be late by until it is known: on a laptop 40-120 ms."""

_RINGING = ms_to_samples(160) // FRAME_SAMPLES
"""Frames after the echo for which it may still be taken for a voice: the room rings, and silero, which judges 32 ms at
a time and remembers, is sure for another 60 ms. With 100 ms a busy machine heard itself twice in three minutes."""

_LEARNT = ms_to_samples(1000) // FRAME_SAMPLES
"""Frames of sound after which its delay is known."""

_FORGETTING = 0.995
"""By each frame: what was learnt 3 s ago counts half."""

_WATCHED = ms_to_samples(700) // FRAME_SAMPLES
"""Frames that are looked at together."""

_SOUNDING_DB = -45.0
"""The speaker sounds: a voice is some 20 dB louder in its vowels."""

_FAINT_DB = -65.0
"""It sounds, if only just: quieter, it is not heard even by a microphone beside it."""

_ABSENT_DB = -35.0
"""An echo this far below what was played is none: what a loudspeaker gives a microphone is 6-20 dB below."""

_LOUDER_DB = 6.0
"""Who is that much louder than what was heard while only the speaker sounded is somebody else."""


class _Verdict(Enum):
    UNKNOWN = auto()
    """There may be an echo."""
    ABSENT = auto()
    """There is none."""


class EchoPath:
    """Compares what is heard with what is played, a frame of 20 ms at a time."""

    def __init__(self) -> None:
        self._near: deque[float] = deque(maxlen=_WATCHED)
        self._far: deque[float] = deque(maxlen=_WATCHED)
        self._verdict = _Verdict.UNKNOWN
        self._quiet_db = SILENCE_DB
        self._alike = [0.0] * _LONGEST_ECHO
        self._learnt = 0

    @property
    def delay(self) -> int:
        """Frames of 20 ms by which the echo is later than what is played, as far as that is known."""
        return self._alike.index(max(self._alike)) if self._learnt >= _LEARNT else _USUAL_DELAY

    @property
    def is_absent(self) -> bool:
        """The microphone does not hear the speaker."""
        return self._verdict is _Verdict.ABSENT

    @property
    def sounds(self) -> bool:
        """The speaker sounds, or did so recently that its echo may still come."""
        return bool(self._far) and max(self._far) > _FAINT_DB

    @property
    def may_echo(self) -> bool:
        """The speaker sounds, or did so just now: what is heard may be that.

        Also where there seemed to be no echo, for headphones can be pulled out at any time.
        """
        return any(level > _FAINT_DB for level in list(self._far)[-(self.delay + _RINGING) :])

    @property
    def is_unmoved(self) -> bool:
        """The speaker sounds, and what is heard is no louder than it was while nobody but the speaker sounded."""
        return self.is_absent and self.sounds and self._near[-1] < self._quiet_db + _LOUDER_DB

    def push(self, near: bytes, far: bytes) -> None:
        """Take what was heard and what was played meanwhile (PCM16)."""
        self._near.append(decibels(near))
        self._far.append(decibels(far))
        if len(self._far) < _WATCHED or not self.sounds:
            return
        self._learn_delay()
        early = max(list(self._far)[: _WATCHED - _LONGEST_ECHO])
        heard = max(self._near)
        if early > _SOUNDING_DB and heard < early + _ABSENT_DB:
            self._verdict = _Verdict.ABSENT
            self._quiet_db = heard

    def noticed(self) -> None:
        """A voice was noticed. If the speaker had only just begun to sound, it was the speaker's, after all."""
        if self.sounds and not self._has_sounded:
            self._verdict = _Verdict.UNKNOWN

    def dismissed(self) -> None:
        """What was noticed was none. If it ended when the speaker fell silent, it was the speaker: there is an echo."""
        if self.sounds:
            self._verdict = _Verdict.UNKNOWN

    def forget(self) -> None:
        """Other devices are used."""
        self._near.clear()
        self._far.clear()
        self._verdict = _Verdict.UNKNOWN
        self._alike = [0.0] * _LONGEST_ECHO
        self._learnt = 0

    def _learn_delay(self) -> None:
        """Compare how loud it is now with how loud the speaker was: the echo rises and falls as that did."""
        if max(list(self._far)[-_LONGEST_ECHO:]) <= _SOUNDING_DB:
            return
        # Of so few numbers numpy would make four times the work, on a processor that slept.
        far = [max(level, _FAINT_DB) for level in self._far]
        near = [max(level, _FAINT_DB) for level in self._near]
        far_mean = sum(far) / _WATCHED
        rise = near[-1] - sum(near) / _WATCHED
        latest = far[: -_LONGEST_ECHO - 1 : -1]
        self._alike = [
            alike * _FORGETTING + rise * (level - far_mean) for alike, level in zip(self._alike, latest, strict=True)
        ]
        self._learnt += 1

    @property
    def _has_sounded(self) -> bool:
        """The speaker sounded before the time in which an echo comes."""
        return any(level > _SOUNDING_DB for level in list(self._far)[: -_LONGEST_ECHO or None])
