"""`TypedLine`: what is typed in a talk, echoed on the last line of a terminal on which nothing else is drawn."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from realtime_chat.cli.cells import text_width
from realtime_chat.cli.entry import Entry

_PROMPT = "> "
_NARROWEST = 4
"""Columns that an entry needs."""


class TypedLine:
    """Shows the line that is being typed, and what else is said in lines above it.

    Nothing but text, carriage returns and backspaces is written: every terminal knows them. What is typed at the end,
    as nearly all is, is written alone, so that a screen reader does not read the whole line again.
    """

    def __init__(self, write: Callable[[str], None], *, columns: Callable[[], int]) -> None:
        """Make one that shows nothing yet.

        Args:
            write: Takes what is to be written, and writes it at once.
            columns: Gives the terminal's width.
        """
        self._write = write
        self._columns = columns
        self._entry: Entry | None = None
        self._shown = ""
        self._behind = 0  # cells of what is shown that stand behind the cursor

    def show(self, entry: Entry | None) -> None:
        """Show what is typed now; None ends the line."""
        if entry is not None:
            self._draw(entry)
        elif self._entry is not None:
            self._leave()
        self._entry = entry

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Let whole lines be written; what is typed is shown again below them."""
        entry, self._entry = self._entry, None
        if entry is not None:
            self._leave()
        yield
        self.show(entry)

    def _leave(self) -> None:
        self._write("\n")
        self._shown, self._behind = "", 0

    def _draw(self, entry: Entry) -> None:
        room = max(_NARROWEST, self._columns() - len(_PROMPT) - 1)  # or the cursor would go to the next line
        before, at, after = entry.window(room)
        is_at_end = entry.cursor == len(entry.text)
        text = _PROMPT + before + ("" if is_at_end else at + after)
        behind = 0 if is_at_end else text_width(at + after)
        if self._behind == behind == 0 and text.startswith(self._shown):
            self._write(text[len(self._shown) :])
        else:
            rest = max(0, text_width(self._shown) - text_width(text))
            self._write(f"\r{text}{' ' * rest}" + "\b" * (rest + behind))
        self._shown, self._behind = text, behind
