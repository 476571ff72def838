"""The one file that imports soundfile, and what that library needs to be told and says."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType


def load() -> ModuleType:
    """Give the module soundfile.

    Raises:
        OSError: The library libsndfile cannot be loaded.
    """
    import soundfile

    module: ModuleType = soundfile
    return module


def name(path: Path) -> str | bytes:
    """A path as soundfile takes any: one whose bytes are no text on POSIX, one in any alphabet on Windows."""
    return os.fsencode(path) if os.name == "posix" else str(path)


def reason(error: Exception) -> str:
    """What soundfile says: the library's own words where they are known, for its message names the file as well."""
    return str(getattr(error, "error_string", error)).rstrip(".")
