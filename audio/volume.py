"""`Volume`: sound made louder or softer, without a click where that changes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from realtime_chat.audio.frame import SAMPLE_BYTES, ms_to_samples

LOUDEST = 1.5
"""3.5 dB more than what came; where a voice has not that much room it is clipped."""

_RAMP = ms_to_samples(10)


class Volume:
    """A factor that moves to `target` over 10 ms.

    `target` may be set on one thread while another one applies it.
    """

    def __init__(self) -> None:
        self._target = 1.0
        self._begun = 1.0
        self._end = 1.0
        self._done = _RAMP

    @property
    def target(self) -> float:
        """What is aimed at, 0..`LOUDEST`; what lies outside becomes the nearest of these, what is no number 0."""
        return self._target

    @target.setter
    def target(self, target: float) -> None:
        self._target = min(target, LOUDEST) if target > 0 else 0.0

    def apply(self, pcm: bytes) -> bytes:
        """Give ``pcm`` (PCM16) at the volume of now; at 1 it is the very same."""
        target = self._target
        if target != self._end:
            self._begun += (self._end - self._begun) * self._done / _RAMP
            self._end = target
            self._done = 0
        if self._done == _RAMP:
            return pcm if target == 1.0 else _scaled(pcm, np.float32(target))
        count = len(pcm) // SAMPLE_BYTES
        along = np.minimum(np.arange(self._done + 1, self._done + 1 + count), _RAMP) / _RAMP
        self._done = min(self._done + count, _RAMP)
        return _scaled(pcm, (self._begun + (self._end - self._begun) * along).astype(np.float32))


def _scaled(pcm: bytes, factor: np.float32 | NDArray[np.float32]) -> bytes:
    samples = np.rint(np.frombuffer(pcm, dtype="<i2") * factor)
    return samples.clip(-32768, 32767).astype("<i2").tobytes()
