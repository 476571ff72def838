"""The speaking engine: Piper, streamed inside the sentence."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from realtime_chat.server.engines.phonemes import Phonemes, Pronunciation
from realtime_chat.server.engines.piper_voice import SAMPLES_PER_FRAME, PiperVoice
from realtime_chat.server.engines.seam import SPEAKING_RATE, Speech, WordTime
from realtime_chat.server.engines.worker import Cancel, Worker
from realtime_chat.server.english.normalise import SpokenWord, normalise

MODEL_FILE = "en_US-joe-medium.onnx"
SLOWEST, FASTEST = 0.25, 4.0

_LONG, _LONGEST = 16, 40
"""Words. A longer sentence than `_LONG` is encoded in parts that end at a pause, and at `_LONGEST` anyway."""

_SOUNDS = 300
"""About the sounds of one part: half again as many as `_LONGEST` words have."""

_FIRST = 3
"""The least words of the first part of a long sentence: a part of six is encoded in some 50 ms, of 25 in 170."""

_GAIN = 1.5
"""The voice speaks at -25 dB; this brings it to -21, where other synthetic voices are."""

_KNEE = 0.8
"""The level above which peaks are softened; with the gain, a few samples a minute."""


class PiperSpeaking:
    """A `Speaking` engine with one voice; it computes on one thread of its own.

    Args:
        folder: Holds the voice's ``.onnx`` and ``.onnx.json``.

    Raises:
        EngineMissing: A package of the ``local`` extra is not installed.
        EngineError: A file is missing or broken.
    """

    def __init__(self, folder: Path) -> None:
        self._voice = PiperVoice(folder / MODEL_FILE)
        self._phonemes = Phonemes(self._voice.alphabet)
        self._worker = Worker("speaking")
        # The first run of each part is slow, and so is the first word of no dictionary: nobody waits for it now.
        for _ in self._compute("Grzlk.", 1.0, Cancel()):
            pass

    @property
    def voices(self) -> tuple[str, ...]:
        """The one voice there is."""
        return ("joe",)

    async def speak(
        self,
        text: str,
        *,
        voice: str = "",
        speed: float = 1.0,
    ) -> AsyncGenerator[Speech, None]:
        """Say ``text``, in the one voice there is whatever ``voice`` says; see `Speaking`.

        Others have their turn between the phrases of it.
        """
        pace = min(max(SLOWEST, speed), FASTEST)
        utterance = _Utterance(text, self._voice.rate)
        while not utterance.is_over:
            async with aclosing(self._worker.stream(partial(self._say_more, utterance, pace))) as speech:
                async for stretch in speech:
                    yield stretch

    def close(self) -> None:
        """Take no more texts."""
        self._worker.close()

    def _compute(self, text: str, speed: float, cancel: Cancel) -> Iterator[Speech]:
        utterance = _Utterance(text, self._voice.rate)
        while not utterance.is_over:
            yield from self._say_more(utterance, speed, cancel)

    def _say_more(self, utterance: _Utterance, speed: float, cancel: Cancel) -> Iterator[Speech]:
        """Say the next phrase; behind the last one comes what the resampler held back."""
        words = utterance.next_phrase()
        if not words:
            return
        options = self._voice.options()

        def stop() -> None:
            options.terminate = True

        with cancel.stopping(stop):
            said = self._phonemes.pronounce(words, cancel)
            if cancel:
                return
            yield from self._phrase(said, utterance, speed, options)
        if utterance.is_over:
            yield utterance.end()

    def _phrase(
        self, words: Sequence[Pronunciation], utterance: _Utterance, speed: float, options: Any
    ) -> Iterator[Speech]:
        ids: list[int] = []
        last_ids: list[int] = []
        for index, word in enumerate(words):
            ids += self._voice.ids(word.symbols)
            last_ids.append(len(ids) - 1)
            ids += self._voice.ids(word.pause + (" " if index + 1 < len(words) else ""))
        latents, ends = self._voice.encode(ids, speed=speed, options=options)
        utterance.add_words([(word.end, int(ends[last])) for word, last in zip(words, last_ids, strict=True)])
        for sound in self._voice.decode(latents, options=options):
            yield utterance.add_sound(sound)


class _Utterance:
    """A text, and what was said of it so far: at the voice's own rate in, at `SPEAKING_RATE` out.

    Attributes:
        is_over: There is nothing more to say.
    """

    def __init__(self, text: str, rate: int) -> None:
        self.is_over = False
        self._text = text
        self._phrases: deque[Sequence[SpokenWord]] | None = None
        self._resampler = soxr.ResampleStream(rate, SPEAKING_RATE, 1, dtype="float32", quality="HQ")
        self._ratio = SPEAKING_RATE / rate
        self._taken = 0
        self._given = 0
        self._words: list[WordTime] = []

    def next_phrase(self) -> Sequence[SpokenWord]:
        """Give what is said next, which may be nothing."""
        if self._phrases is None:  # now, on the engine's thread
            self._phrases = deque(_phrases(normalise(self._text)))
        phrase = self._phrases.popleft() if self._phrases else ()
        self.is_over = not self._phrases
        return phrase

    def add_words(self, ends: Sequence[tuple[int, int]]) -> None:
        """Note the words of the next sentence: the end of each in the text, and in frames of its sound."""
        for index, (end_char, frame) in enumerate(ends):
            if index + 1 < len(ends) and ends[index + 1][0] == end_char:
                continue  # one written word may be said in several: it is over with the last
            sample = round((self._taken + frame * SAMPLES_PER_FRAME) * self._ratio)
            self._words.append(WordTime(end_char, sample))

    def add_sound(self, sound: NDArray[np.float32]) -> Speech:
        """Take the next sound, shape [samples]."""
        self._taken += len(sound)
        return self._speech(self._resampler.resample_chunk(sound))

    def end(self) -> Speech:
        """Give what the resampler held back, and every word that is left."""
        rest = self._speech(self._resampler.resample_chunk(np.zeros(0, dtype=np.float32), last=True))
        left = tuple(WordTime(word.end_char, min(word.end_sample, self._given)) for word in self._words)
        return Speech(rest.pcm, rest.words + left)

    def _speech(self, sound: NDArray[np.float32]) -> Speech:
        self._given += len(sound)
        known = [word for word in self._words if word.end_sample <= self._given]
        del self._words[: len(known)]
        pcm = np.rint(limit(sound * _GAIN) * 32767.0).astype("<i2")
        return Speech(pcm.tobytes(), tuple(known))


def limit(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Keep ``sound``, of any level, within -1..1 without an edge: from `_KNEE` on it grows ever less."""
    room = 1.0 - _KNEE
    over = np.maximum(np.abs(sound) - _KNEE, 0.0)
    return np.where(over > 0.0, np.sign(sound) * (_KNEE + room * np.tanh(over / room)), sound)


def _phrases(words: Sequence[SpokenWord]) -> Iterator[Sequence[SpokenWord]]:
    """Part the words into what is pronounced and encoded at once: sentences, or less where a sentence is long.

    The first part of a long sentence is short, for the first sound waits for all of it.
    """
    start = 0
    while start < len(words):
        ends = (at + 1 for at in range(start, len(words)) if words[at].pause and words[at].pause in ".!?")
        end = next(ends, len(words))
        if end - start > _LONG:
            least = _FIRST if start == 0 else _LONG
            pauses = (at + 1 for at in range(start + least - 1, end) if words[at].pause)
            end = min(next(pauses, end), start + _LONGEST)
        end = start + max(1, sum(total <= _SOUNDS for total in accumulate(map(_sounds, words[start:end]))))
        yield words[start:end]
        start = end


def _sounds(word: SpokenWord) -> int:
    """About how many sounds a word has: one a letter, or three where it is spelled."""
    return len(word.text) * (3 if word.text.isupper() else 1)
