"""Runs a bench while no core sleeps: `python bench/awake.py bench/load.py [ARGUMENT ...]`, on Linux.

The host of a virtual machine lends a core that sleeps to others, and gives it back when it sees fit. What wakes often
and works little, as sound does, then waits for tens of milliseconds at a time, and the figures are the host's. Here a
process on each core keeps it from sleeping. It has the lowest priority there is (SCHED_IDLE), so that it gives way at
once to whatever is measured.
"""

from __future__ import annotations

import os
import subprocess
import sys

_STAY_AWAKE = "import os; os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\nwhile os.getppid() == {}: pass"


def main() -> int:
    """Run it, and give its exit code."""
    wakers = [
        subprocess.Popen([sys.executable, "-c", _STAY_AWAKE.format(os.getpid())]) for _ in range(os.cpu_count() or 1)
    ]
    try:
        return subprocess.run([sys.executable, *sys.argv[1:]], check=False).returncode
    finally:
        for waker in wakers:
            waker.kill()


if __name__ == "__main__":
    sys.exit(main())
