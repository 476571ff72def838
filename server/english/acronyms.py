"""Words in capitals: acronyms, initials, Roman numerals, and what is shouted."""

from __future__ import annotations

import re

from realtime_chat.server.english.numbers import cardinal, ordinal, roman
from realtime_chat.server.english.reader import Reader, before, reader
from realtime_chat.server.english.word_list import words_of

_SHORT_WORDS = words_of(
    """
    a all an and any are as at be big but by can did do for get go got had has he her hey him his how i if
    in is its let me my new no nor not now of off oh on one or our out own say see she so ten the too two
    up use was way we why win yes yet you
    """
)
_SPELLED = words_of(
    """
    aarp asap ncaa ucla usaf naacp aclu nyse iata aaa cia fbi
    """
)
_KINGS = words_of(
    """
    Henry Louis George Elizabeth Charles Edward Richard James William John Paul Benedict Pius Napoleon
    Nicholas Catherine Alexander Philip Frederick Leo Gregory Clement Innocent Urban Mary Margaret Ivan
    Peter Leopold Albert
    """
)
_NUMBERED = words_of(
    """
    war chapter part act volume phase type section level stage book bowl scene article title appendix
    class mark grade rocky schedule figure table unit lesson episode
    """
)
_PRONOUNCEABLE = re.compile(r"(?!.*[^aeiouy]{3})(?!.*[aeiou]{3})(?=.*[aeiou])(?=.*[^aeiou])", re.IGNORECASE)


@reader(r"((?:[A-Za-z]\.){2,}[A-Za-z]?|[A-Z](?:&[A-Z])+)")
def _dotted(match: re.Match[str]) -> str:
    letters = re.sub("[^A-Za-z&]", "", match[0]).upper()
    return letters.replace("&", " and ")


@reader(r"[IVXLC]{2,}|(?<=\s)[IVX]")
def _roman(match: re.Match[str]) -> str | None:
    value = roman(match[0])
    named = re.search(r"([A-Za-z]+)\s$", before(match))
    if value is None or named is None:
        return None
    if named[1] in _KINGS and (len(match[0]) > 1 or match[0] != "I"):
        return f"the {ordinal(value)}"
    return cardinal(value) if named[1].lower() in _NUMBERED else None


@reader(r"([A-Z]{2,})('?s)?")
def _capitals(match: re.Match[str]) -> str:
    word, plural = match[1], match[2] or ""
    shouted = re.search(r"[A-Z]{2,}[ !]+$", before(match)) or re.match(r"[ !]+[A-Z]{2,}\b", match.string[match.end() :])
    lower = word.lower()
    if lower in _SHORT_WORDS or (shouted and lower in ("it", "us", "who", "am", "to")):
        return lower + plural
    if len(word) >= 4 and (shouted or (lower not in _SPELLED and _PRONOUNCEABLE.match(word))):
        return word.capitalize() + plural
    return word + (f"'{plural[-1]}" if plural else "")


ACRONYMS: tuple[Reader, ...] = (_dotted, _roman, _capitals)
"""Tried before plain words."""
