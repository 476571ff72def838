"""`VoiceGate`: lets speech through and keeps the rest, and says when somebody starts and stops.

Everything is counted in samples of the input; the gate knows no clock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto

from realtime_chat.audio.frame import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_BYTES, SAMPLE_RATE, Frame, ms_to_samples
from realtime_chat.audio.resample import Resampler

_DETECTOR_RATE = 16_000
"""webrtcvad takes 8, 16, 32 and 48 kHz only."""

_DETECTOR_BYTES = FRAME_BYTES * _DETECTOR_RATE // SAMPLE_RATE

_SETTLING_FRAMES = 7
"""For this long after its start webrtcvad calls any noise, and at the lower levels even silence, a voice: measured on
silence and white noise of several loudnesses, 4 to 7 frames."""

_SLACK_FRAMES = 2
"""Unvoiced frames that may lie among the voiced ones of an onset: stops and fricatives are often judged so."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody speaks.

    Attributes:
        position: First sample that is let through; it lies before the voice by the pre-roll.
    """

    position: int


@dataclass(frozen=True, slots=True)
class Voiced:
    """A frame that is let through."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """Nobody has spoken for the whole hang-over, or the input ended.

    Attributes:
        position: First sample that was not let through: where the turn is declared over.
    """

    position: int


GateEvent = SpeechStarted | Voiced | SpeechStopped


class VoiceDetector:
    """Says of each frame whether it sounds like a voice. Frames must come in order, for it adapts to them.

    It says no to the first 140 ms, while it settles: a voice that is there from the first sample is noticed just
    after, soon enough for a pre-roll to reach back to its beginning.
    """

    def __init__(self, level: int = 2) -> None:
        """Make one.

        Args:
            level: 0..3, how sure it must be; webrtcvad calls it the aggressiveness.
        """
        import webrtcvad

        self._detector = webrtcvad.Vad(level)
        self._resampler = Resampler(SAMPLE_RATE, _DETECTOR_RATE, "QQ")
        # The resampler is one sample short after the first frame; one of silence in front keeps each call whole.
        self._ready = bytearray(SAMPLE_BYTES)
        self._settling = _SETTLING_FRAMES

    def is_voice(self, frame: Frame) -> bool:
        """Judge the next frame.

        Raises:
            ValueError: The frame does not last 20 ms.
        """
        if len(frame.pcm) != FRAME_BYTES:
            raise ValueError(f"a frame has {FRAME_BYTES} bytes, not {len(frame.pcm)}")
        self._ready += self._resampler.push(frame.pcm)
        judged = bytes(self._ready[:_DETECTOR_BYTES])
        del self._ready[:_DETECTOR_BYTES]
        voiced = bool(self._detector.is_speech(judged, _DETECTOR_RATE))
        if self._settling:
            self._settling -= 1
            return False
        return voiced


class _State(Enum):
    CLOSED = auto()
    OPEN = auto()


class VoiceGate:
    """Opens when somebody starts to speak and closes when they have stopped.

    It opens after ``onset_ms`` of voiced frames that lie close together, and then first lets through what it kept:
    those frames and the ``pre_roll_ms`` before them, since a word begins before it is sure to be one. webrtcvad drags
    every sound out by about 80 ms: measured at level 2, a click of 10 ms makes 4-5 voiced frames, one of 40 ms 6-7,
    so the 140 ms of the default keep clicks out and let the shortest word in.

    It closes after ``hang_over_ms`` without a voiced frame. The frames of one opening follow each other without a
    gap, and no frame is let through twice.
    """

    def __init__(self, level: int = 2, *, onset_ms: int = 140, pre_roll_ms: int = 300, hang_over_ms: int = 500) -> None:
        """Make a closed gate.

        Args:
            level: 0..3, how sure the detector must be.
            onset_ms: Voice that opens the gate; rounded up to frames, at least one.
            pre_roll_ms: Sound let through from before the voice; rounded up to frames.
            hang_over_ms: Silence that closes the gate; rounded up to frames, at least one.
        """
        self._detector = VoiceDetector(level)
        self._onset = max(1, _frames(onset_ms))
        self._pre_roll = _frames(pre_roll_ms)
        self._hang_over = max(1, _frames(hang_over_ms))
        window = self._onset + (_SLACK_FRAMES if self._onset > 1 else 0)
        self._votes: deque[bool] = deque(maxlen=window)
        self._kept: deque[Frame] = deque(maxlen=window + self._pre_roll)
        self._state = _State.CLOSED
        self._silent = 0
        self._end = 0

    @property
    def is_open(self) -> bool:
        """Somebody speaks, or spoke less than the hang-over ago."""
        return self._state is _State.OPEN

    def push(self, frame: Frame) -> list[GateEvent]:
        """Take the next frame; give what it leads to, in order."""
        voiced = self._detector.is_voice(frame)
        self._end = frame.end
        if self._state is _State.OPEN:
            return self._while_open(frame, voiced=voiced)
        return self._while_closed(frame, voiced=voiced)

    def flush(self) -> list[GateEvent]:
        """Say that the input ended: an open gate closes."""
        return self._close() if self._state is _State.OPEN else []

    def _while_closed(self, frame: Frame, *, voiced: bool) -> list[GateEvent]:
        self._kept.append(frame)
        self._votes.append(voiced)
        if not voiced or sum(self._votes) < self._onset:
            return []
        since_voice = len(self._votes) - self._votes.index(True)
        first = max(0, len(self._kept) - since_voice - self._pre_roll)
        frames = list(self._kept)[first:]
        self._kept.clear()
        self._votes.clear()
        self._state = _State.OPEN
        self._silent = 0
        return [SpeechStarted(frames[0].position), *(Voiced(kept) for kept in frames)]

    def _while_open(self, frame: Frame, *, voiced: bool) -> list[GateEvent]:
        self._silent = 0 if voiced else self._silent + 1
        events: list[GateEvent] = [Voiced(frame)]
        if self._silent >= self._hang_over:
            events += self._close()
        return events

    def _close(self) -> list[GateEvent]:
        self._state = _State.CLOSED
        return [SpeechStopped(self._end)]


def _frames(ms: int) -> int:
    return -(-ms_to_samples(ms) // FRAME_SAMPLES)
