"""What the doctor found, told to a person or to a script."""

from __future__ import annotations

import contextlib
import json
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import TextIO

from realtime_chat.cli.doctor.finding import Finding, Verdict
from realtime_chat.cli.redaction import redact
from realtime_chat.cli.terminal import can_draw, is_terminal
from realtime_chat.protocol.printable import one_line

_VERDICT_WIDTH = 6
_NAME_WIDTH = 28
_INDENT = _VERDICT_WIDTH + _NAME_WIDTH
_NARROWEST = 60
"""A terminal with fewer columns than this wraps by itself: beside the names there would be no room for words."""

_STYLES = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "bold red", Verdict.SKIP: "dim"}


class Report:
    """Takes findings as they come, and writes each at once.

    Attributes:
        findings: All that came, without anything secret or unprintable.
    """

    def __init__(self, output: TextIO, *, as_json: bool) -> None:
        self._output = output
        self._as_json = as_json
        self.findings: list[Finding] = []

    def take(self, finding: Finding) -> None:
        """Take a finding; what it says may be the words of a server, a device or a file."""
        finding = replace(finding, name=_tidied(finding.name), what=_tidied(finding.what), todo=_tidied(finding.todo))
        self.findings.append(finding)
        if self._as_json:
            self._write(json.dumps(finding.row()))
        elif can_draw(self._output):
            self._draw(finding)
        else:
            self._write("\n".join(lines_of(finding, self._width())))

    @property
    def has_failed(self) -> bool:
        """Something does not work."""
        return any(finding.verdict is Verdict.FAIL for finding in self.findings)

    def summary(self) -> str:
        """Give the count of each verdict that came."""
        counts = Counter(finding.verdict for finding in self.findings)
        names = {Verdict.OK: "ok", Verdict.WARN: "to look at", Verdict.FAIL: "failed", Verdict.SKIP: "skipped"}
        return ", ".join(f"{counts[verdict]} {name}" for verdict, name in names.items() if counts[verdict])

    def _draw(self, finding: Finding) -> None:
        from rich.console import Console
        from rich.text import Text

        text = Text("\n".join(lines_of(finding, self._width())))
        text.stylize(_STYLES[finding.verdict], 0, len(finding.verdict.value))
        Console(file=self._output, highlight=False).print(text, soft_wrap=True)

    def _width(self) -> int | None:
        """Give the width to wrap at, None where nothing is wrapped: a script reads lines."""
        if not is_terminal(self._output):
            return None
        import shutil

        columns = shutil.get_terminal_size().columns
        return columns if columns >= _NARROWEST else None

    def _write(self, line: str) -> None:
        self._output.write(f"{line}\n")
        self._output.flush()


def lines_of(finding: Finding, width: int | None = None) -> list[str]:
    """Give a finding as lines: verdict, name and what was seen; indented below, what to do.

    Args:
        finding: The finding.
        width: Columns to wrap at; None for one line each.
    """
    head = f"{finding.verdict.value:{_VERDICT_WIDTH}}{finding.name:{_NAME_WIDTH - 1}} "
    lines = _wrapped(head + finding.what, width, " " * _INDENT)
    if finding.todo:
        indent = " " * _VERDICT_WIDTH
        lines += _wrapped(f"{indent}{finding.todo}", width, indent)
    return lines


def _wrapped(line: str, width: int | None, indent: str) -> list[str]:
    if width is None:
        return [line]
    return textwrap.wrap(line, width, subsequent_indent=indent, break_on_hyphens=False, drop_whitespace=True)


def _tidied(text: str) -> str:
    return redact(one_line(text))


@contextlib.contextmanager
def shown(doing: str) -> Iterator[None]:
    """Show on a terminal what is being done, for the length of a ``with``."""
    if not can_draw(sys.stderr):
        yield
        return
    from rich.console import Console
    from rich.text import Text

    with Console(file=sys.stderr).status(Text(f"{doing}…")):
        yield
