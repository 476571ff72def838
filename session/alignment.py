"""`Alignment`: which of an item's words belong to how much of its sound.

A server says neither when a word sounds nor which delta of sound goes with which delta of words; only their order is
known. So words are laid along the sound at an even pace, and where words and sound arrived hand in hand, as from
servers that speak sentence by sentence, their order corrects that. A server that writes far ahead of its voice, or
sends the words last, says nothing by it, and its order is passed over.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Final

from realtime_chat.audio.frame import SAMPLE_BYTES, SAMPLE_RATE

TRUST_SECONDS: Final = 1.0
"""How far from the even pace the order of arrival may put a word: two sentences' pauses, less than a clause written
ahead."""

TYPICAL_PACE: Final = 17.0
"""Weight (see `weights`) spoken in a second, where an item's own pace is not known since more of it is to come: about
160 words a minute. The embedded server's voice has 20."""

_PAUSES: Final = {".": 4.0, "!": 4.0, "?": 4.0, ":": 5.0, ";": 5.0, ",": 5.0, "\n": 4.0}
"""Marks at which a voice rests, in letters. With these the cut lies half a word beside the true one in the mean, on
seven texts of which the embedded server's voice gives the times of all words."""

_WIDE: Final = 3.0
"""An ideograph or a kana is a syllable or two, a letter a third of one."""

_DIGIT: Final = 5.0
"""``1`` is read as three letters, ``42`` as nine, ``1969`` as eighteen."""

_UNSPACED: Final = (
    (0x3041, 0x30FF),  # Hiragana, Katakana
    (0x3100, 0x312F),  # Bopomofo
    (0x31A0, 0x31FF),
    (0x3400, 0x9FFF),  # Han
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),
    (0x20000, 0x3FFFF),
)
"""Scripts that are written without spaces, in which a line may be broken between any two characters."""

_JOINER: Final = "\u200d"
"""Makes one character of the two beside it, such as a family of two people."""

_KATAKANA: Final = ((0x30A0, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9F))


@dataclass(frozen=True, slots=True)
class _Mark:
    """When so many samples had arrived, so many characters had."""

    samples: float
    characters: float


@dataclass(slots=True)
class Alignment:
    """The order in which an item's words and sound arrived.

    Attributes:
        speed: How fast the voice was asked to speak, 1 being its usual pace.
    """

    speed: float = 1.0
    _bytes: int = 0
    _marks: list[_Mark] = field(default_factory=list)

    def sound(self, pcm: bytes) -> None:
        """More sound came, PCM16; it may end inside a sample."""
        self._bytes += len(pcm)

    def words(self, characters: int) -> None:
        """More words come, behind the first ``characters`` of the item's text."""
        samples = self._bytes // SAMPLE_BYTES
        if not self._marks or self._marks[-1].samples < samples:
            self._marks.append(_Mark(samples, characters))

    def heard(self, text: str, samples: int, *, received: int, is_whole: bool) -> str:
        """Give the words of ``text`` that were over by a position in the sound.

        Args:
            text: The item's words as far as they are known.
            samples: The position.
            received: Samples of the item that came.
            is_whole: No more will come.
        """
        if samples <= 0:
            return ""
        if is_whole and samples >= received:
            return text
        reached = _reached(text)
        place = self._place(reached, samples, received, is_whole=is_whole)
        return cut(text, bisect_right(reached, place) - 1)

    def _place(self, reached: list[float], samples: int, received: int, *, is_whole: bool) -> float:
        """Give the weight of the text that is over at ``samples``; ``reached`` is that before each character."""
        total = reached[-1]
        pace = total / max(received, 1)
        if not is_whole:
            pace = min(pace, TYPICAL_PACE * self.speed / SAMPLE_RATE)
        points = [_Mark(0, 0.0), *self._trusted(reached, pace)]
        if is_whole:
            points.append(_Mark(received, total))
        for low, high in pairwise(points):
            if samples < high.samples:
                share = (samples - low.samples) / (high.samples - low.samples)
                return low.characters + share * (high.characters - low.characters)
        return min(total, points[-1].characters + (samples - points[-1].samples) * pace)

    def _trusted(self, reached: list[float], pace: float) -> list[_Mark]:
        """Give the marks that are not too far from an even ``pace``, in weight in the place of characters."""
        slack = pace * TRUST_SECONDS * SAMPLE_RATE
        placed = [_Mark(mark.samples, reached[min(int(mark.characters), len(reached) - 1)]) for mark in self._marks]
        return [mark for mark in placed if mark.samples and abs(mark.characters - mark.samples * pace) <= slack]


@lru_cache(maxsize=4)
def _reached(text: str) -> list[float]:
    """Give the weight before each character, and that of all; asked for with each picture while ``text`` is spoken."""
    return [0.0, *accumulate(weights(text))]


def weights(text: str) -> list[float]:
    """Say how long each character takes to say, a Latin letter being 1."""
    return [_weight(character) for character in text]


def cut(text: str, end: int) -> str:
    """Give the whole words among the first ``end`` characters of ``text``."""
    if end >= len(text):
        return text
    while end > 0 and not _is_boundary(text, end):
        end -= 1
    kept = text[:end].rstrip()
    while kept.endswith(_JOINER):
        kept = kept.removesuffix(_JOINER).rstrip()  # it joins nothing any more
    return kept


def _weight(character: str) -> float:
    if character in _PAUSES:
        return _PAUSES[character]
    if character.isdigit():
        return _DIGIT
    if unicodedata.category(character).startswith("M"):
        return 0.0
    return _WIDE if unicodedata.east_asian_width(character) in {"W", "F"} else 1.0


def _is_boundary(text: str, at: int) -> bool:
    """Say whether a word ends before the character ``at``."""
    before, after = text[at - 1], text[at]
    if after.isspace():
        return True
    if before.isspace():
        return not unicodedata.category(after).startswith("M")
    if unicodedata.category(after)[0] in "MP" or unicodedata.category(after) in {"Lm", "Cf"} or before == _JOINER:
        return False  # what belongs to the character before it
    if _is_in(before, _KATAKANA) and _is_in(after, _KATAKANA):
        return False  # a foreign word
    return _is_in(before, _UNSPACED) or _is_in(after, _UNSPACED)


def _is_in(character: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= ord(character) <= last for first, last in ranges)
