"""A row of the screen: runs of text, each in one style."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from realtime_chat.cli.cells import text_width


class Style(Enum):
    """How text looks; the value holds the parameters of SGR (ECMA-48, 8.3.117), in the terminal's own colours."""

    PLAIN = ""
    DIM = "2"
    NOTE = "2;3"
    BOLD = "1"
    YOU = "36"
    MODEL = "32"
    NEWS = "33"
    FAULT = "31"
    WAITING = "33;1"
    ALIVE = "32;1"
    SPEAKING = "35;1"
    VOICE = "35"
    ALARM = "31;1"
    CURSOR = "7"


class Run(NamedTuple):
    """Text in one style; no control characters in it."""

    text: str
    style: Style = Style.PLAIN


Row = tuple[Run, ...]


def row_text(row: Row) -> str:
    """Give the words of a row."""
    return "".join(run.text for run in row)


def row_width(row: Row) -> int:
    """Give the cells that a row takes at most."""
    return sum(text_width(run.text) for run in row)


def cut(runs: Iterable[Run], begin: int, end: int) -> Row:
    """Give the characters ``begin`` to ``end`` of ``runs`` put together."""
    return tuple(_cut(runs, begin, end))


def escaped(runs: Iterable[Run]) -> str:
    """Give ``runs`` with the sequences that a terminal needs; it is in its plain style before and afterwards."""
    return "".join(f"\x1b[{style.value}m{text}\x1b[m" if style.value else text for text, style in runs)


def _cut(runs: Iterable[Run], begin: int, end: int) -> Iterator[Run]:
    position = 0
    for text, style in runs:
        piece = text[max(0, begin - position) : max(0, end - position)]
        position += len(text)
        if piece:
            yield Run(piece, style)
