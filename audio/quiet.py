"""`quiet`: what C libraries print is kept off the terminal.

PortAudio, ALSA, JACK and mpg123 write whatever displeases them to the C library's ``stderr``, from threads of their
own and at any moment: when devices are listed, opened, or lost. Turning file descriptor 2 away would also swallow what
Python writes there meanwhile, a screen being drawn for instance. So on glibc, which documents that its ``stderr`` is
a variable that a program may set, `quiet` points that variable at /dev/null; Python writes to the descriptor and is
not touched. Elsewhere nothing is done: there PortAudio talks to the system directly and is quiet.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_TRAP_S = 0.02
"""Long enough for a thread that does nothing but write, to fill the buffer of a stream and wait."""

_PIPE_STEP = 4096


class _Stderr:
    """The C library's ``stderr``, silenced as long as at least one `quiet` is entered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._depth = 0
        self._variable: ctypes.c_void_p | None = None
        self._loud: int | None = None
        self._silent: int | None = None
        self._pit: int | None = None
        if sys.platform == "linux":
            libc = ctypes.CDLL(None)
            if hasattr(libc, "gnu_get_libc_version"):
                self._libc = libc
                libc.fopen.restype = libc.fdopen.restype = ctypes.c_void_p
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

    def trap(self) -> None:
        with self._lock:
            if self._depth and self._variable is not None and self._silent is not None:
                self._pit = self._pit or self._dug()
                self._variable.value = self._pit
                threading.Event().wait(_TRAP_S)
                self._variable.value = self._silent

    def _dug(self) -> int | None:
        """Give a C stream that ends in a full pipe."""
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, bytes(_PIPE_STEP))
        os.set_blocking(writer, True)
        # At its end the C library flushes all its streams: it would wait as well.
        atexit.register(os.close, reader)
        pit: int | None = self._libc.fdopen(writer, b"w")
        return pit


_stderr = _Stderr()


def trap() -> None:
    """Put a thread to sleep for ever that writes to the C library's ``stderr`` without end.

    There is one after PipeWire has died: PortAudio 19.6 runs in a circle on an error that it writes each time, and
    nothing ends that (see `Closer`). Measured: 60-97 % of a core before, nothing after. For a moment ``stderr`` leads
    to a pipe that is full. It does nothing where `quiet` does nothing, or is not entered.
    """
    _stderr.trap()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep C libraries from writing to the terminal. May be nested, and entered by several threads."""
    _stderr.silence()
    try:
        yield
    finally:
        _stderr.restore()
