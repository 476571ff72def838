"""`ChildOutput`: what a process of tools writes to standard error goes to the log, a line at a time."""

from __future__ import annotations

import logging
import os
import threading
from types import TracebackType
from typing import Final, Self, TextIO

_LONGEST: Final = 1_000
"""Bytes of a line that are kept."""

_log = logging.getLogger(__name__)


class ChildOutput:
    """The writing end of a pipe, to be given to a process; what comes out of it is logged under ``name``."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._reading, writing = os.pipe()
        self.file: TextIO = os.fdopen(writing, "w")
        """To be given to the process as its standard error."""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self.last = ""
        """The last line that was not empty."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()  # the thread ends when the last process that has the other end does

    def wait(self, seconds: float) -> None:
        """Wait until all was read of a process that has ended, but not longer than this."""
        self._thread.join(seconds)

    def _read(self) -> None:
        with os.fdopen(self._reading, "rb") as lines:
            while line := lines.readline(_LONGEST):
                text = line.decode(errors="replace").rstrip()
                if text:
                    self.last = text
                    _log.info("%s writes: %s", self._name, ascii(text))
