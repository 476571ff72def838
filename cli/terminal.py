"""What the standard streams are connected to, what may be drawn there, and plain lines to them."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping
from typing import TextIO


def is_terminal(stream: TextIO | None) -> bool:
    """Say whether a person sits at the other end of ``stream``; a closed or missing one is no terminal."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def can_draw(stream: TextIO | None, environment: Mapping[str, str] = os.environ) -> bool:
    """Say whether ``stream`` takes a live screen: a terminal that moves its cursor, and no NO_COLOR."""
    is_plain = environment.get("TERM") in {"dumb", "unknown"} or bool(environment.get("NO_COLOR"))
    return is_terminal(stream) and not is_plain


def fill_missing_streams() -> None:
    """Put the null device where a standard stream was closed before the program began, as with ``>&-``.

    It takes the free descriptor too, which the next file or socket would get otherwise.
    """
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - stays open as long as the program runs
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - likewise
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - likewise


class _Row:
    """The row that says what is waited for, as long as it is the last thing on the terminal."""

    def __init__(self) -> None:
        self._text = ""
        self._hidden = ""

    def show(self, text: str) -> None:
        from realtime_chat.cli.cells import clip

        try:
            columns = os.get_terminal_size(sys.stderr.fileno()).columns or 80
        except (OSError, ValueError):  # it stands in for a terminal
            columns = 80
        self._text, self._hidden = text, ""
        self._write(_ERASE + clip(text, columns - 1))  # one that was broken into two could not be erased

    def erase(self) -> None:
        text, self._text, self._hidden = self._text, "", ""
        if text:
            self._write(_ERASE)

    def hide(self) -> None:
        text = self._text or self._hidden
        self.erase()
        self._hidden = text

    def show_again(self) -> None:
        if self._hidden:
            self.show(self._hidden)

    def _write(self, text: str) -> None:
        # The terminal may be gone, or a signal that wants this came in the middle of another write.
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            sys.stderr.write(text)
            sys.stderr.flush()


_ERASE = "\r\x1b[K"
_row = _Row()


def show_waiting(text: str) -> None:
    """Say what is waited for, on a terminal where it can be taken back: whatever is said next takes its place.

    Nothing goes to standard output. ``text`` is clean or our own.
    """
    if can_draw(sys.stderr):
        _row.show(text)


def erase_waiting() -> None:
    """Take that back, for whoever writes to the terminal by other ways than `say` and `write`."""
    _row.erase()


def hide_waiting() -> None:
    """Take it back while the shell has the terminal; what ends the waiting meanwhile ends it for good."""
    _row.hide()


def show_waiting_again() -> None:
    """Show what was hidden, if it is still waited for."""
    _row.show_again()


def write(text: str, end: str = "\n") -> None:
    """Write to standard output, at once. ``text`` is clean or our own."""
    erase_waiting()
    sys.stdout.write(text + end)
    sys.stdout.flush()


def say(text: str, end: str = "\n") -> None:
    """Write to standard error, at once. ``text`` is clean or our own."""
    erase_waiting()
    sys.stderr.write(text + end)
    sys.stderr.flush()
