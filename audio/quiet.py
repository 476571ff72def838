"""`quiet`: what C libraries print is kept off the terminal.

PortAudio, ALSA, JACK and mpg123 write whatever displeases them to the C library's ``stderr``, from threads of their
own and at any moment: when devices are listed, opened, or lost. Turning file descriptor 2 away would also swallow what
Python writes there meanwhile, a screen being drawn for instance. So on glibc, which documents that its ``stderr`` is
a variable that a program may set, `quiet` points that variable at /dev/null; Python writes to the descriptor and is
not touched. Elsewhere nothing is done: there PortAudio talks to the system directly and is quiet.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Stderr:
    """The C library's ``stderr``, silenced as long as at least one `quiet` is entered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._depth = 0
        self._variable: ctypes.c_void_p | None = None
        self._loud: int | None = None
        self._silent: int | None = None
        if sys.platform == "linux":
            libc = ctypes.CDLL(None)
            if hasattr(libc, "gnu_get_libc_version"):
                libc.fopen.restype = ctypes.c_void_p
                self._silent = libc.fopen(os.devnull.encode(), b"we")
                self._variable = ctypes.c_void_p.in_dll(libc, "stderr")

    def silence(self) -> None:
        with self._lock:
            self._depth += 1
            if self._depth == 1 and self._variable is not None and self._silent is not None:
                self._loud = self._variable.value
                self._variable.value = self._silent

    def restore(self) -> None:
        with self._lock:
            self._depth -= 1
            if self._depth == 0 and self._variable is not None and self._silent is not None:
                self._variable.value = self._loud


_stderr = _Stderr()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep C libraries from writing to the terminal. May be nested, and entered by several threads."""
    _stderr.silence()
    try:
        yield
    finally:
        _stderr.restore()
