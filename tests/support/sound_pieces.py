"""Sound that can be found again in what was heard of it: PCM16 mono 24 kHz."""

from pathlib import Path

import numpy as np
from synthetic_voice import RATE

from realtime_chat.audio.files import write_wav


def wav(path: Path, pcm: bytes) -> Path:
    """Write a sound file."""
    write_wav(path, pcm)
    return path


def samples(pcm: bytes) -> np.ndarray:
    """Give bytes as numbers; half a sample at the end is left out."""
    return np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2")


def noise(seconds: float) -> np.ndarray:
    """Noise without a single zero, of which each stretch is like no other."""
    made = np.random.default_rng(7).integers(1, 8000, int(RATE * seconds))
    return (made * np.where(np.arange(len(made)) % 2, 1, -1)).astype("<i2")


def stretch_of(sound: np.ndarray, heard: np.ndarray) -> tuple[int, int]:
    """Give from where to where ``heard`` was a stretch of ``sound``, which is `noise`.

    Both ends may be faded, and all between is the same; silence is not looked at, which a busy machine adds.
    """
    sounded = heard[heard != 0][RATE // 50 : -RATE // 50]
    windows = np.lib.stride_tricks.sliding_window_view(sound, 16)
    (begin,) = np.flatnonzero((windows == sounded[:16]).all(axis=1))
    assert np.array_equal(sounded, sound[begin : begin + len(sounded)])
    return int(begin) - RATE // 50, int(begin) + len(sounded) + RATE // 50
