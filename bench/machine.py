"""What the figures were taken on; a figure without it says nothing."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def machine() -> list[tuple[str, str]]:
    """Give (what, value) of the machine, for the head of a table."""
    return [
        ("processor", f"{_processor()}, {os.cpu_count()} cores"),
        ("memory", f"{_memory_gib():.0f} GiB"),
        ("system", f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"),
        ("load before", f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"),
    ]


def stolen_seconds() -> float:
    """Give the seconds of all cores that the host of a virtual machine took so far; what has to be done waits as long.

    0 where the system does not say.
    """
    import psutil

    return float(getattr(psutil.cpu_times(), "steal", 0.0))


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    return platform.processor() or platform.machine()


def _memory_gib() -> float:
    import psutil

    return float(psutil.virtual_memory().total) / 2**30
