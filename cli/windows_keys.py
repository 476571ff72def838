"""The keyboard of a Windows console. It reports no releases."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from realtime_chat.cli.key_names import KeyPress, name_of

if sys.platform == "win32":
    import asyncio
    import contextlib
    import msvcrt
    import signal
    import threading

    _POLL_SECONDS = 0.05

    @contextlib.contextmanager
    def console(pressed: Callable[[KeyPress], None]) -> Iterator[bool]:
        """Read a console by a thread that polls: its handle cannot be waited for beside the event loop."""
        if sys.stdin is None or not sys.stdin.isatty():
            yield False
            return
        loop = asyncio.get_running_loop()
        over = threading.Event()

        def poll() -> None:
            while not over.wait(_POLL_SECONDS):
                while msvcrt.kbhit():
                    character = msvcrt.getwch()
                    if character == "\x03":
                        signal.raise_signal(signal.SIGINT)
                        continue
                    # Of some keys, and of characters beyond 16 bits, the second half follows.
                    second = msvcrt.getwch() if is_first_half(character) else ""
                    key = key_of(character, second)
                    if key is not None:
                        loop.call_soon_threadsafe(pressed, key)

        thread = threading.Thread(target=poll, name="keys", daemon=True)
        thread.start()
        try:
            yield True
        finally:
            over.set()
            thread.join()


_CODES = {"H": "up", "P": "down", "K": "left", "M": "right", "G": "home", "O": "end", "I": "pageup", "Q": "pagedown"}
_CODES |= {"R": "insert", "S": "delete"}
_CODES |= {chr(ord(";") + number): f"f{number + 1}" for number in range(10)} | {"\x85": "f11", "\x86": "f12"}
_CONTROLS = {"\r": "enter", "\n": "enter", "\x08": "backspace", "\x7f": "backspace", "\t": "tab", "\x1b": "esc"}


def is_first_half(character: str) -> bool:
    """Say whether ``character``, as a console gives it, is the beginning of a key that comes in two."""
    return character in "\x00\xe0" or 0xD800 <= ord(character) < 0xDC00


def key_of(character: str, second: str = "") -> KeyPress | None:
    """Give the key that a console means.

    Args:
        character: A UTF-16 unit, or the mark of a key that types nothing.
        second: What follows where that is only half of it.
    """
    if character in "\x00\xe0":
        return KeyPress(_CODES[second]) if second in _CODES else None
    if character in _CONTROLS:
        return KeyPress(_CONTROLS[character])
    if ord(character) < 0x20:
        return KeyPress(f"ctrl-{chr(ord(character) | 0x40).lower()}")
    typed = (character + second).encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    return KeyPress(name_of(typed), typed) if typed else None
