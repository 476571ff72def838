"""What recordings of a speaker tell: when it fell silent, and how far the model's voice had got."""

from __future__ import annotations

import numpy as np
from tap import RATE

SILENT = 200
"""Peak of what counts as silence: 44 dB below full scale."""

_FADE = RATE * 6 // 1000
"""A sound that is cut off fades out over 5 ms; what is before that is the model's, bit for bit."""

_PIECE = RATE // 100
"""10 ms, in samples: no two of a voice are the same."""


def first_sound(pcm: np.ndarray, begin: int = 0) -> int | None:
    """Give the first sample from ``begin`` on that is no silence, or None."""
    loud = np.flatnonzero(np.abs(pcm[begin:].astype(np.int32)) > SILENT)
    return begin + int(loud[0]) if len(loud) else None


def last_sound(pcm: np.ndarray, end: int) -> int:
    """Give the first sample of the silence that lasts until ``end``."""
    loud = np.flatnonzero(np.abs(pcm[:end].astype(np.int32)) > SILENT)
    return int(loud[-1]) + 1 if len(loud) else 0


def falls_silent(pcm: np.ndarray, begin: int, *, for_ms: int = 400) -> int | None:
    """Give the first sample from ``begin`` on of a silence that lasts, or None."""
    loud = np.flatnonzero(np.abs(pcm[begin:].astype(np.int32)) > SILENT) + begin
    ends = np.concatenate([[begin], loud + 1])
    lasts = np.diff(np.append(ends, len(pcm) + 1)) > for_ms * RATE // 1000
    return int(ends[np.argmax(lasts)]) if lasts.any() else None


def where(pcm: np.ndarray, pattern: np.ndarray, begin: int, end: int) -> int:
    """Find ``pattern`` in a stretch of ``pcm``, by correlation."""
    stretch = pcm[begin:end].astype(np.float64)
    size = 1 << int(np.ceil(np.log2(len(stretch) + len(pattern))))
    spectrum = np.fft.rfft(stretch, size) * np.conj(np.fft.rfft(pattern.astype(np.float64), size))
    return begin + int(np.argmax(np.fft.irfft(spectrum, size)[: len(stretch)]))


def last_heard(recording: np.ndarray, begin: int, end: int, model: np.ndarray) -> float | None:
    """Give how many milliseconds of ``model`` sounded in a recording that fell silent at ``end``, or None.

    What was heard last is looked for in the model, byte for byte: correlation would rather find a louder place. It is
    looked for in small pieces from the end, since a sound server that was held up puts silence in between.

    Args:
        recording: The speaker's, int16.
        begin: A sample at which nothing of the model had sounded yet. It cannot have got further than time allows, and
            was not held up for more than two seconds.
        end: The first sample of the silence.
        model: All that it would have said, int16.
    """
    latest = end - begin
    earliest = max(0, latest - 2 * RATE)
    within = model[earliest : latest + 1]
    for cut in range(end - _FADE - _PIECE, max(begin, end - RATE // 4), -_PIECE):
        piece = recording[cut : cut + _PIECE]
        if np.abs(piece.astype(np.int32)).max() <= SILENT or (found := _find(within, piece)) is None:
            continue
        rest = recording[cut : end + RATE // 20]
        original = model[earliest + found :][: len(rest)]
        same = np.append(original == rest[: len(original)], [False])
        return (earliest + found + int(np.argmin(same))) / RATE * 1e3
    return None


def waited(recording: np.ndarray, begin: int, end: int, model: np.ndarray) -> float | None:
    """Give how many seconds a voice waited in a stretch of a recording, or None where none of it is found.

    Args:
        recording: The speaker's, int16.
        begin: The first sample of the stretch.
        end: The sample after its last.
        model: What was said, again and again, int16. It may not have waited for longer than that.
    """
    first = _place(recording, range(begin, end - _PIECE, _PIECE), model)
    last = _place(recording, range(end - _PIECE, begin, -_PIECE), model)
    if first is None or last is None:
        return None
    return ((last[0] - first[0]) - (last[1] - first[1])) % len(model) / RATE


def _place(recording: np.ndarray, cuts: range, model: np.ndarray) -> tuple[int, int] | None:
    """Give the first of these samples at which 10 ms of the model begin, and where they do in the model."""
    for cut in cuts:
        piece = recording[cut : cut + _PIECE]
        if np.abs(piece.astype(np.int32)).max() > SILENT and (found := _find(model, piece)) is not None:
            return cut, found
    return None


def _find(within: np.ndarray, piece: np.ndarray) -> int | None:
    """Give the first place at which the samples of ``piece`` stand in ``within``."""
    text, wanted = within.astype("<i2").tobytes(), piece.astype("<i2").tobytes()
    at = text.find(wanted)
    while at % 2 == 1:  # between two samples; -1 is odd, too
        if at < 0:
            return None
        at = text.find(wanted, at + 1)
    return at // 2
