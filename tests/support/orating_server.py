"""A server that makes speeches: whatever it is told, it says what is in a sound file, several times faster than it is
heard. It is `bench/orator.py`, the real server with engines that compute nothing."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from program import environment

_ORATOR = Path(__file__).parents[2] / "bench" / "orator.py"


@dataclass
class OratingServer:
    """One that runs.

    Attributes:
        url: Where.
        cuts: How many milliseconds were heard of each answer that was cut short, as it was told.
    """

    url: str
    cuts: list[int] = field(default_factory=list)


@contextmanager
def orating(home: Path, speech: Path, seconds: float) -> Iterator[OratingServer]:
    """Have it make a speech of so many seconds after each turn, for the length of the block."""
    process = subprocess.Popen(
        [sys.executable, str(_ORATOR), str(speech), str(seconds)],
        env=environment(home),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    server = OratingServer(process.stdout.readline().strip())

    def follow() -> None:
        for line in process.stdout or ():
            kind, *rest = line.split()
            if kind == "cut":
                server.cuts.append(int(rest[1]))

    reader = threading.Thread(target=follow)
    reader.start()
    try:
        yield server
    finally:
        process.terminate()
        process.wait(20)
        reader.join()
        process.stdout.close()
