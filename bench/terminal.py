"""`Terminal`: the program on a pseudo-terminal, with keys to press and bytes to count."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Self

import pexpect
import psutil
from program import COMMAND, environment


class Terminal:
    """`realtime-chat` with ``arguments`` on a terminal of 100 columns and 30 rows, from `__enter__` to `__exit__`.

    Attributes:
        shown: What was written to the terminal so far.
    """

    def __init__(self, arguments: Sequence[str], env: Mapping[str, str]) -> None:
        self._command = [*COMMAND, *arguments]
        self._env = {**environment(), **env, "TERM": "xterm-256color"}
        self.shown = bytearray()

    def __enter__(self) -> Self:
        self._child = pexpect.spawn(self._command[0], self._command[1:], env=self._env, dimensions=(30, 100))
        self._child.delaybeforesend = None  # 50 ms, else
        self.process = psutil.Process(self._child.pid)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._child.terminate(force=True)
        self._reader.join()
        self._child.close()

    def press(self, keys: bytes) -> float:
        """Press keys; give when (`time.monotonic`)."""
        at = time.monotonic()
        self._child.send(keys)
        return at

    def ask(self) -> None:
        """Type something, for a speech to begin."""
        self.press(b"t")
        self.press(b"speak\r")

    def wait_for(self, text: bytes, seconds: float = 30) -> None:
        """Wait until ``text`` was shown."""
        deadline = time.monotonic() + seconds
        while text not in self.shown:
            if time.monotonic() > deadline or not self._reader.is_alive():
                sys.stderr.buffer.write(bytes(self.shown))
                raise RuntimeError(f"{text!r} was not shown")
            time.sleep(0.02)

    def cpu_seconds(self) -> float:
        """Processor time used so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def megabytes(self) -> float:
        """Resident memory now."""
        return float(self.process.memory_info().rss) / 1e6

    def _read(self) -> None:
        try:
            while True:
                self.shown += self._child.read_nonblocking(1 << 16, timeout=None)
        except pexpect.EOF:
            pass
