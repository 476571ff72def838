"""The key which clients of the server must know: in a file, or in the environment."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from realtime_chat.server.errors import KeyUnfit

_FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_SHORTEST = 16
_LARGEST = 4_096
_NO_KEY = f"it does not hold one line of {_SHORTEST} to {_LARGEST} letters, digits and signs"
_NEW_KEY = "make one with `openssl rand -hex 32`"


def read_key(path: Path) -> str:
    """Read the key: the whole text of the file, without the space around it.

    Raises:
        KeyUnfit: It cannot be read, others may read or change it, or what it holds is no key.
    """
    shown = repr(str(path))
    try:
        # Not to wait for somebody to write where the file is a pipe.
        descriptor = os.open(path.expanduser(), os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            content = file.read(_LARGEST + 1) if stat.S_ISREG(mode) else b""
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise KeyUnfit(shown, reason, "name a file that can be read") from error
    if not stat.S_ISREG(mode):
        raise KeyUnfit(shown, "it is no file", "name a file that can be read")
    if sys.platform != "win32" and mode & _FOR_OTHERS:
        reason = f"others may read or change it, mode {stat.S_IMODE(mode):03o}"
        raise KeyUnfit(shown, reason, "run chmod 600 on it, and make a new key if somebody may have read this one")
    key = content.decode("ascii", "replace").strip()
    if not _is_key(key):
        raise KeyUnfit(shown, _NO_KEY, _NEW_KEY)
    return key


def key_in(variable: str, variables: Mapping[str, str] = os.environ) -> str | None:
    """Read the key in an environment variable, without the space around it; None where there is nothing in it.

    Raises:
        KeyUnfit: What it holds is no key.
    """
    key = variables.get(variable, "").strip()
    if not key:
        return None
    if not _is_key(key):
        raise KeyUnfit(variable, _NO_KEY, _NEW_KEY)
    return key


def _is_key(key: str) -> bool:
    """Whether it can be written in a header, and not be guessed."""
    return _SHORTEST <= len(key) <= _LARGEST and key.isascii() and key.isprintable() and " " not in key
