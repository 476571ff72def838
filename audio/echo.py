"""`EchoCanceller`: takes what the speaker plays out of what the microphone hears.

WebRTC's third canceller (AEC3) finds the echo by comparing the microphone with a *reference*, what the speaker was
given. It must get the reference before the echo comes, and may not get it much earlier: 40 ms late, it takes out
4-8 dB in place of 26-38, and the assistant interrupts itself.
"""

from __future__ import annotations

from collections import OrderedDict, deque

import numpy as np
import numpy.typing as npt

from realtime_chat.audio.detector import RATE, Wideband
from realtime_chat.audio.echo_path import EchoPath
from realtime_chat.audio.frame import FRAME_SAMPLES, SAMPLE_BYTES, SAMPLE_RATE, Frame, ms_to_samples
from realtime_chat.audio.lateness import Lateness
from realtime_chat.audio.resample import FrameResampler

Samples = npt.NDArray[np.int16]

_MARGIN_BYTES = ms_to_samples(10) * SAMPLE_BYTES
"""How much reference waits at least, so that a block of the speaker that comes late is not missed. The echo of what is
played now comes after the latencies of both devices, later than this."""

_LIMIT_BYTES = ms_to_samples(1000) * SAMPLE_BYTES
"""The two devices have lost each other where more waits: the microphone was closed, or heard nothing for a while. Less
may wait because the hearing does: on a machine that is busy both then come in one go, and belong together."""

_LEAD_BYTES = ms_to_samples(25) * SAMPLE_BYTES
_LEAD_TAKES = 50
"""Where more than this waited each time for a second, some of what was heard was lost, or the devices' clocks differ:
the reference is late by so much, and would be for ever."""

_LATE_TAKES = 6
"""They have, too, where something was missing so many times in a row: it is not late, but comes no more, or began anew.
A microphone whose frames waited while a connection was made is read in one go, for example."""

_KEPT_FRAMES = ms_to_samples(2000) // FRAME_SAMPLES
"""More than a gate keeps from before it opens."""


_SUPPRESSION = 0
_MOST_GAIN_DB = 12.0
"""What is pleasant to hear is not what is best recognised: at the library's own levels (1, 50 dB) 6 of 100 words were
wrong where the sound as it came had 4; with these 3, and of very quiet speech 4 in place of 6. `bench/gate.py`."""


class Reference:
    """What the speaker played, in step with what the microphone heard.

    Both devices count samples at the same pace. So the first frame decides how far one is behind the other, and from
    then on as much is taken as was heard; where a block comes late, silence takes its place and it is left out.

    `push` may be called on another thread than `take`.
    """

    def __init__(self) -> None:
        self._blocks: deque[bytes] = deque(maxlen=1024)
        self._waiting = bytearray()
        self._owed: int | None = None
        self._late = 0
        self._least: deque[int] = deque(maxlen=_LEAD_TAKES)
        self.has_lost_step = False
        """What was taken last is where a device was closed, or began anew."""

    @property
    def is_steady(self) -> bool:
        """For a second it has been in step."""
        return self._owed == 0 and len(self._least) == _LEAD_TAKES

    def push(self, pcm: bytes, at: float = 0.0) -> None:
        """Add what was handed to the speaker (PCM16 mono 24 kHz), silence included; `at` does not matter."""
        del at
        self._blocks.append(pcm)

    def take(self, size: int) -> bytes:
        """Give ``size`` bytes: what was played while as much was heard, as far as that is known."""
        while self._blocks:
            self._waiting += self._blocks.popleft()
        was_in_step = self._owed is not None
        self.has_lost_step = False
        if self._owed is None or self._late >= _LATE_TAKES or len(self._waiting) - self._owed - size > _LIMIT_BYTES:
            self.has_lost_step = was_in_step
            self._late = 0
            self._least.clear()
            if len(self._waiting) < size + _MARGIN_BYTES:
                self._owed = None  # nothing plays, or it has only just begun
                return bytes(size)
            del self._waiting[: len(self._waiting) - size - _MARGIN_BYTES]
            self._owed = 0
        late = min(self._owed, len(self._waiting))
        del self._waiting[:late]
        self._owed -= late
        taken = bytes(self._waiting[:size])
        del self._waiting[: len(taken)]
        self._owed += size - len(taken)
        self._late = self._late + 1 if len(taken) < size else 0
        self._least.append(len(self._waiting))
        if len(self._least) == _LEAD_TAKES and (lead := min(self._least)) > _LEAD_BYTES:
            del self._waiting[: lead - _MARGIN_BYTES]
            self._least.clear()
        return taken.ljust(size, b"\0")


class EchoCanceller:
    """Takes the speaker's part out of sound. Sound must come in order, 20 ms at a time.

    There are two results. What is `judged`, at 16 kHz, is for a voice detector: the first 20 ms of a word are not
    softened. A `voice` is for whoever listens: without the noise either, at a good loudness. Where there is an echo it
    has what is left of it up to 8 kHz, as all that hears speech needs; a second canceller, for the rest, would cost
    as much as all other hearing. Nothing is cancelled while nothing is played; a voice is made when it is asked for.
    """

    def __init__(self) -> None:
        from pywebrtc_audio import AudioProcessor
        from pywebrtc_audio import EchoCanceller as Aec3

        self.reference = Reference()
        """To be given what the speaker plays: let the speaker's `tap` push it here."""
        self.path = EchoPath()
        """Whether there is an echo at all; to be told when a voice was noticed."""
        self.has_cancelled = False
        """An echo was taken out of the frame that was pushed last, or would have been."""
        self._canceller = Aec3(sample_rate=RATE)
        self._near, self._far = Wideband(), Wideband()
        self._back = FrameResampler(RATE, SAMPLE_RATE)
        self._improver = AudioProcessor(
            sample_rate=SAMPLE_RATE,
            noise_suppression=True,
            ns_level=_SUPPRESSION,
            auto_gain_control=True,
            agc_max_gain_db=_MOST_GAIN_DB,
        )
        self._lateness = Lateness()
        self._voices: OrderedDict[int, bytes] = OrderedDict()

    @property
    def is_calm(self) -> bool:
        """It is known that nothing sounds, nor did of late."""
        return self.reference.is_steady and not self.path.sounds

    def push(self, frame: Frame) -> bytes:
        """Take what the microphone heard next; give what is to be judged: `PIECE_BYTES` bytes at 16 kHz."""
        played = self.reference.take(len(frame.pcm))
        if self.reference.has_lost_step:
            self.path.forget()
        self.path.push(frame.pcm, played)
        near = self._near.push(frame.pcm)
        self.has_cancelled = self.path.sounds and not self.path.is_absent
        if not self.has_cancelled:
            self._keep(frame, None)
            return bytes(len(near)) if self.path.is_unmoved else near
        # It learns from all that is played, not only from what is played while somebody speaks; and not from anything
        # else: where it went on for 2 s after the speaker had fallen silent, it found the next voice 25 ms later.
        cancelled: bytes = self._canceller.process(_samples(near), _samples(self._far.push(played))).tobytes()
        self._keep(frame, self._back.push(cancelled))
        return cancelled

    def voice(self, frame: Frame) -> Frame:
        """Give the person's part of a frame, which was pushed before; ask in order, and once for each."""
        heard = self._voices.pop(frame.position, frame.pcm)
        return Frame(frame.position, self._improver.process(_samples(heard)).tobytes())

    def _keep(self, frame: Frame, cancelled: bytes | None) -> None:
        self._voices[frame.position] = self._lateness.push(frame.pcm, cancelled)
        if len(self._voices) > _KEPT_FRAMES:
            self._voices.popitem(last=False)


def _samples(pcm: bytes) -> Samples:
    return np.frombuffer(pcm, dtype="<i2")
