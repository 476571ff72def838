"""How far a pull, or a check, of models is: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as Bars
from rich.text import Text

from realtime_chat.cli.terminal import can_draw
from realtime_chat.protocol.printable import one_line
from realtime_chat.server.models.manifest import Model, ModelFile
from realtime_chat.server.models.progress import Progress, Quiet


@contextlib.contextmanager
def watched(stream: TextIO, *, quiet: bool = False) -> Iterator[Progress]:
    """Give what shows a pull's progress on ``stream`` for the length of a ``with``."""
    if quiet:
        yield Quiet()
    elif can_draw(stream):
        with bars(stream) as drawn:
            yield BarProgress(drawn)
    else:
        yield PlainProgress(stream)


def size_text(size: int) -> str:
    """Give a number of bytes as a person reads it: ``700 B``, ``2 kB``, ``13.3 MB``."""
    if size < 1000:
        return f"{size} B"
    kilobytes = round(size / 1000)
    return f"{kilobytes} kB" if kilobytes < 1000 else f"{size / 1e6:.1f} MB"


def bars(stream: TextIO) -> Bars:
    """Give bars that count bytes; enter them to draw."""
    return Bars(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(file=stream, markup=False, highlight=False),
    )


class BarProgress:
    """One bar for each file; what a source refuses is said above the bars."""

    def __init__(self, drawn: Bars) -> None:
        self._bars = drawn
        self._task: TaskID | None = None
        self._name = ""

    def waiting(self, model: Model) -> None:
        """Another process pulls the model."""
        self._bars.console.print(Text(f"Waiting for another process that pulls {model.name}."))

    def started(self, model: Model, file: ModelFile) -> None:
        """A file is on its way."""
        self._name = f"{model.purpose.value}: {file.name}"
        self._task = self._bars.add_task(self._name, total=file.size)

    def source(self, name: str, size: int) -> None:
        """A source is tried: the bar begins anew."""
        if self._task is not None:
            self._bars.reset(self._task, total=size, description=f"{self._name} from {one_line(name)}")

    def advanced(self, done: int) -> None:
        """Bytes came."""
        if self._task is not None:
            self._bars.update(self._task, completed=done)

    def refused(self, name: str, reason: str) -> None:
        """A source did not serve."""
        self._bars.console.print(Text(f"{one_line(name)}: {one_line(reason)}"))

    def finished(self, file: ModelFile) -> None:
        """A file is in the store."""
        if self._task is not None:
            self._bars.update(self._task, total=file.size, completed=file.size, description=self._name)
            self._task = None


class PlainProgress:
    """A line for each thing that happens."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def waiting(self, model: Model) -> None:
        """Another process pulls the model."""
        self._say(f"Waiting for another process that pulls {model.name}.")

    def started(self, model: Model, file: ModelFile) -> None:
        """A file is on its way."""
        self._say(f"{model.purpose.value}: {file.name} ({size_text(file.size)})")

    def source(self, name: str, size: int) -> None:
        """A source is tried."""
        self._say(f"  from {one_line(name)} ({size_text(size)})")

    def advanced(self, done: int) -> None:
        """Bytes came: too often for a line each."""

    def refused(self, name: str, reason: str) -> None:
        """A source did not serve."""
        self._say(f"  {one_line(name)}: {one_line(reason)}")

    def finished(self, file: ModelFile) -> None:
        """A file is in the store."""
        self._say(f"  {file.name} is there")

    def _say(self, line: str) -> None:
        self._stream.write(f"{line}\n")
        self._stream.flush()
