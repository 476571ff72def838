"""While a person waits, nothing that they type is echoed into what they are shown; whoever reads next gets it."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
from types import FrameType
from typing import Any

from realtime_chat.cli.terminal import hide_waiting, is_terminal, show_waiting_again


class TypingEcho:
    """Turns off the echo of the terminal that standard input is, and on again.

    The shell gets its terminal as it was while the program is stopped with Ctrl-Z, and where SIGQUIT ends it; so does
    whoever comes after a program that ends without a word here.
    """

    def __init__(self) -> None:
        """Make one that has changed nothing yet."""
        self._terminal: int | None = None
        self._quiet: list[Any] | None = None

    def off(self) -> None:
        """Echo nothing, where there is a terminal and it is ours now.

        Where standard output goes elsewhere the echo stays: the next program of a pipeline may have the same terminal.
        """
        if sys.platform == "win32" or self._terminal is not None or not is_terminal(sys.stdin):
            return
        terminal = sys.stdin.fileno()
        if not _is_ours(terminal):
            return
        self._terminal = terminal
        atexit.register(self.on)
        for number in _leaving():
            signal.signal(number, self._leave)
        if is_terminal(sys.stdout):
            self._silence(terminal)

    def on(self) -> None:
        """Echo again, if that was turned off here and nobody has changed the terminal since."""
        if sys.platform == "win32" or self._terminal is None:
            return
        self._restore(self._terminal)
        self._terminal = self._quiet = None
        for number in _leaving():
            signal.signal(number, signal.SIG_DFL)
        atexit.unregister(self.on)

    def _leave(self, number: int, _frame: FrameType | None) -> None:
        """Stop or end as the signal has it, with the terminal as it was; off again where the program goes on."""
        hide_waiting()
        self.on()
        signal.signal(number, signal.SIG_DFL)  # also where this came while that was done
        os.kill(os.getpid(), number)
        self.off()
        if self._terminal is not None:
            show_waiting_again()

    def _silence(self, terminal: int) -> None:
        if sys.platform == "win32":
            return
        import termios

        with contextlib.suppress(OSError, termios.error):  # it may be gone
            mode = termios.tcgetattr(terminal)
            if mode[3] & termios.ECHO:
                mode[3] &= ~termios.ECHO
                self._quiet = mode  # first, since a signal may come at once
                termios.tcsetattr(terminal, termios.TCSADRAIN, mode)

    def _restore(self, terminal: int) -> None:
        if sys.platform == "win32" or self._quiet is None or not _is_ours(terminal):
            return
        import termios

        with contextlib.suppress(OSError, termios.error):
            mode = termios.tcgetattr(terminal)
            if mode == self._quiet:  # else it is another program's choice, such as that of one that asks for a password
                mode[3] |= termios.ECHO
                termios.tcsetattr(terminal, termios.TCSADRAIN, mode)


def _is_ours(terminal: int) -> bool:
    """Say whether we may change it: where another job has it, that would stop us."""
    try:
        return sys.platform != "win32" and os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False


def _leaving() -> list[signal.Signals]:
    if sys.platform == "win32":
        return []
    return [number for number in (signal.SIGTSTP, signal.SIGQUIT) if signal.getsignal(number) is not signal.SIG_IGN]


typing_echo = TypingEcho()
"""That of this process."""
