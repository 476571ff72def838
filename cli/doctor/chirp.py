"""The sound by which the doctor finds out whether the microphone hears the speaker. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from realtime_chat.audio.frame import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SECONDS = 0.3
"""Short enough not to be a nuisance. With the sweep's 3 kHz it makes 900 of bandwidth times duration, so that the
correlation finds it some 30 dB below the noise of a whole band."""

_LOWEST_HZ, _HIGHEST_HZ = 500.0, 3500.0
"""What even the speaker of a telephone plays, and what no voice filter of a system takes away."""

_AMPLITUDE = 0.1
"""-20 dB of full scale: quieter than any voice."""

_EDGE_S = 0.02
_LEAST_LIKENESS = 0.25
"""Noise of its bandwidth reaches 0.1 by chance in a second; a chirp that is 12 dB below the noise reaches this, too."""

_MARGIN = 1.5
"""How much more like the chirp its echo must be than anything that was there before."""

_DITHER = 1.0
"""Square of a sample: what is quieter than the last bit is nothing."""


@dataclass(frozen=True, slots=True)
class Echo:
    """The chirp, as the microphone heard it.

    Attributes:
        at: Index of its first sample in the recording.
        gain_db: How much louder than it was played; negative where it is quieter.
        likeness: Its correlation with what was played, 0..1. Only a copy that was never in the air comes near to 1.
    """

    at: int
    gain_db: float
    likeness: float


def chirp() -> bytes:
    """Give a quiet sweep upwards: PCM16 mono at 24 kHz."""
    return _sweep().astype("<i2").tobytes()


def find_echo(recorded: bytes, played_at: int) -> Echo | None:
    """Look for the chirp in a recording.

    Args:
        recorded: PCM16 mono at 24 kHz, begun at least 0.4 s before the chirp: what the chirp is compared with.
        played_at: Index of the recording's sample that was heard when the chirp was given to the speaker.

    Returns:
        Where it is most like the chirp after ``played_at``; None where it is no more like it than by chance.
    """
    import numpy as np

    sound = np.frombuffer(recorded, "<i2").astype(np.float64)
    sweep = _sweep()
    if len(sound) < played_at + len(sweep):
        return None
    matches = _correlated(sound, sweep)
    energy = np.concatenate(([0.0], np.cumsum(np.square(sound))))
    nearby = energy[len(sweep) :] - energy[: -len(sweep)]
    norm = float(np.sqrt(np.sum(np.square(sweep))))
    likeness = np.abs(matches) / (norm * np.sqrt(nearby + _DITHER * len(sweep)))
    before = likeness[: max(0, played_at - len(sweep))]
    chance = float(before.max(initial=0.0))
    at = played_at + int(np.argmax(likeness[played_at:]))
    if likeness[at] < max(_LEAST_LIKENESS, _MARGIN * chance):
        return None
    gain = 20.0 * float(np.log10(np.abs(matches[at]) / norm**2))
    return Echo(at, gain, float(likeness[at]))


def _sweep() -> npt.NDArray[np.float64]:
    import numpy as np

    t = np.arange(round(SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    phase = 2 * np.pi * (_LOWEST_HZ * t + (_HIGHEST_HZ - _LOWEST_HZ) / (2 * SECONDS) * t**2)
    edge = np.minimum(1.0, np.minimum(t, SECONDS - t) / _EDGE_S)
    sweep: npt.NDArray[np.float64] = 32767 * _AMPLITUDE * np.sin(np.pi / 2 * edge) ** 2 * np.sin(phase)
    return sweep


def _correlated(sound: npt.NDArray[np.float64], sweep: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Give the sum of products for each place of ``sweep`` that lies wholly in ``sound``."""
    import numpy as np

    size = 1 << (len(sound) + len(sweep)).bit_length()
    product = np.fft.rfft(sound, size) * np.conj(np.fft.rfft(sweep, size))
    matches: npt.NDArray[np.float64] = np.fft.irfft(product, size)[: len(sound) - len(sweep) + 1]
    return matches
