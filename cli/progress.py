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
)
from rich.progress import Progress as Bars
from rich.table import Column
from rich.text import Text

from realtime_chat.cli.terminal import can_draw
from realtime_chat.protocol.printable import one_line
from realtime_chat.server.models.manifest import Model, ModelFile
from realtime_chat.server.models.progress import Progress, Quiet

_LABEL_WIDTH = 32
"""Columns of a file's name: at 80 columns as many remain for the bar as for the numbers beside it."""


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
        TextColumn("{task.description}", markup=False, table_column=_fixed(max_width=_LABEL_WIDTH)),
        BarColumn(bar_width=None),
        TextColumn("{task.percentage:>3.0f}%", markup=False, table_column=_fixed()),
        DownloadColumn(table_column=_fixed()),
        TimeRemainingColumn(compact=True, table_column=_fixed()),
        console=Console(file=stream, markup=False, highlight=False),
    )


def _fixed(max_width: int | None = None) -> Column:
    return Column(no_wrap=True, max_width=max_width)


class _Refusals:
    """Says of a source that did not serve why another one is tried, once for all files that it happens to."""

    def __init__(self) -> None:
        self._last: str | None = None
        self._said: set[str] = set()

    def refused(self, name: str, reason: str) -> None:
        """A source did not serve; where it was the last one, the error that ends the pull says so."""
        self._last = f"{one_line(name)}: {one_line(reason)}; trying the next source"

    def next_source(self) -> str | None:
        """A source is tried: give the line to say about the one before, if there is any."""
        line, self._last = self._last, None
        if line is None or line in self._said:
            return None
        self._said.add(line)
        return line


class BarProgress:
    """One bar for each file; what a source refuses is said above the bars."""

    def __init__(self, drawn: Bars) -> None:
        self._bars = drawn
        self._task: TaskID | None = None
        self._refusals = _Refusals()

    def waiting(self, model: Model) -> None:
        """Another process pulls the model."""
        self._bars.console.print(Text(f"Waiting for another process that pulls {model.name}."))

    def started(self, model: Model, file: ModelFile) -> None:
        """A file is on its way."""
        self._task = self._bars.add_task(file.name, total=file.size)

    def source(self, name: str, size: int) -> None:
        """A source is tried: the bar begins anew."""
        if (line := self._refusals.next_source()) is not None:
            self._bars.console.print(Text(line))
        if self._task is not None:
            self._bars.reset(self._task, total=size)

    def advanced(self, done: int) -> None:
        """Bytes came."""
        if self._task is not None:
            self._bars.update(self._task, completed=done)

    def refused(self, name: str, reason: str) -> None:
        """A source did not serve."""
        self._refusals.refused(name, reason)

    def finished(self, file: ModelFile) -> None:
        """A file is in the store."""
        if self._task is not None:
            self._bars.update(self._task, total=file.size, completed=file.size)
            self._task = None


class PlainProgress:
    """A line for each thing that happens."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._refusals = _Refusals()

    def waiting(self, model: Model) -> None:
        """Another process pulls the model."""
        self._say(f"Waiting for another process that pulls {model.name}.")

    def started(self, model: Model, file: ModelFile) -> None:
        """A file is on its way."""
        self._say(f"{model.purpose.value}: {file.name} ({size_text(file.size)})")

    def source(self, name: str, size: int) -> None:
        """A source is tried."""
        if (line := self._refusals.next_source()) is not None:
            self._say(f"  {line}")
        self._say(f"  from {one_line(name)} ({size_text(size)})")

    def advanced(self, done: int) -> None:
        """Bytes came: too often for a line each."""

    def refused(self, name: str, reason: str) -> None:
        """A source did not serve."""
        self._refusals.refused(name, reason)

    def finished(self, file: ModelFile) -> None:
        """A file is in the store."""
        self._say(f"  {file.name} is there")

    def _say(self, line: str) -> None:
        self._stream.write(f"{line}\n")
        self._stream.flush()
