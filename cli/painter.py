"""`Painter`: what to write to a terminal so that it shows the rows of a live region, and above it history.

The cursor rests at the beginning of the region's first row. A terminal that is resized keeps it on that row, whether
it breaks long rows anew or cuts them off: erasing from there on erases the region and nothing else.
Only what differs from the rows before is written. Rows are written with the terminal's wrapping turned off, so that
one which a terminal thinks is too long, or which a resize overtakes, is cut off and does not push the others down.
"""

from __future__ import annotations

from collections.abc import Sequence

from realtime_chat.cli.cells import is_sure
from realtime_chat.cli.rows import Row, Run, Style, escaped, row_text

HIDE_CURSOR = "\x1b[?25l"
_WRAP = "\x1b[?7h"
_NO_WRAP = "\x1b[?7l"
_HOLD = "\x1b[?2026h"
_RELEASE = "\x1b[?2026l"
"""Terminals that know synchronized output show what comes between the two at once; the others pass it over."""

RESTORE = _RELEASE + _WRAP + "\x1b[m\x1b[?25h"
"""Puts a terminal right again wherever the painting broke off."""

_ERASE_BELOW = "\r\x1b[J"
_ERASE_RIGHT = "\x1b[K"


class Painter:
    """Remembers what the live region shows."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._size = (0, 0)

    def paint(self, rows: Sequence[Row], *, history: Sequence[Row] = (), size: tuple[int, int]) -> str:
        """Give what to write; ``""`` where nothing changed.

        Args:
            rows: The live region, at least one row and no more than the terminal has.
            history: Rows that leave above it, for good.
            size: The terminal's columns and rows; no row is wider.
        """
        before, self._rows = self._rows, list(rows)
        is_whole = bool(history) or size != self._size or not before
        self._size = size
        if is_whole:
            return self._whole(history)
        body = self._changes(before)
        return f"{_NO_WRAP}{body}{_WRAP}" if body else ""

    def erase(self) -> str:
        """Give what takes the region away; the cursor stays where it began, and the next `paint` begins there."""
        self._rows = []
        return f"{_RELEASE}{_WRAP}{_ERASE_BELOW}"

    def _whole(self, history: Sequence[Row]) -> str:
        above = "".join(f"{escaped(row)}\r\n" for row in history)
        region = "\r\n".join(map(escaped, self._rows))
        return f"{_HOLD}{_ERASE_BELOW}{above}{_NO_WRAP}{region}{_up(len(self._rows) - 1)}\r{_WRAP}{_RELEASE}"

    def _changes(self, before: list[Row]) -> str:
        written: list[str] = []
        at = 0
        for number, row in enumerate(self._rows):
            if number >= len(before):
                written.append(f"{_down(number - 1 - at)}\r\n{escaped(row)}")
            elif row != before[number]:
                written.append(_down(number - at) + _difference(before[number], row))
            else:
                continue
            at = number
        if len(self._rows) < len(before):
            written.append(_down(len(self._rows) - at) + _ERASE_BELOW)
            at = len(self._rows)
        return f"{''.join(written)}{_up(at)}\r" if written else ""


def _difference(before: Row, after: Row) -> str:
    """Give what turns a row into another, from anywhere on it.

    Columns can be counted only as far as every terminal agrees on the width of what stands before them.
    """
    old, new = _letters(before), _letters(after)
    same = 0
    for one, other in zip(old, new, strict=False):
        if one != other or not is_sure(one[0]):
            break
        same += 1
    if same and same < len(new) and not is_sure(new[same][0]):  # it may combine with what stands before it
        same -= 1
    if len(old) == len(new) and all(map(is_sure, row_text(before) + row_text(after))):
        end = len(new)
        while end > same and old[end - 1] == new[end - 1]:
            end -= 1
        return _column(same) + escaped(_runs(new[same:end]))
    return _column(same) + _ERASE_RIGHT + escaped(_runs(new[same:]))


def _letters(row: Row) -> list[tuple[str, Style]]:
    return [(letter, style) for text, style in row for letter in text]


def _runs(letters: list[tuple[str, Style]]) -> list[Run]:
    runs: list[Run] = []
    for letter, style in letters:
        if runs and runs[-1].style is style:
            runs[-1] = Run(runs[-1].text + letter, style)
        else:
            runs.append(Run(letter, style))
    return runs


def _column(number: int) -> str:
    return f"\x1b[{number + 1}G" if number else "\r"


def _down(rows: int) -> str:
    return f"\x1b[{rows}B" if rows > 0 else ""


def _up(rows: int) -> str:
    return f"\x1b[{rows}A" if rows > 0 else ""
