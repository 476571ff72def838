"""What the standard streams are connected to, what may be drawn there, and plain lines to them."""

from __future__ import annotations

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


def write(text: str, end: str = "\n") -> None:
    """Write to standard output, at once. ``text`` is clean or our own."""
    sys.stdout.write(text + end)
    sys.stdout.flush()


def say(text: str, end: str = "\n") -> None:
    """Write to standard error, at once. ``text`` is clean or our own."""
    sys.stderr.write(text + end)
    sys.stderr.flush()
