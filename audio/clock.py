"""The one file of the package that reads the clock."""

from __future__ import annotations

import time


def now() -> float:
    """Seconds of a clock that never goes back; only differences mean something."""
    return time.monotonic()
