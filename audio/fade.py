"""Fades: gains that begin and end sound without a click."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from realtime_chat.audio.frame import SAMPLE_BYTES

FADE_SAMPLES = 120
"""5 ms, a raised cosine.

Cut off in mid-wave, a voiced sound (220 Hz, nothing above 900 Hz) has -33 dB of its energy above 2 kHz: a click. With a
raised cosine of 2 ms it has -79 dB, of 5 ms -92 dB, of 10 ms -106 dB; with a straight line of 10 ms only -77 dB.
"""

_NEAR_ZERO = 128
"""-48 dBFS: a step of this size is no more than what neighbouring samples of quiet speech differ by."""

_CURVE: NDArray[np.float32] = (0.5 - 0.5 * np.cos(np.pi * np.arange(FADE_SAMPLES + 1) / FADE_SAMPLES)).astype(
    np.float32
)
"""Gain at each step of a fade-in: exactly 0 at step 0, exactly 1 at `FADE_SAMPLES`."""


def is_near_zero(sample: bytes | bytearray) -> bool:
    """Say whether sound may begin or end with this PCM16 sample, and need no fade."""
    return abs(int.from_bytes(sample, "little", signed=True)) <= _NEAR_ZERO


def shaped(pcm: bytes, steps: NDArray[np.intp] | int) -> bytes:
    """Give each sample the gain of a step of the fade.

    Args:
        pcm: PCM16.
        steps: 0 (silent) to `FADE_SAMPLES` (unchanged); one for each sample, or one for all.
    """
    samples = np.frombuffer(pcm, dtype="<i2") * _CURVE[steps]
    return np.rint(samples).astype("<i2").tobytes()


def faded_out(pcm: bytes) -> bytes:
    """Let all of ``pcm`` fade away, to exactly 0 at its last sample; silence gives nothing at all."""
    count = len(pcm) // SAMPLE_BYTES
    if not pcm.strip(b"\0"):
        return b""
    return shaped(pcm, FADE_SAMPLES * np.arange(count - 1, -1, -1) // count)
