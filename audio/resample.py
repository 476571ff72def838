"""`Resampler`: sound at one rate in, the same sound at another rate out, piece by piece.

`FrameResampler` does that for sound that comes and goes 20 ms at a time.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from realtime_chat.audio.frame import FRAME_SAMPLES, SAMPLE_BYTES, SAMPLE_RATE

Quality = Literal["QQ", "LQ", "MQ", "HQ", "VHQ"]
"""soxr's recipes. ``QQ`` interpolates and holds nothing back, but lets aliases through; ``HQ`` filters, and holds
back 5-35 ms depending on the rates (5 ms between 24 and 48 kHz, 14 ms between 24 and 44.1 kHz)."""

_AHEAD = 2
"""Samples of the input that ``QQ`` waits for before it is sure of a sample between two."""


class Resampler:
    """Turns PCM16 mono at ``in_rate`` into PCM16 mono at ``out_rate``."""

    def __init__(self, in_rate: int, out_rate: int, quality: Quality = "HQ") -> None:
        self._same = in_rate == out_rate
        self._half = b""
        if not self._same:
            import soxr

            self._stream = soxr.ResampleStream(in_rate, out_rate, 1, dtype="int16", quality=quality)

    def push(self, pcm: bytes) -> bytes:
        """Take the next bytes of sound, which may end inside a sample; give what they make sure of."""
        return self._convert(pcm, last=False)

    def flush(self) -> bytes:
        """Give what was held back, and be ready for other sound."""
        rest = self._convert(b"", last=True)
        self._half = b""
        if not self._same:
            self._stream.clear()
        return rest

    def _convert(self, pcm: bytes, *, last: bool) -> bytes:
        if self._half:
            pcm = self._half + pcm
        whole = len(pcm) // SAMPLE_BYTES * SAMPLE_BYTES
        self._half = pcm[whole:]
        if self._same:
            return pcm[:whole]
        samples = np.frombuffer(pcm, dtype="<i2", count=whole // SAMPLE_BYTES)
        converted: bytes = self._stream.resample_chunk(samples, last=last).astype("<i2", copy=False).tobytes()
        return converted


class FrameResampler:
    """Turns 20 ms of PCM16 mono into as much at another rate, whole and at once.

    What the interpolation holds back, two samples of the input, is made up for by silence before the first frame.
    """

    def __init__(self, in_rate: int, out_rate: int) -> None:
        self._resampler = Resampler(in_rate, out_rate, "QQ")
        self._in_bytes = FRAME_SAMPLES * in_rate // SAMPLE_RATE * SAMPLE_BYTES
        self._out_bytes = FRAME_SAMPLES * out_rate // SAMPLE_RATE * SAMPLE_BYTES
        self._ready = bytearray(-(-_AHEAD * out_rate // in_rate) * SAMPLE_BYTES)

    def push(self, pcm: bytes) -> bytes:
        """Give the next 20 ms of sound at the other rate.

        Raises:
            ValueError: It does not last 20 ms.
        """
        if len(pcm) != self._in_bytes:
            raise ValueError(f"a frame has {self._in_bytes} bytes, not {len(pcm)}")
        self._ready += self._resampler.push(pcm)
        taken = bytes(self._ready[: self._out_bytes])
        del self._ready[: self._out_bytes]
        return taken
