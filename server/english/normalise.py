"""Written English into the words a person would say, each with the place in the writing it came from. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from realtime_chat.server.english.abbreviations import ABBREVIATIONS
from realtime_chat.server.english.acronyms import ACRONYMS
from realtime_chat.server.english.addresses import ADDRESSES, MIXED
from realtime_chat.server.english.dates import DATES, YEARS
from realtime_chat.server.english.markdown import BREAK, blank
from realtime_chat.server.english.quantities import NUMBERS, QUANTITIES
from realtime_chat.server.english.reader import Reader
from realtime_chat.server.english.signs import EMOTICONS, said_sign
from realtime_chat.server.english.words import PLAIN

_READERS: tuple[Reader, ...] = (
    *ADDRESSES,
    *DATES,
    *QUANTITIES,
    *YEARS,
    *NUMBERS,
    *EMOTICONS,
    *ABBREVIATIONS,
    *ACRONYMS,
    *MIXED,
    *PLAIN,
)
_ALIKE = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u02bc": "'",
        "\u2032": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2033": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
        "\u2013": "-",
        "\u2212": "-",
        "\u2044": "/",
        "\u00b7": " ",
        "\u00ba": "\u00b0",
        "\u03bc": "\u00b5",
        "\u2126": "\u03a9",
    }
)
_SPOKEN = re.compile(r"([A-Za-z']+)([,.;:!?]?)")
_PAUSES = ("", ",", ":", ";", ".", "!", "?")
LONGEST_WORD, LONGEST_SPELLED = 40, 10
"""Letters; nobody says a longer word at a breath, so what is longer is said in pieces."""

_DOTS = re.compile(r"\.{2,}|\u2026")


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """One word to be said.

    Attributes:
        text: Only the letters a-z, A-Z and the apostrophe, at most `LONGEST_WORD` of them. All in capitals
            (``FBI``, ``A``): to be spelled.
        pause: The punctuation after it, one of ``, : ; . ! ?``, or ``""``.
        end: Offset in the written text just after the written word that this one is said for.
    """

    text: str
    pause: str
    end: int


def normalise(text: str) -> tuple[SpokenWord, ...]:
    """Say what is written: figures, dates, money, units, abbreviations, addresses, signs and markdown.

    Emoji, and letters of other scripts than Latin and Greek, have no English sound and are left out.

    Args:
        text: Any text.

    Returns:
        The words in their order; `SpokenWord.end` never falls. Two words for one written word (``$5`` →
        ``five dollars``) share their end.
    """
    plain = "".join(map(_alike, text.translate(_ALIKE)))
    plain = blank(plain)
    words: list[SpokenWord] = []
    position = 0
    while position < len(plain):
        said, end = _read(plain, position)
        spoken = _SPOKEN.findall(said)
        if any(word.strip("'") for word, _ in spoken):
            words += _placed(spoken, plain, position, end)
            if plain[end - 1] == "." and not plain[end:].strip(f" \n'\"){BREAK}"):
                _pause(words, ".")
        elif end == position + 1:
            _pause(words, _mark(plain, position))
        position = end
    return tuple(words)


def _alike(character: str) -> str:
    """Replace a figure of another script, or a space of another kind, by the plain one."""
    figure = unicodedata.decimal(character, None)
    if figure is not None:
        return str(figure)
    return " " if character.isspace() and character != "\n" else character


def _read(plain: str, position: int) -> tuple[str, int]:
    """What is said at ``position``, and where that ends."""
    character = plain[position]
    before = plain[position - 1] if position else " "
    if character.isspace() or (character in BREAK + "-+" and before.isalnum()):
        return ("plus" if character == "+" else ""), position + 1
    for one in _READERS:
        match = one.pattern.match(plain, position)
        if match and match.end() > position:
            said = one.say(match)
            if said is not None:
                return said, match.end()
    if character in "*/" and _between_figures(plain, position):
        return ("times" if character == "*" else "divided by"), position + 1
    if character == "-" and _between_figures(plain, position):
        return "minus", position + 1
    if character == "~" and plain[position + 1 : position + 2].isdigit():
        return "about", position + 1
    if character == "." and before.isalnum() and plain[position + 1 : position + 2].islower():
        return "dot", position + 1
    return said_sign(character), position + 1


def _between_figures(plain: str, position: int) -> bool:
    return plain[:position].rstrip()[-1:].isdigit() and plain[position + 1 :].lstrip()[:1].isdigit()


def _placed(spoken: list[tuple[str, str]], plain: str, start: int, end: int) -> Iterator[SpokenWord]:
    """Spread the words of one reading over the written words it was for (``Nov 22`` → three words over two)."""
    written = list(re.finditer(r"\S+", plain[start:end]))
    shares = [1] if len(written) < 2 else [max(1, len(normalise(piece[0]))) for piece in written]
    ends = [start + piece.end() for piece, share in zip(written, shares, strict=True) for _ in range(share)]
    said = [piece for word, pause in spoken for piece in _pieces(word.strip("'"), pause)]
    for index, (word, pause) in enumerate(said):
        yield SpokenWord(word, pause, ends[index * len(ends) // len(said)])


def _pieces(word: str, pause: str) -> Iterator[tuple[str, str]]:
    """Cut a word that is too long, and give each piece with the pause after it."""
    longest = LONGEST_SPELLED if word.isupper() else LONGEST_WORD
    pieces = [word[at : at + longest] for at in range(0, len(word), longest)]
    sounding = [piece.strip("'") for piece in pieces if piece.strip("'")]
    for index, piece in enumerate(sounding, 1):
        yield piece, pause if index == len(sounding) else ""


def _mark(plain: str, position: int) -> str:
    """The pause that a character stands for, or ``""``."""
    character = plain[position]
    after = plain[position + 1 : position + 2]
    if character == BREAK:
        return "."
    if _DOTS.match(plain, position):
        return ","
    if character == "." and plain[position - 1 : position] == ".":
        return ""
    if character in ".!?,;:":
        return "" if character in ".,:" and after.isalnum() else character
    if character in "()|\u2014\u2022\u2026" or (character == "-" and after.isspace()):
        return ","
    return ""


def _pause(words: list[SpokenWord], mark: str) -> None:
    """Lengthen the pause after the last word; a shorter one changes nothing."""
    if words and _PAUSES.index(mark) > _PAUSES.index(words[-1].pause):
        words[-1] = replace(words[-1], pause=mark)
