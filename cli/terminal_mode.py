"""The terminal's mode while keys are read one by one, and how it is put back, however the program ends.

The terminal is in cbreak mode: keys are not echoed, and Ctrl-C still interrupts. What is pasted comes marked. Where it
speaks the kitty keyboard protocol it also reports when keys are let go, while that is wanted; then Ctrl-C and Ctrl-Z
come as keys, and are made signals here.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import signal
from collections.abc import Callable, Iterator

from realtime_chat.cli.terminal import hide_waiting, show_waiting_again

QUERY = b"\x1b[?u\x1b[c"
"""Asks for the keyboard's flags, which some terminals give, and for the device's attributes, which all do."""

PUSH = b"\x1b[>31u\x1b[?1004h"
"""All five flags: without 8 no release of a key that types something is reported, and with it 16 is needed to learn
what was typed, 4 to know Ctrl-C on a keyboard of another script; 2 asks for releases, 1 is part of 8.
And tell when the window is left, since what is let go elsewhere is not reported at all."""

POP = b"\x1b[?1004l\x1b[<u"

_PASTE_ON = b"\x1b[?2004h"
_PASTE_OFF = b"\x1b[?2004l"

_around_stops: list[tuple[Callable[[], None], Callable[[], None]]] = []


@contextlib.contextmanager
def around_stop(before: Callable[[], None], after: Callable[[], None]) -> Iterator[None]:
    """While the context lasts, have Ctrl-Z call ``before`` the program stops, and ``after`` when it goes on.

    ``after`` is not called where the program goes on in the background: the terminal is the shell's there.
    """
    entry = (before, after)
    _around_stops.append(entry)
    try:
        yield
    finally:
        _around_stops.remove(entry)


@contextlib.contextmanager
def open_terminal() -> Iterator[int | None]:
    """Open the process's terminal, also where standard input is something else; None where keys are not ours."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    try:
        # A background job that changes the terminal's mode is stopped by the system.
        yield terminal if _is_in_foreground(terminal) else None
    finally:
        os.close(terminal)


class TerminalMode:
    """Changes the terminal's mode, and puts it back."""

    def __init__(self, terminal: int, *, is_plain: bool = False) -> None:
        """Make one that has changed nothing yet.

        Args:
            terminal: Its descriptor, which does not block.
            is_plain: No sequences may be sent to it.
        """
        import termios

        self._is_plain = is_plain
        self._terminal = terminal
        self._before = termios.tcgetattr(terminal)
        self._is_original = True
        self._wants_releases = False
        self._is_pushed = False
        self._is_asked = False

    @contextlib.contextmanager
    def changed(self) -> Iterator[None]:
        """Have it changed for the length of a ``with``, apart from where a signal gives it back to the shell."""
        loop = asyncio.get_running_loop()
        atexit.register(self.restore)
        loop.add_signal_handler(signal.SIGTSTP, self._stop)
        loop.add_signal_handler(signal.SIGCONT, self._go_on)
        is_ended_by_quit = signal.getsignal(signal.SIGQUIT) is signal.SIG_DFL
        if is_ended_by_quit:
            loop.add_signal_handler(signal.SIGQUIT, self._die)
        try:
            self._set_up()
            yield
        finally:
            if is_ended_by_quit:
                loop.remove_signal_handler(signal.SIGQUIT)
            loop.remove_signal_handler(signal.SIGCONT)
            loop.remove_signal_handler(signal.SIGTSTP)
            self.restore()
            atexit.unregister(self.restore)

    def ask(self) -> None:
        """Ask what the terminal can do; the answers come as keys do, and `answered` must be called then."""
        self._is_asked = True
        self._write(QUERY)

    def answered(self) -> None:
        """The last answer came."""
        self._is_asked = False

    def report_releases(self, *, is_wanted: bool) -> None:
        """Have it reported when keys are let go, or no longer. Only for a terminal that knows how."""
        self._wants_releases = is_wanted
        if is_wanted is not self._is_pushed:
            self._is_pushed = is_wanted
            self._write(PUSH if is_wanted else POP)

    def restore(self) -> None:
        """Put the terminal back as it was, if it is not yet."""
        import termios

        if self._is_original:  # and maybe another job's by now: to touch it would stop us
            return
        self._is_original = True
        # An answer that is still under way would be typed into the shell.
        when = termios.TCSAFLUSH if self._is_asked else termios.TCSADRAIN
        with contextlib.suppress(termios.error):  # the terminal may be gone
            termios.tcsetattr(self._terminal, when, self._before)
        self._write((POP if self._is_pushed else b"") + _PASTE_OFF)
        self._is_pushed = False

    def _set_up(self) -> None:
        import termios
        import tty

        self._is_original = False
        tty.setcbreak(self._terminal, termios.TCSANOW)
        mode = termios.tcgetattr(self._terminal)
        mode[0] &= ~termios.IXON  # Ctrl-S would hold up the program with its first write, and the sound with it
        mode[3] &= ~termios.IEXTEN  # Ctrl-V and Ctrl-O are keys
        termios.tcsetattr(self._terminal, termios.TCSANOW, mode)
        self._write(_PASTE_ON)
        if self._wants_releases:
            self.report_releases(is_wanted=True)

    def _stop(self) -> None:
        """Ctrl-Z: the shell gets its terminal as it was, and we ours when it goes on."""
        self._give_back()
        os.kill(os.getpid(), signal.SIGSTOP)
        self._go_on()

    def _die(self) -> None:
        """SIGQUIT: it ends at once, for whoever wants to see a program that hangs; the shell gets its terminal."""
        self._give_back()
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGQUIT)

    def _give_back(self) -> None:
        if not self._is_original:
            for before_stop, _ in _around_stops:
                before_stop()
            hide_waiting()
            self.restore()

    def _go_on(self) -> None:
        if self._is_original and _is_in_foreground(self._terminal):
            self._set_up()
            for _, after_stop in _around_stops:
                after_stop()
            show_waiting_again()

    def _write(self, data: bytes) -> None:
        if self._is_plain:
            return
        # A terminal that takes nothing now, or is gone, has no use for it either.
        with contextlib.suppress(OSError):
            os.write(self._terminal, data)


def _is_in_foreground(terminal: int) -> bool:
    return os.tcgetpgrp(terminal) == os.getpgrp()
