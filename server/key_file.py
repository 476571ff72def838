"""The file that holds the key which clients of the server must know."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from realtime_chat.server.errors import KeyFileUnfit

_FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_SHORTEST = 16
_LARGEST = 4_096


def read_key(path: Path) -> str:
    """Read the key: the whole text of the file, without the space around it.

    Raises:
        KeyFileUnfit: It cannot be read, others may read or change it, or what it holds is no key.
    """
    shown = str(path)
    try:
        # Not to wait for somebody to write where the file is a pipe.
        descriptor = os.open(path.expanduser(), os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            content = file.read(_LARGEST + 1) if stat.S_ISREG(mode) else b""
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise KeyFileUnfit(shown, reason, "name a file that can be read") from error
    if not stat.S_ISREG(mode):
        raise KeyFileUnfit(shown, "it is no file", "name a file that can be read")
    if sys.platform != "win32" and mode & _FOR_OTHERS:
        reason = f"others may read or change it, mode {stat.S_IMODE(mode):03o}"
        raise KeyFileUnfit(shown, reason, "run chmod 600 on it, and make a new key if somebody may have read this one")
    key = content.decode("ascii", "replace").strip()
    if not (_SHORTEST <= len(key) <= _LARGEST) or not key.isascii() or not key.isprintable() or " " in key:
        reason = f"it does not hold one line of {_SHORTEST} to {_LARGEST} letters, digits and signs"
        raise KeyFileUnfit(shown, reason, "make one with `openssl rand -hex 32`")
    return key
