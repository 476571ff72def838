"""Where the voice is in a stretch of sound, and where it pauses."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from realtime_chat.server.engines.seam import HEARING_RATE

_FRAME = HEARING_RATE // 50
"""20 ms: short enough to find an onset, long enough for one period of a deep voice."""

_BELOW_PEAK = 10 ** (-35 / 20)
"""A voice's quietest sounds (s, f, h) are about 30 dB below its loudest vowel."""

_FLOOR = 10 ** (-60 / 20)
"""RMS of full scale 1; quieter than this is nobody speaking, however quiet the rest."""

_LEAD = 5
"""Frames kept before the first voiced one: the soft beginning of a word."""

_TAIL = 15
"""Frames kept after the last voiced one: the ringing out of a word."""


def _loudness(speech: NDArray[np.float32]) -> NDArray[np.float32]:
    """RMS of each whole frame, shape [len(speech) // 320]."""
    frames = speech[: len(speech) // _FRAME * _FRAME].reshape(-1, _FRAME)
    return np.sqrt(np.mean(np.square(frames), axis=1, dtype=np.float32))


def voiced(speech: NDArray[np.float32]) -> tuple[NDArray[np.float32], int]:
    """Cut the silence off both ends.

    Args:
        speech: Shape [samples], -1..1, at `HEARING_RATE`.

    Returns:
        The part of ``speech`` from 0.1 s before the voice to 0.3 s after it (a view; empty where there is no
        voice), and how many samples lie between the voice's first and last sound.
    """
    loudness = _loudness(speech)
    loud = np.flatnonzero(loudness > max(_FLOOR, _BELOW_PEAK * float(loudness.max(initial=0.0))))
    if not loud.size:
        return speech[:0], 0
    first, last = int(loud[0]), int(loud[-1])
    start = max(0, first - _LEAD) * _FRAME
    return speech[start : (last + 1 + _TAIL) * _FRAME], (last + 1 - first) * _FRAME


def split_at_pauses(speech: NDArray[np.float32], *, longest: int, search: int) -> list[NDArray[np.float32]]:
    """Cut ``speech`` into pieces of at most ``longest`` samples, each cut in the quietest 0.2 s it can find.

    More speech at the end moves no cut that was made before, so a growing utterance keeps its pieces.

    Args:
        speech: Shape [samples], -1..1, at `HEARING_RATE`.
        longest: Samples.
        search: How many samples before ``longest`` a cut may lie; at least 0.2 s and less than ``longest``.

    Returns:
        Views that together are ``speech``; none is empty, unless ``speech`` is.
    """
    cuts = [0]
    while len(speech) - cuts[-1] > longest:
        start = cuts[-1] + longest - search
        loudness = _loudness(speech[start : start + search])
        around = np.convolve(np.square(loudness), np.ones(10, np.float32), mode="valid")
        cuts.append(start + (int(around.argmin()) + 5) * _FRAME)
    return [speech[start:end] for start, end in pairwise([*cuts, len(speech)])]
