"""`Entry`: a line that is being typed. Every key gives a new one."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from realtime_chat.cli.cells import clusters, text_width
from realtime_chat.protocol.printable import clean

_BREAKS = re.compile(r"\s+")
LONGEST = 10_000
"""Characters; what is typed or pasted beyond is left out."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Text and a cursor.

    Attributes:
        text: On one line, cleaned.
        cursor: How many of its characters stand before the cursor, 0..len(text); never inside a cluster.
    """

    text: str = ""
    cursor: int = 0

    def insert(self, text: str) -> Entry:
        """Type or paste ``text``; every run of white space in it becomes one space, also a line's end."""
        text = _BREAKS.sub(" ", clean(text))[: max(0, LONGEST - len(self.text))]
        before = self.text[: self.cursor] + text
        return _at(before + self.text[self.cursor :], len(before))

    def backspace(self) -> Entry:
        """Take out what stands before the cursor."""
        before = "".join(clusters(self.text[: self.cursor])[:-1])
        return _at(before + self.text[self.cursor :], len(before))

    def delete(self) -> Entry:
        """Take out what stands at the cursor."""
        after = "".join(clusters(self.text[self.cursor :])[1:])
        return _at(self.text[: self.cursor] + after, self.cursor)

    def left(self) -> Entry:
        """Move the cursor over what stands before it."""
        return replace(self, cursor=len("".join(clusters(self.text[: self.cursor])[:-1])))

    def right(self) -> Entry:
        """Move the cursor over what stands at it."""
        return replace(self, cursor=self.cursor + len("".join(clusters(self.text[self.cursor :])[:1])))

    def home(self) -> Entry:
        """Move the cursor to the beginning."""
        return replace(self, cursor=0)

    def end(self) -> Entry:
        """Move the cursor to the end."""
        return replace(self, cursor=len(self.text))

    def erase_before(self) -> Entry:
        """Take out all that stands before the cursor."""
        return Entry(self.text[self.cursor :], 0)

    def erase_after(self) -> Entry:
        """Take out all that stands behind the cursor."""
        return replace(self, text=self.text[: self.cursor])

    def erase_word(self) -> Entry:
        """Take out the word before the cursor, and the spaces behind that."""
        kept = self.text[: self.cursor].rstrip(" ")
        kept = kept[: kept.rfind(" ") + 1]
        return _at(kept + self.text[self.cursor :], len(kept))

    def window(self, columns: int) -> tuple[str, str, str]:
        """Give what of the text is shown in ``columns`` cells, 4 at least: before, at and behind the cursor.

        At the cursor stands a space where the text ends. The text is scrolled so far that the cursor is seen, and
        something on both sides of it where there is.
        """
        before, after = clusters(self.text[: self.cursor]), clusters(self.text[self.cursor :])
        at = after.pop(0) if after else " "
        room = columns - text_width(at)
        ahead = min(text_width("".join(after)), room // 4)
        left, used = _fitting(before[::-1], room - ahead)
        right, _ = _fitting(after, room - used)
        return "".join(reversed(left)), at, "".join(right)


def _at(text: str, cursor: int) -> Entry:
    """Give the entry with the cursor behind the cluster that ``cursor`` may be inside of."""
    position = 0
    for piece in clusters(text):
        if position >= cursor:
            break
        position += len(piece)
    return Entry(text, position)


def _fitting(pieces: list[str], room: int) -> tuple[list[str], int]:
    kept: list[str] = []
    used = 0
    for piece in pieces:
        width = text_width(piece)
        if used + width > room:
            break
        kept.append(piece)
        used += width
    return kept, used
