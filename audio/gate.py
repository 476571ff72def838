"""`VoiceGate`: lets speech through and keeps the rest, and says when somebody starts and stops.

Everything is counted in samples of the input; the gate knows no clock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto

from realtime_chat.audio.detector import Drowsy, SpeechDetector, VoiceDetector, Wideband
from realtime_chat.audio.frame import FRAME_SAMPLES, Frame, ms_to_samples

_ONSET = (2, 4)
"""So many of so many frames must be voiced at an onset: stops and fricatives are often judged not to be."""

_ONSET_UNCONFIRMED = (7, 9)
"""The same, where only webrtcvad judges. It drags every sound out by about 80 ms: measured at level 2, a click of 10 ms
makes 4-5 voiced frames, one of 40 ms 6-7."""

_SUSPICION_FRAMES = 8
"""So many frames later than it is suspected, a voice is sure, or it was none: not counted while there is doubt."""

_DOUBT_FRAMES = 40
"""Doubt lasts no longer than this. Who is asked to hold the sound that it comes from has done so by then, or cannot: on
a machine that is busy with other things 500 ms were once too short."""

_WARY_FRAMES = 150
"""For so long after a suspicion was dropped a guess is not enough for the next one: in 80 s of music over an echo of
-6 dB guesses would have held the sound 96 times, and at 21 of 35 coughs."""

_LINGERING_FRAMES = 50
"""The same after somebody stopped: silero is half sure of who has just spoken, and took the first 100 ms of an answer
for them."""


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


@dataclass(frozen=True, slots=True)
class SpeechSuspected:
    """Somebody may have begun to speak: `SpeechStarted` or `SuspicionDropped` follows.

    It does so within 160 ms, if there is no doubt about whose voice it is, else within a second.
    """


@dataclass(frozen=True, slots=True)
class SuspicionDropped:
    """It was a noise."""


GateEvent = SpeechSuspected | SuspicionDropped | SpeechStarted | Voiced | SpeechStopped


class _State(Enum):
    CLOSED = auto()
    SUSPECTING = auto()
    OPEN = auto()


class VoiceGate:
    """Opens when somebody starts to speak and closes when they have stopped.

    It opens when a few frames that lie close together sound like a voice, and the slower detector, where there is one,
    is sure that one of them is speech: about 100 ms after the first sample. It then first lets through the
    ``pre_roll_ms`` before that, in which the word began. It closes after ``hang_over_ms`` without speech.

    With the slower detector it says about 30 ms before it is sure what may be a voice, so that a sound that would be in
    its way can be held. Of a voice that an echo was taken out of a guess is enough for that, unless a suspicion was
    dropped of late, or a turn has just ended. Where that sound may itself be the voice, as an echo, it is only sure of
    a voice that goes on without it.

    The frames of one opening follow each other without a gap, and no frame is let through twice.
    """

    def __init__(
        self,
        level: int = 2,
        *,
        speech: SpeechDetector | None = None,
        pre_roll_ms: int = 400,
        hang_over_ms: int = 500,
    ) -> None:
        """Make a closed gate.

        Args:
            level: 0..3, how sure webrtcvad must be.
            speech: Has the last word, also about music, hum and keyboards, at 0.8 % of a core; None does without.
            pre_roll_ms: Sound let through from before the gate opened; rounded up to frames.
            hang_over_ms: Silence that closes the gate; rounded up to frames, at least one.
        """
        self._wideband = Wideband()
        self._voice = VoiceDetector(level)
        self._speech = None if speech is None else Drowsy(speech)
        self._onset, window = _ONSET_UNCONFIRMED if speech is None else _ONSET
        self._hang_over = max(1, _frames(hang_over_ms))
        self._votes: deque[bool] = deque(maxlen=window)
        self._before = window + _frames(pre_roll_ms)
        self._kept: deque[Frame] = deque(maxlen=self._before + _DOUBT_FRAMES + _SUSPICION_FRAMES)
        self._state = _State.CLOSED
        self._silent = 0
        self._doubted = 0
        self._suspected = 0
        self._wary = 0
        self._is_sure = False
        self._end = 0

    @property
    def is_open(self) -> bool:
        """Somebody speaks, or spoke less than the hang-over ago."""
        return self._state is _State.OPEN

    @property
    def is_calm(self) -> bool:
        """Nobody speaks, and nothing of late sounded as if."""
        return self._state is _State.CLOSED and not any(self._votes)

    def push(
        self, frame: Frame, judged: bytes | None = None, *, is_doubtful: bool = False, is_dulled: bool = False
    ) -> list[GateEvent]:
        """Take the next frame; give what it leads to, in order.

        Args:
            frame: What is let through.
            judged: The same 20 ms at 16 kHz, fitter to be judged by; None for ``frame`` itself.
            is_doubtful: A voice that is heard now may be one that is played.
            is_dulled: An echo is taken out of it, and with that something of the beginning of a voice.

        Raises:
            ValueError: The frame does not last 20 ms.
        """
        piece = self._wideband.push(frame.pcm) if judged is None else judged
        voiced = self._voice.is_voice(piece)
        if self._speech is not None:
            self._speech.push(piece, is_wanted=voiced or self._state is not _State.CLOSED)
        self._end = frame.end
        self._wary = max(0, self._wary - 1)
        if self._state is _State.OPEN:
            return self._while_open(frame, spoken=voiced and (self._speech is None or self._speech.goes_on))
        return self._while_closed(frame, voiced=voiced, is_doubtful=is_doubtful, is_dulled=is_dulled)

    def flush(self) -> list[GateEvent]:
        """Say that the input ended: an open gate closes."""
        was, self._state = self._state, _State.CLOSED
        if was is _State.SUSPECTING:
            return [SuspicionDropped()]
        return [SpeechStopped(self._end)] if was is _State.OPEN else []

    def restart(self) -> None:
        """Close without a word, and forget what was kept: what goes on is a new opening."""
        self._state = _State.CLOSED
        self._kept.clear()
        self._votes.clear()

    def _while_closed(self, frame: Frame, *, voiced: bool, is_doubtful: bool, is_dulled: bool) -> list[GateEvent]:
        self._kept.append(frame)
        self._votes.append(voiced)
        is_voiced = sum(self._votes) >= self._onset
        if self._speech is None:
            return self._open() if is_voiced else []
        begins = is_voiced and self._speech.begins
        if self._state is _State.SUSPECTING:
            return self._while_suspecting(begins=begins, is_doubtful=is_doubtful)
        if begins and not is_doubtful:
            return self._open()
        is_eager = is_dulled and not self._wary
        if is_voiced and (self._speech.suspects or (is_eager and self._speech.guesses)):
            self._state = _State.SUSPECTING
            self._suspected = self._doubted = 0
            self._is_sure = begins
            return [SpeechSuspected()]
        return []

    def _while_suspecting(self, *, begins: bool, is_doubtful: bool) -> list[GateEvent]:
        if is_doubtful and self._doubted < _DOUBT_FRAMES:
            self._doubted += 1
            self._is_sure = self._is_sure or begins
            return []
        self._suspected += 1
        if begins or (is_doubtful and self._is_sure):
            return self._open()
        if self._suspected < _SUSPICION_FRAMES:
            return []
        self._state = _State.CLOSED
        self._wary = _WARY_FRAMES
        return [SuspicionDropped()]

    def _open(self) -> list[GateEvent]:
        since = self._doubted + self._suspected if self._state is _State.SUSPECTING else 0
        frames = list(self._kept)[-(self._before + since) :]
        self._kept.clear()
        self._votes.clear()
        self._state = _State.OPEN
        self._silent = 0
        return [SpeechStarted(frames[0].position), *(Voiced(kept) for kept in frames)]

    def _while_open(self, frame: Frame, *, spoken: bool) -> list[GateEvent]:
        self._silent = 0 if spoken else self._silent + 1
        events: list[GateEvent] = [Voiced(frame)]
        if self._silent >= self._hang_over:
            self._state = _State.CLOSED
            self._wary = max(self._wary, _LINGERING_FRAMES)
            events.append(SpeechStopped(self._end))
        return events


def _frames(ms: int) -> int:
    return -(-ms_to_samples(ms) // FRAME_SAMPLES)
