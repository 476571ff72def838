"""A lock that one process at a time holds, and that the system takes back when the process dies."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path


def _try_lock(handle: int) -> bool:
    if sys.platform == "win32":  # pragma: no cover - the tests run where fcntl is
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_for_lock(handle: int) -> None:
    if sys.platform == "win32":  # pragma: no cover - the tests run where fcntl is
        # Windows has no wait without an end.
        while not _try_lock(handle):
            time.sleep(0.2)
        return
    import fcntl

    fcntl.flock(handle, fcntl.LOCK_EX)


@contextlib.contextmanager
def exclusive(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock file ``path`` for the length of a ``with``; the file stays.

    Args:
        path: Made where it is missing; its folder must exist.
        waiting: Called once where another process holds the lock, before waiting for it.

    Raises:
        OSError: The file cannot be made, or its file system knows no locks.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _try_lock(handle):
            waiting()
            _wait_for_lock(handle)
        yield
    finally:
        os.close(handle)
