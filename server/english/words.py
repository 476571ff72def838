"""Plain words."""

from __future__ import annotations

import re

from realtime_chat.server.english.reader import Reader, before, reader
from realtime_chat.server.english.signs import fold, said_sign

# A superscript or a figure in a circle counts as a letter in ``\w``.
_LETTER = r"[^\W\d_\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u209f\u2150-\u218f\u2460-\u249b\u24ea-\u24ff\u2776-\u2793]"


@reader(rf"(?:{_LETTER}|[\u0300-\u036f])+(?:'{_LETTER}+)*")
def _word(match: re.Match[str]) -> str:
    word = match[0]
    if len(word) == 1:
        if word == "a" or (word == "A" and not re.search(r"[\w,]\s+$", before(match))):
            return "a"  # the article; in "vitamin A" it is a letter
        return said_sign(word) or fold(word).upper()
    folded = fold(word)
    return folded.capitalize() if folded.isupper() else folded


PLAIN: tuple[Reader, ...] = (_word,)
"""Tried last."""
