"""All measurements, one after the other, with the machine they were taken on: `make bench`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from machine import machine
from table import table

PARTS = ("conversation.py", "speaking.py", "gate.py", "duplex.py", "load.py")


def main() -> int:
    """Run every part in a process of its own, so that none is measured with another's memory."""
    print(table(("machine", ""), machine()), flush=True)
    failed = 0
    for part in PARTS:
        print(flush=True)
        failed |= subprocess.run([sys.executable, str(Path(__file__).parent / part)], check=False).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
