"""G.711, the sound of telephones: 8 bits a sample at 8 kHz, with small steps where it is quiet.

ITU-T Recommendation G.711 (11/1988), tables 1a and 1b (A-law) and 2a and 2b (mu-law). The tables give magnitudes on a
scale that ends at 4096 (A-law) and 8159 (mu-law); here that scale is PCM16's, 8 and 4 times as fine.

Every code comes back from a round trip, but for mu-law's second zero (0x7F), which comes back as the first (0xFF)
because PCM has one zero only. A-law has no zero: silence is a level of +8.
"""

from __future__ import annotations

from enum import Enum

import numpy as np
from numpy.typing import NDArray

from realtime_chat.audio.frame import SAMPLE_BYTES

RATE = 8_000
"""Samples a second, and bytes a second."""

_CODES = np.arange(128)
"""The magnitudes as the Recommendation numbers them, the smallest first: 3 bits for the segment, 4 for the step."""


class Law(Enum):
    """Which of the two."""

    MU = "mu"
    """North America and Japan."""
    A = "a"
    """Everywhere else."""


def encode(pcm: bytes, law: Law) -> bytes:
    """Give PCM16 little-endian as G.711, one byte a sample.

    A sample gets the level of the interval in which it lies. One that lies on the boundary of two gets the louder one
    if it is positive, and the softer one if it is negative, as the ITU's own software (Recommendation G.191) has it.

    Raises:
        ValueError: Half a sample at the end.
    """
    if len(pcm) % SAMPLE_BYTES:
        raise ValueError(f"{len(pcm)} bytes are not a whole number of samples")
    codes: NDArray[np.uint8] = _ENCODE[law][np.frombuffer(pcm, dtype="<u2")]
    return codes.tobytes()


def decode(data: bytes, law: Law) -> bytes:
    """Give G.711 as PCM16 little-endian."""
    return _DECODE[law][np.frombuffer(data, dtype=np.uint8)].tobytes()


def _mu_scale(offset: int) -> NDArray[np.int64]:
    """Table 2a as PCM16: the lower ends of the intervals (column 3) for 32, what they become (column 6) for 33."""
    segment, step = _CODES >> 4, _CODES & 15
    scale: NDArray[np.int64] = 4 * np.maximum(((2 * step + offset) << segment) - 33, 0)
    return scale


def _a_scale(offset: int) -> NDArray[np.int64]:
    """Table 1a as PCM16, in the same way; its two lowest segments have steps of the same size."""
    segment, step = _CODES >> 4, _CODES & 15
    scale: NDArray[np.int64] = 8 * (((2 * step + offset) << np.maximum(segment - 1, 0)) - 32 * (segment == 0))
    return scale


def _tables(law: Law) -> tuple[NDArray[np.uint8], NDArray[np.int16]]:
    """Make the codes of all 65,536 samples, in the order of their bits, and the samples of all 256 codes."""
    scale = _mu_scale if law is Law.MU else _a_scale
    # What travels: mu-law with all bits inverted, A-law with every second one; the first bit is set for positive ones.
    positive = (255 - _CODES if law is Law.MU else (_CODES | 0x80) ^ 0x55).astype(np.uint8)
    decoded = np.empty(256, dtype="<i2")
    decoded[positive], decoded[positive ^ 0x80] = scale(33), -scale(33)
    samples = np.arange(65_536).astype(np.uint16).view(np.int16)
    magnitudes = np.where(samples < 0, ~samples, samples)
    encoded = positive[np.searchsorted(scale(32), magnitudes, side="right") - 1] ^ np.where(samples < 0, 0x80, 0)
    return encoded.astype(np.uint8), decoded


_ENCODE: dict[Law, NDArray[np.uint8]] = {}
_DECODE: dict[Law, NDArray[np.int16]] = {}
for _law in Law:
    _ENCODE[_law], _DECODE[_law] = _tables(_law)
