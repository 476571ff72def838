"""How much room text takes on a terminal, in cells, and how it is broken into rows.

Terminals disagree about emoji that are joined, flags and some marks. Every width here is the largest that a common
terminal gives, so that a row which fits by this count fits everywhere; where a terminal takes less, a row ends early.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from realtime_chat.protocol.printable import clean

_OTHER_SPACE = re.compile(r"[^\S ]")
_EMPTY_LINES = re.compile(r"\n{3,}")
_WORD = re.compile("[^ ]+")
_JOINER = "\u200d"
_EMOJI_STYLE = "\ufe0f"
_INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff")
_TAGS = range(0xE0000, 0xE0080)
_REGIONS = range(0x1F1E6, 0x1F200)
_EMOJI = range(0x1F000, 0x1FB00)


@functools.lru_cache(maxsize=4096)
def cell_width(character: str) -> int:
    """Give the cells that one code point takes at most: 0, 1 or 2."""
    code = ord(character)
    if 0x20 <= code < 0x7F:
        return 1
    if character == _EMOJI_STYLE:  # makes what stands before it two cells wide
        return 1
    if character in _INVISIBLE or code in _TAGS or unicodedata.category(character) in {"Mn", "Me", "Cc"}:
        return 0
    if unicodedata.east_asian_width(character) in {"W", "F"} or code in _REGIONS:
        return 2
    # Emoji that are newer than this Python's tables.
    return 2 if code in _EMOJI and unicodedata.category(character) == "Cn" else 1


def text_width(text: str) -> int:
    """Give the cells that ``text`` takes at most; it holds no control characters."""
    return len(text) if text.isascii() else sum(map(cell_width, text))


@functools.lru_cache(maxsize=4096)
def is_sure(character: str) -> bool:
    """Say whether every terminal gives ``character`` exactly one cell of its own."""
    code = ord(character)
    if 0x20 <= code < 0x7F:
        return True
    # Wide, full, half and ambiguous ones are told apart by Unicode's table; letters of the rest may join or combine.
    is_plain = unicodedata.category(character) in {"Ll", "Lu", "So", "Sm", "Po", "Pi", "Pf", "Nd"}
    is_left_to_right = unicodedata.bidirectional(character) in {"L", "ON", "ET", "ES", "CS", "EN"}
    return is_plain and is_left_to_right and code < 0x3000 and unicodedata.east_asian_width(character) in {"N", "Na"}


def clusters(text: str) -> list[str]:
    """Give ``text`` in pieces that must not be torn: a letter and its marks, a joined emoji, a flag.

    Put together, they are ``text``. This is a simplification of Unicode's annex 29 that errs on the side of joining.
    """
    if text.isascii():
        return list(text)
    pieces: list[str] = []
    is_half_flag = False
    for character in text:
        is_region = ord(character) in _REGIONS
        is_bound = bool(pieces) and (
            cell_width(character) == 0
            or character == _EMOJI_STYLE
            or unicodedata.category(character) == "Mc"
            or 0x1F3FB <= ord(character) <= 0x1F3FF  # the colour of a skin
            or pieces[-1].endswith(_JOINER)
            or (is_region and is_half_flag)
        )
        if is_bound:
            pieces[-1] += character
        else:
            pieces.append(character)
        is_half_flag = is_region and not (is_bound and is_half_flag)
    return pieces


@functools.lru_cache(maxsize=32)  # the lines in progress are drawn again with every step of a meter
def wrap(text: str, columns: int) -> tuple[tuple[int, int], ...]:
    """Break ``text`` into rows of at most ``columns`` cells; give where each begins and ends in it.

    Rows break at spaces, which are left out there, and beside wide characters, whose scripts have no spaces; words
    that are too long for a row break between clusters. A cluster that is wider than ``columns`` has a row of its own.
    """
    rows: list[tuple[int, int]] = []
    begin = end = used = 0  # of the row that is being filled
    for at, word in _words(text):
        gap = at - end if end > begin else 0
        room = text_width(word)
        if end > begin and used + gap + room > columns and (room <= columns or used + gap >= columns):
            rows.append((begin, end))
            begin, used, gap = at, 0, 0
        elif end == begin:
            begin = at
        end, used = at, used + gap
        for piece in [word] if used + room <= columns else clusters(word):
            width = text_width(piece)
            if used + width > columns and end > begin:
                rows.append((begin, len(text[:end].rstrip(" "))))
                begin, used = end, 0
            end += len(piece)
            used += width
    if end > begin:
        rows.append((begin, end))
    return tuple(rows)


class WrappedRow(NamedTuple):
    """A row of a text that has lines.

    Attributes:
        begin: Where it begins in the text.
        end: And where it ends.
        indent: So many spaces stand before it that are not there in the text: those of its line's first row.
    """

    begin: int
    end: int
    indent: int = 0


def wrap_lines(text: str, columns: int) -> tuple[WrappedRow, ...]:
    """Break a text that has lines into rows, as `wrap` does; what is indented stays so where there is room."""
    if "\n" not in text:
        return tuple(WrappedRow(*row) for row in wrap(text, columns))
    rows: list[WrappedRow] = []
    at = 0
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip(" "))
        kept = indent if indent <= columns // 2 else 0
        broken = wrap(line[indent:], columns - kept) or ((0, 0),)
        begin = at + indent
        (first, end), *rest = broken
        rows.append(WrappedRow(begin + first - kept, begin + end))
        rows += [WrappedRow(begin + first, begin + end, kept) for first, end in rest]
        at += len(line) + 1
    return tuple(rows)


def in_lines(text: str) -> str:
    """Give the text of others cleaned, with its lines; more than one empty line in a row is one."""
    lines = [_OTHER_SPACE.sub(" ", line).rstrip() for line in clean(text).expandtabs(4).split("\n")]
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip("\n")


def clip(text: str, columns: int) -> str:
    """Give ``text``, or as much of its beginning as fits ``columns`` cells, with an ellipsis behind it."""
    if text_width(text) <= columns:
        return text
    kept, used = "", 0
    for piece in clusters(text):
        used += text_width(piece)
        if used > columns - 1:
            break
        kept += piece
    return kept + "…" if columns > 0 else ""


def _words(text: str) -> Iterator[tuple[int, str]]:
    """Give what stays together where it fits a row, with where it begins: words, and single wide clusters."""
    for match in _WORD.finditer(text):
        if match[0].isascii() or 2 not in map(cell_width, match[0]):
            yield match.start(), match[0]
            continue
        at = begin = match.start()
        for piece in clusters(match[0]):
            if any(cell_width(character) == 2 for character in piece):
                if at > begin:
                    yield begin, text[begin:at]
                yield at, piece
                begin = at + len(piece)
            at += len(piece)
        if at > begin:
            yield begin, text[begin:at]
