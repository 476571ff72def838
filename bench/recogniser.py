"""A recogniser that the product does not use, to judge its speech by: Whisper base on CTranslate2."""

from __future__ import annotations

import re
from pathlib import Path

import ctranslate2
import numpy as np
from numpy.typing import NDArray

RATE = 16_000
"""Samples a second of what `Recogniser.transcribe` takes."""

_WINDOW = 400
_HOP = 160
_BANDS = 80
_SECONDS = 30
_PROMPT = ["<|startoftranscript|>", "<|en|>", "<|transcribe|>", "<|notimestamps|>"]


class Recogniser:
    """Whisper base (multilingual, 74 M parameters), set to English.

    Args:
        folder: Holds ``model.bin``, ``config.json`` and ``vocabulary.txt`` as converted for CTranslate2.
    """

    def __init__(self, folder: Path) -> None:
        self._model = ctranslate2.models.Whisper(str(folder), device="cpu", compute_type="int8", intra_threads=1)
        self._filters = _mel_filters()
        tokens = (folder / "vocabulary.txt").read_text(encoding="utf-8").split("\n")
        # Without figures and signs it writes "three forty five" or "three point four five": what it really heard.
        self._figures = [
            at
            for at, token in enumerate(tokens)
            if re.search(r"[0-9$%&@#+=\u00a3-\u00a5\u00b0-\u00b3]", token) and not token.startswith("<|")
        ]

    def transcribe(self, speech: NDArray[np.float32]) -> str:
        """Give the words of ``speech``, numbers as words too: shape [samples], -1..1, at `RATE`, at most 30 s."""
        features = ctranslate2.StorageView.from_array(self._features(speech)[np.newaxis])
        (result,) = self._model.generate(
            features, [_PROMPT], beam_size=5, max_length=224, suppress_tokens=[-1, *self._figures]
        )
        return _as_text(result.sequences[0])

    def _features(self, speech: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log mel spectrum, shape [80, 3000], as in section 2.2 of https://arxiv.org/abs/2212.04356."""
        padded = np.zeros(_SECONDS * RATE, dtype=np.float32)
        padded[: len(speech)] = speech[: len(padded)]
        padded = np.pad(padded, _WINDOW // 2, mode="reflect")
        frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][: _SECONDS * RATE // _HOP]
        window = np.hanning(_WINDOW + 1)[:-1]  # the periodic form
        power = np.abs(np.fft.rfft(frames * window)) ** 2
        bands = np.log10(np.maximum(self._filters @ power.T, 1e-10))
        bands = (np.maximum(bands, bands.max() - 8.0) + 4.0) / 4.0
        return np.ascontiguousarray(bands, dtype=np.float32)


def _mel_filters() -> NDArray[np.float64]:
    """Triangles of equal area on Slaney's mel scale (Auditory Toolbox, 1998), shape [80, 201]."""
    step, knee, log_step = 200.0 / 3, 1000.0, np.log(6.4) / 27.0
    top = knee / step + np.log(RATE / 2 / knee) / log_step
    mels = np.linspace(0.0, top, _BANDS + 2)
    edges = np.where(mels < knee / step, mels * step, knee * np.exp(log_step * (mels - knee / step)))
    bins = np.fft.rfftfreq(_WINDOW, 1 / RATE)
    rise = (bins - edges[:-2, np.newaxis]) / np.diff(edges)[:-1, np.newaxis]
    fall = (edges[2:, np.newaxis] - bins) / np.diff(edges)[1:, np.newaxis]
    triangles: NDArray[np.float64] = np.maximum(0.0, np.minimum(rise, fall))
    return triangles * (2.0 / (edges[2:] - edges[:-2]))[:, np.newaxis]


def _as_text(tokens: list[str]) -> str:
    """Join byte-level BPE tokens: printable bytes stand for themselves, the others for 256 and up, in order."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    bytes_of = {chr(byte): byte for byte in printable} | {chr(256 + at): byte for at, byte in enumerate(others)}
    plain = "".join(token for token in tokens if not re.fullmatch(r"<\|.*\|>", token))
    return bytes(bytes_of[character] for character in plain).decode("utf-8", "replace").strip()
