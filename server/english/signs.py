"""Signs, lone figures of other kinds, emoticons, and letters that are not ASCII."""

from __future__ import annotations

import re
import unicodedata

from realtime_chat.server.english.numbers import cardinal, fraction
from realtime_chat.server.english.reader import Reader, reader

_SIGNS = {
    "&": "and",
    "@": "at",
    "+": "plus",
    "=": "equals",
    "<": "less than",
    ">": "greater than",
    "%": "percent",
    "#": "hash",
    "^": "to the power of",
    "\u00d7": "times",
    "\u00f7": "divided by",
    "\u00b0": "degrees",
    "\u00a7": "section",
    "\u2192": "to",
    "\u21d2": "implies",
    "\u2248": "about",
    "\u2264": "less than or equal to",
    "\u2265": "greater than or equal to",
    "\u2260": "not equal to",
    "\u00b1": "plus or minus",
    "\u221a": "square root of",
    "\u221e": "infinity",
    "\u2211": "sum of",
    "\u00b2": "squared",
    "\u00b3": "cubed",
    "$": "dollars",
    "\u20ac": "euros",
    "\u00a3": "pounds",
    "\u00a2": "cents",
    "\u00a5": "yen",
}
_UNFOLDABLE = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "Æ": "Ae",
        "œ": "oe",
        "Œ": "Oe",
        "ø": "o",
        "Ø": "O",
        "đ": "d",
        "Đ": "D",
        "ð": "th",
        "Ð": "Th",
        "þ": "th",
        "Þ": "Th",
        "ł": "l",
        "Ł": "L",
        "\u0131": "i",
    }
)


def fold(word: str) -> str:
    """Bring a word to ASCII letters and apostrophes: ``café`` → ``cafe``; other scripts leave nothing."""
    plain = unicodedata.normalize("NFKD", word.translate(_UNFOLDABLE))
    return "".join(letter for letter in plain if letter.isascii() and (letter.isalpha() or letter == "'"))


def said_sign(character: str) -> str:
    """What is said for one sign or lone figure, or ``""`` for an emoji and whatever else has no name."""
    if character in _SIGNS:
        return _SIGNS[character]
    value = unicodedata.numeric(character, None)
    if value is not None:
        top, slash, bottom = unicodedata.normalize("NFKD", character).partition("\u2044")
        if slash and top.isdecimal() and bottom.isdecimal():
            return fraction(int(top), int(bottom))
        return cardinal(int(value))
    name = unicodedata.name(character, "")
    return name.rpartition(" ")[2].lower() if name.startswith("GREEK ") and character.isalpha() else ""


@reader(r"[:;=8xX]'?-?[)(DPpOo/\\|*](?!\w)|<3|\^_*\^|:[a-z]+(?:_[a-z]+)*:|[xX]D")
def _emoticon(match: re.Match[str]) -> str | None:
    return None if match[0].startswith(("x", "X", "8", "=")) and match[0] not in ("xD", "XD", "=)") else ""


EMOTICONS: tuple[Reader, ...] = (_emoticon,)
"""Tried before anything that begins with their signs."""
