"""When each word of a spoken text is over, estimated where the voice does not say."""

from __future__ import annotations

import re
from itertools import accumulate

from realtime_chat.server.engines.seam import SPEAKING_RATE, WordTime

USUAL = 0.06 * SPEAKING_RATE
"""Samples for each letter: about 150 words a minute."""

_WORD = re.compile(r"\S+")
_DIGIT_LETTERS = 4
"""A digit is spoken as a short word."""

_PAUSE_LETTERS = {",": 3, ";": 4, ":": 4, ".": 5, "!": 5, "?": 5, "…": 5}
"""How long a voice rests at a mark, in letters."""


class EvenPace:
    """Lays the words of a text along its sound at an even pace, as the sound comes.

    The times are estimates: proportional to a word's letters (a digit counts as four, a mark at its end as a pause),
    at the pace of the utterance before while the sound is still coming, and at the real one for what is left when
    it is all there. They never go back, and the last word ends with the sound.

    Args:
        text: What is spoken.
        pace: Samples for each letter, as `USUAL` or as `learned` from an earlier text.
    """

    def __init__(self, text: str, pace: float) -> None:
        words = list(_WORD.finditer(text))
        self._ends = [word.end() for word in words]
        self._letters = list(accumulate(_letters(word.group()) for word in words))
        self._pace = pace
        self._told = 0
        self._last = 0

    def until(self, samples: int) -> tuple[WordTime, ...]:
        """Give the words that are over when ``samples`` samples were made; the last one waits for `end`."""
        over: list[WordTime] = []
        while self._told < len(self._ends) - 1:
            at = max(self._last, round(self._letters[self._told] * self._pace))
            if at > samples:
                break
            over.append(self._tell(at))
        return tuple(over)

    def end(self, samples: int) -> tuple[WordTime, ...]:
        """Give the words that are left, now that the sound is known to have ``samples`` samples."""
        start = self._last
        before = self._letters[self._told - 1] if self._told else 0
        left = [letters - before for letters in self._letters[self._told :]]
        return tuple(self._tell(start + round((samples - start) * letters / left[-1])) for letters in left)

    def learned(self, samples: int) -> float:
        """Give the pace at which the whole text took ``samples`` samples."""
        return samples / self._letters[-1] if self._letters and samples else self._pace

    def _tell(self, at: int) -> WordTime:
        word = WordTime(self._ends[self._told], at)
        self._told += 1
        self._last = at
        return word


def _letters(word: str) -> int:
    return sum(_DIGIT_LETTERS if c.isdigit() else c.isalpha() for c in word) + _PAUSE_LETTERS.get(word[-1], 1)
