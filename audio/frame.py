"""`Frame`: 20 ms of sound and where it belongs; everything that hears works on these."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

SAMPLE_RATE = 24_000
"""Samples a second everywhere inside the program: what the Realtime protocol's ``audio/pcm`` means."""

SAMPLE_BYTES = 2
"""Bytes of a sample: signed, 16 bits, little-endian, one channel."""

FRAME_SAMPLES = 480
"""Samples of a `Frame`: 20 ms."""

FRAME_BYTES = FRAME_SAMPLES * SAMPLE_BYTES
"""Bytes of a `Frame`'s sound."""

SILENCE_DB = -100.0
"""What counts as silence: 10 dB below the least that 16 bits can hold."""

_FULL_SCALE_DB = 20.0 * math.log10(32768.0)

_QUIETEST_DBFS = -60.0
"""What a meter shows as nothing: the noise of a quiet room in a common microphone."""


class Frame(NamedTuple):
    """20 ms of sound.

    Attributes:
        position: Index of its first sample, counted since the microphone was opened.
        pcm: `FRAME_BYTES` bytes of PCM16 little-endian mono at `SAMPLE_RATE`.
    """

    position: int
    pcm: bytes

    @property
    def end(self) -> int:
        """Index of the first sample after it."""
        return self.position + len(self.pcm) // SAMPLE_BYTES


class Framer:
    """Cuts sound that comes in pieces of any size into frames."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._position = 0

    def push(self, pcm: bytes) -> list[Frame]:
        """Take the next bytes of sound, which may even end inside a sample; give the frames they complete."""
        if len(pcm) == FRAME_BYTES and not self._rest:
            frames = [Frame(self._position, bytes(pcm))]  # as devices and clients give it: 5,000 times a second
            self._position += FRAME_SAMPLES
            return frames
        self._rest += pcm
        whole = len(self._rest) // FRAME_BYTES
        frames = [
            Frame(
                self._position + index * FRAME_SAMPLES,
                bytes(self._rest[index * FRAME_BYTES : (index + 1) * FRAME_BYTES]),
            )
            for index in range(whole)
        ]
        del self._rest[: whole * FRAME_BYTES]
        self._position += whole * FRAME_SAMPLES
        return frames

    def flush(self) -> list[Frame]:
        """Give what is left as one frame, filled up with silence; nothing is left afterwards.

        Half a sample at the very end is dropped.
        """
        rest = bytes(self._rest[: len(self._rest) // SAMPLE_BYTES * SAMPLE_BYTES])
        self._rest.clear()
        return self.push(rest.ljust(FRAME_BYTES, b"\0")) if rest else []


def samples_to_ms(samples: int) -> int:
    """Whole milliseconds that ``samples`` last, rounded down: never more than was really heard."""
    return samples * 1000 // SAMPLE_RATE


def ms_to_samples(ms: int) -> int:
    """Samples in ``ms`` milliseconds; exact, since a millisecond is 24 of them."""
    return ms * SAMPLE_RATE // 1000


def decibels(pcm: bytes) -> float:
    """The root mean square of PCM16 against 32768, in decibels; `SILENCE_DB` for silence and for no sample at all.

    So a full-scale square wave gives 0, and a full-scale sine -3.
    """
    if pcm.count(0) == len(pcm):  # what is not played: half of all, and thirty times as quick to see
        return SILENCE_DB
    samples = np.frombuffer(pcm, dtype="<i2", count=len(pcm) // SAMPLE_BYTES).astype(np.float32)
    power = float(samples @ samples)
    return max(SILENCE_DB, 10.0 * math.log10(power / samples.size) - _FULL_SCALE_DB) if power else SILENCE_DB


def level(pcm: bytes) -> float:
    """How loud ``pcm`` is, for a meter: 0 for -60 dBFS and below, 1 for full scale, even in `decibels`."""
    return min(1.0, max(0.0, 1.0 - decibels(pcm) / _QUIETEST_DBFS))
