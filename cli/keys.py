"""The keyboard, while a conversation runs: keys come one by one and are not echoed.

The terminal is put back by leaving `keyboard`, however that happens; see `terminal_mode`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from realtime_chat.cli.controls import Controls
from realtime_chat.cli.key_decoder import DeviceAttributes, Input, KeyboardFlags, KeyDecoder
from realtime_chat.cli.key_names import Edge, KeyPress
from realtime_chat.cli.terminal_mode import TerminalMode, open_terminal

ANSWER_SECONDS = 0.25
"""How long a terminal may take to say what it can do. One that is slower is taken for a plain one until it has."""


@dataclass(frozen=True, slots=True)
class Keyboard:
    """What there is of a keyboard.

    Attributes:
        is_there: Keys are read.
        reports_releases: The terminal tells when a key is let go, so that one can be held.
    """

    is_there: bool
    reports_releases: bool = False


@contextlib.asynccontextmanager
async def keyboard(controls: Controls) -> AsyncIterator[Keyboard]:
    """Give ``controls`` each key while the context lasts.

    There is no keyboard without a terminal, or where another job of the terminal is in the foreground.
    """
    if sys.platform == "win32":
        from realtime_chat.cli.windows_keys import console

        with console(controls.take) as is_there:
            yield Keyboard(is_there)
        return
    with open_terminal() as terminal:
        if terminal is None:
            yield Keyboard(is_there=False)
            return
        mode = TerminalMode(terminal, is_plain=not controls.has_screen)
        with mode.changed():
            reader = _Reader(terminal, mode, controls)
            with reader.reading():
                if controls.has_screen:
                    mode.ask()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(ANSWER_SECONDS):
                            await reader.answered.wait()
                yield Keyboard(is_there=True, reports_releases=controls.reports_releases)


class _Reader:
    """Reads a terminal on the event loop."""

    def __init__(self, terminal: int, mode: TerminalMode, controls: Controls) -> None:
        self.answered = asyncio.Event()
        self._terminal = terminal
        self._mode = mode
        self._controls = controls
        self._decoder = KeyDecoder()
        self._loop = asyncio.get_running_loop()
        self._pending: asyncio.TimerHandle | None = None

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Read for the length of a ``with``."""
        self._controls.on_change(self._adapt)
        self._loop.add_reader(self._terminal, self._read)
        try:
            yield
        finally:
            self._loop.remove_reader(self._terminal)
            self._controls.on_change(lambda: None)
            self._wait_no_longer()

    def _read(self) -> None:
        try:
            data = os.read(self._terminal, 4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._wait_no_longer()
        if not data:  # the terminal was closed
            self._loop.remove_reader(self._terminal)
            self._flush()
            return
        self._tell(self._decoder.feed(data))
        if (patience := self._decoder.patience) is not None:
            self._pending = self._loop.call_later(patience, self._flush)

    def _flush(self) -> None:
        self._tell(self._decoder.flush())

    def _wait_no_longer(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None

    def _tell(self, inputs: list[Input]) -> None:
        for one in inputs:
            match one:
                case KeyboardFlags():
                    self._controls.reports_releases = True
                    self._adapt()
                case DeviceAttributes():
                    self._mode.answered()
                    self.answered.set()
                case KeyPress(name, edge=Edge.PRESS) if name in _SIGNALS:
                    # As the terminal does it where it still makes signals of keys: the whole foreground job gets it.
                    os.killpg(0, _SIGNALS[name])
                case _:
                    self._controls.take(one)
        self._controls.foresee("esc" if self._decoder.may_be_esc else None)

    def _adapt(self) -> None:
        if self._controls.reports_releases:
            self._mode.report_releases(is_wanted=self._controls.wants_releases)


if sys.platform == "win32":
    _SIGNALS: dict[str, signal.Signals] = {}
else:
    _SIGNALS = {"ctrl-c": signal.SIGINT, "ctrl-z": signal.SIGTSTP, "ctrl-\\": signal.SIGQUIT}
