"""Word error rate: how much of what was said a recogniser got wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_APOSTROPHE = re.compile("['\u2019]")
_NO_WORD = re.compile(r"[\W_]+")
_SPELLINGS = {"mr": "mister", "mrs": "missus", "dr": "doctor", "ok": "okay"}


def words(text: str) -> list[str]:
    """Bring ``text`` to comparable words: lower case, no punctuation, a hyphen parts two words, titles in full."""
    bare = _NO_WORD.sub(" ", _APOSTROPHE.sub("", text.lower()))
    return [_SPELLINGS.get(word, word) for word in bare.split()]


def distance(expected: Sequence[str], heard: Sequence[str]) -> int:
    """Count the words inserted, left out or replaced: the Levenshtein distance."""
    row = list(range(len(heard) + 1))
    for at, word in enumerate(expected, 1):
        corner, row[0] = row[0], at
        for column, other in enumerate(heard, 1):
            corner, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, corner + (word != other))
    return row[-1]


def word_error_rate(pairs: Iterable[tuple[str, str]]) -> float:
    """Give the errors over all (expected, heard) texts, as a share of the expected words.

    Raises:
        ValueError: No word was expected.
    """
    errors = count = 0
    for expected, heard in pairs:
        errors += distance(words(expected), words(heard))
        count += len(words(expected))
    if not count:
        raise ValueError("no word was expected, so there is no rate of errors")
    return errors / count
