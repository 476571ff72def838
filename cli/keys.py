"""Single keys of the terminal, while a conversation runs.

The terminal is put in cbreak mode: keys come one by one and are not echoed, and Ctrl-C still interrupts. It is put
back by leaving `keyboard`, however that happens.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from enum import Enum, auto

ESCAPE_SECONDS = 0.05
"""How long a lone Esc waits: a terminal sends the rest of an arrow key's sequence at once."""

HINTS = "space/Esc interrupt · m mute · q quit"
"""What the keys do, for a person to read."""

_ESC = 0x1B


class Key(Enum):
    """What a key asks for."""

    INTERRUPT = "interrupt"
    MUTE = "mute"
    QUIT = "quit"


_KEYS = {ord(" "): Key.INTERRUPT, ord("m"): Key.MUTE, ord("M"): Key.MUTE, ord("q"): Key.QUIT, ord("Q"): Key.QUIT}


class _State(Enum):
    PLAIN = auto()
    ESCAPE = auto()  # after Esc
    SEQUENCE = auto()  # after Esc [, until its final byte
    SHIFTED = auto()  # after Esc O, one byte more


class KeyDecoder:
    """Turns the bytes of a terminal into keys; the sequences of arrow and function keys are passed over."""

    def __init__(self) -> None:
        self._state = _State.PLAIN

    @property
    def waits(self) -> bool:
        """An Esc came that may be a key, or the beginning of a sequence: call `flush` if nothing follows."""
        return self._state is not _State.PLAIN

    def feed(self, data: bytes) -> list[Key]:
        """Take the next bytes; give the keys that they complete."""
        keys: list[Key] = []
        for byte in data:
            key = self._step(byte)
            if key is not None:
                keys.append(key)
        return keys

    def flush(self) -> list[Key]:
        """Say that nothing followed: a lone Esc was the key."""
        was, self._state = self._state, _State.PLAIN
        return [Key.INTERRUPT] if was is _State.ESCAPE else []

    def _step(self, byte: int) -> Key | None:
        state = self._state
        if state is _State.SEQUENCE:
            if 0x40 <= byte <= 0x7E:
                self._state = _State.PLAIN
            return None
        if state is _State.SHIFTED:
            self._state = _State.PLAIN
            return None
        if byte == _ESC:
            self._state = _State.ESCAPE
            return Key.INTERRUPT if state is _State.ESCAPE else None
        self._state = _State.PLAIN
        if state is _State.ESCAPE:
            # With Alt held, a key comes as Esc and the key: neither of the two was meant.
            self._state = {ord("["): _State.SEQUENCE, ord("O"): _State.SHIFTED}.get(byte, _State.PLAIN)
            return None
        return _KEYS.get(byte)


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


@contextlib.asynccontextmanager
async def keyboard(pressed: Callable[[Key], None]) -> AsyncIterator[bool]:
    """Call ``pressed`` with each key while the context lasts; give whether there is a keyboard.

    There is none without a terminal, or where another job of the terminal is in the foreground.
    """
    if sys.platform == "win32":
        with _console(pressed) as has_keys:
            yield has_keys
    else:
        with _terminal() as terminal:
            if terminal is None:
                yield False
                return
            with _cbreak(terminal), _reading(terminal, pressed):
                yield True


@contextlib.contextmanager
def _terminal() -> Iterator[int | None]:
    """Open the process's terminal, also where standard input is something else."""
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


def _is_in_foreground(terminal: int) -> bool:
    return os.tcgetpgrp(terminal) == os.getpgrp()


@contextlib.contextmanager
def _cbreak(terminal: int) -> Iterator[None]:
    import termios
    import tty

    before = termios.tcgetattr(terminal)

    def restore() -> None:
        with contextlib.suppress(termios.error):  # the terminal may be gone
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)

    def set_up() -> None:
        tty.setcbreak(terminal, termios.TCSANOW)

    def pause() -> None:
        """Ctrl-Z: the shell gets its terminal as it was, and we ours when it goes on."""
        for before_stop, _ in _around_stops:
            before_stop()
        restore()
        os.kill(os.getpid(), signal.SIGSTOP)
        if _is_in_foreground(terminal):
            set_up()
            for _, after_stop in _around_stops:
                after_stop()

    loop = asyncio.get_running_loop()
    atexit.register(restore)
    loop.add_signal_handler(signal.SIGTSTP, pause)
    try:
        set_up()
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTSTP)
        restore()
        atexit.unregister(restore)


@contextlib.contextmanager
def _reading(terminal: int, pressed: Callable[[Key], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    decoder = KeyDecoder()
    pending: asyncio.TimerHandle | None = None

    def tell(keys: list[Key]) -> None:
        for key in keys:
            pressed(key)

    def read() -> None:
        nonlocal pending
        if pending is not None:
            pending.cancel()
            pending = None
        try:
            data = os.read(terminal, 1024)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:  # the terminal was closed
            loop.remove_reader(terminal)
            return
        tell(decoder.feed(data))
        if decoder.waits:
            pending = loop.call_later(ESCAPE_SECONDS, lambda: tell(decoder.flush()))

    loop.add_reader(terminal, read)
    try:
        yield
    finally:
        loop.remove_reader(terminal)
        if pending is not None:
            pending.cancel()


if sys.platform == "win32":
    import msvcrt
    import threading

    _POLL_SECONDS = 0.05

    @contextlib.contextmanager
    def _console(pressed: Callable[[Key], None]) -> Iterator[bool]:
        """Read a Windows console by a thread that polls: its handle cannot be waited for beside the event loop."""
        if sys.stdin is None or not sys.stdin.isatty():
            yield False
            return
        loop = asyncio.get_running_loop()
        over = threading.Event()

        def poll() -> None:
            while not over.wait(_POLL_SECONDS):
                while msvcrt.kbhit():
                    character = msvcrt.getwch()
                    if character in "\x00\xe0":  # a function key: its code follows
                        msvcrt.getwch()
                    elif key := (Key.INTERRUPT if character == "\x1b" else _KEYS.get(ord(character))):
                        loop.call_soon_threadsafe(pressed, key)

        thread = threading.Thread(target=poll, name="keys", daemon=True)
        thread.start()
        try:
            yield True
        finally:
            over.set()
            thread.join()
