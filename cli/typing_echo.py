"""While a person waits, nothing that they type is echoed into what they are shown; whoever reads next gets it."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

from realtime_chat.cli.terminal import erase_waiting, is_terminal, show_waiting


class TypingEcho:
    """Turns off the echo of the terminal that standard input is, and on again.

    The shell gets its terminal as it was while the program is stopped with Ctrl-Z, and where SIGQUIT ends it.
    """

    def __init__(self) -> None:
        """Make one that has changed nothing yet."""
        self._terminal: int | None = None

    def off(self) -> None:
        """Echo nothing, where there is a terminal and it is ours now."""
        if sys.platform == "win32" or self._terminal is not None or not is_terminal(sys.stdin):
            return
        self._terminal = sys.stdin.fileno()
        if not self._change(is_on=False):
            self._terminal = None
            return
        for number in _leaving():
            signal.signal(number, self._leave)

    def on(self) -> None:
        """Echo again, if that was turned off here."""
        if sys.platform == "win32" or self._terminal is None:
            return
        for number in _leaving():
            signal.signal(number, signal.SIG_DFL)
        self._change(is_on=True)
        self._terminal = None

    def _leave(self, number: int, _frame: FrameType | None) -> None:
        """Stop or end as the signal has it, with the terminal as it was; off again where the program goes on."""
        waiting = erase_waiting()
        self.on()
        os.kill(os.getpid(), number)
        self.off()
        if waiting and self._terminal is not None:
            show_waiting(waiting)

    def _change(self, *, is_on: bool) -> bool:
        """Change the terminal, unless it is another job's, or gone; give whether it was changed."""
        if sys.platform == "win32" or self._terminal is None:
            return False
        import termios

        try:
            if os.tcgetpgrp(self._terminal) != os.getpgrp():  # to touch it would stop us
                return False
            mode = termios.tcgetattr(self._terminal)
            is_echoing = bool(mode[3] & termios.ECHO)
            mode[3] = mode[3] | termios.ECHO if is_on else mode[3] & ~termios.ECHO
            termios.tcsetattr(self._terminal, termios.TCSADRAIN, mode)
        except (OSError, termios.error):
            return False
        return is_on or is_echoing


def _leaving() -> list[signal.Signals]:
    if sys.platform == "win32":
        return []
    return [number for number in (signal.SIGTSTP, signal.SIGQUIT) if signal.getsignal(number) is not signal.SIG_IGN]


typing_echo = TypingEcho()
"""That of this process."""
