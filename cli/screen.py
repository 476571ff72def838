"""The live screen of a spoken conversation: finished lines become history of the terminal, the rest is drawn below."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from typing import TextIO

from realtime_chat.audio.clock import now
from realtime_chat.cli.bindings import Bindings
from realtime_chat.cli.layout import count_help_pages, line_rows, live_rows
from realtime_chat.cli.painter import HIDE_CURSOR, RESTORE, Painter
from realtime_chat.cli.terminal_mode import around_stop
from realtime_chat.cli.view import Picture, Status, View
from realtime_chat.session.notices import Notice

DRAWS_A_SECOND = 12
"""Enough for a meter to look alive; a terminal over a slow link still keeps up, and a talk costs little."""

_PLAIN_SIGNS = str.maketrans({"▮": "#", "▯": "-", "◉": "*", "·": "-", "…": "~"})
"""What stands for our own signs where the terminal's encoding has none of them; each as wide."""


class Screen:
    """Draws a conversation on a terminal.

    Give it each notice by calling it; what it shows besides is asked of ``status`` when it draws.
    """

    def __init__(self, stream: TextIO, *, status: Callable[[], Status], bindings: Bindings | None) -> None:
        """Make a screen that draws nothing yet.

        Args:
            stream: The terminal.
            status: Gives what no notice tells, at the moment.
            bindings: The keys that work; None where there is no keyboard.
        """
        self._stream = stream
        self._status = status
        self._bindings = bindings
        self._view = View(can_type=False) if bindings is None else View(bindings.talk_key, can_type=bindings.can_type)
        self._painter = Painter()
        self._drawn: tuple[Picture, os.terminal_size] | None = None
        self._is_away = False

    def __call__(self, notice: Notice) -> None:
        """Take what happened; it is drawn with the next picture."""
        self._view.apply(notice)

    def help_pages(self) -> int:
        """Give in how many parts the help is shown on the screen as it is now."""
        if self._drawn is None or self._bindings is None:
            return 1
        picture, size = self._drawn
        return count_help_pages(picture, self._bindings, size.columns, size.lines)

    @contextlib.asynccontextmanager
    async def shown(self) -> AsyncIterator[None]:
        """Draw for the length of an ``async with``; at its end all lines are history, and nothing else is left.

        Raises:
            Exception: Whatever made drawing fail; what goes on inside is cancelled then.
        """
        understand_escapes()
        atexit.register(self._restore)
        painter: asyncio.Task[None] | None = None
        try:
            self._write(HIDE_CURSOR)
            async with asyncio.TaskGroup() as group:
                painter = group.create_task(self._paint())
                with around_stop(self._pause, self._go_on):
                    yield
                painter.cancel()
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            self._finish(painter)
            atexit.unregister(self._restore)

    def _finish(self, painter: asyncio.Task[None] | None) -> None:
        has_failed = painter is not None and not painter.cancelled() and painter.done()
        try:
            if not has_failed:  # else what failed would fail again
                with contextlib.suppress(OSError):  # the terminal may be gone
                    self._draw()
        finally:
            self._restore()

    def _restore(self) -> None:
        """Leave a terminal as it was; nothing of the live region stays."""
        with contextlib.suppress(OSError, ValueError):  # the terminal may be gone, or the stream closed
            self._write(self._painter.erase() + RESTORE)

    def _pause(self) -> None:
        """Take the live region away and show the cursor: the shell comes."""
        self._is_away = True
        self._restore()

    def _go_on(self) -> None:
        # The rows of before are not looked for: the shell has written since.
        self._is_away, self._drawn = False, None
        self._write(HIDE_CURSOR)

    async def _paint(self) -> None:
        while True:
            self._draw()
            await asyncio.sleep(1 / DRAWS_A_SECOND)

    def _draw(self) -> None:
        if self._is_away:
            return
        settled = self._view.settled()
        picture = self._view.picture(self._status(), now())
        size = terminal_size(self._stream)
        if (picture, size) == self._drawn and not settled:
            return
        self._drawn = picture, size
        history = [row for line in settled for row in line_rows(line, size.columns)]
        region = live_rows(picture, self._bindings, size.columns, size.lines)
        self._write(self._painter.paint(region, history=history, size=size))

    def _write(self, text: str) -> None:
        encoding = self._stream.encoding or "utf-8"
        if not _can_say(encoding):
            text = text.translate(_PLAIN_SIGNS)
        self._stream.write(text.encode(encoding, "replace").decode(encoding))  # at once, so that nothing flickers
        self._stream.flush()


@functools.cache
def _can_say(encoding: str) -> bool:
    try:
        "".join(map(chr, _PLAIN_SIGNS)).encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def terminal_size(stream: TextIO) -> os.terminal_size:
    """Give the size of the terminal that ``stream`` writes to, at least one column and two rows."""
    try:
        columns, rows = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):  # it stands in for one
        columns, rows = shutil.get_terminal_size()
    return os.terminal_size((columns or 80, max(2, rows or 24)))  # one that does not know says 0


def understand_escapes() -> None:
    """Have a Windows console obey escape sequences; all other terminals do."""
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        console = kernel.GetStdHandle(-11)  # standard output
        mode = ctypes.c_ulong()
        if kernel.GetConsoleMode(console, ctypes.byref(mode)):
            kernel.SetConsoleMode(console, mode.value | 0x0004)  # ENABLE_VIRTUAL_TERMINAL_PROCESSING
