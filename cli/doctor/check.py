"""`Check`: the seam behind which everything that the doctor looks at lies, and the one loop that runs them all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from realtime_chat.cli.doctor.finding import Finding, Verdict

log = logging.getLogger(__name__)

Look = Callable[[], AsyncIterator[Finding]]
"""Looks at something and yields what it finds, each thing as soon as it is known."""


@dataclass(frozen=True)
class Check:
    """One thing to look at.

    Attributes:
        name: What to call it where it breaks.
        doing: What to show while it runs, such as ``Listening to the microphone``.
        look: Looks.
    """

    name: str
    doing: str
    look: Look


def at_once(judge: Callable[[], Iterable[Finding]]) -> Look:
    """Make a `Look` of a function that is quick; what is slow but only computes or reads may be given too.

    It runs on a thread, so that the progress goes on being drawn.
    """

    async def look() -> AsyncIterator[Finding]:
        for finding in await asyncio.to_thread(lambda: list(judge())):
            yield finding

    return look


async def examine(
    checks: Sequence[Check], found: Callable[[Finding], None], shown: Callable[[str], AbstractContextManager[object]]
) -> None:
    """Run every check, one after the other: sound devices and the clock are shared.

    Args:
        checks: What to look at. One that breaks is a finding itself, and the others run all the same.
        found: Told of each finding.
        shown: Shows what is being done for the length of a ``with``.
    """
    for check in checks:
        findings = check.look()
        while True:
            try:
                with shown(check.doing):
                    finding = await anext(findings, None)
            except Exception as error:
                log.debug("The check %s broke.", check.name, exc_info=error)
                found(_broken(check.name, error))
                break
            if finding is None:
                break
            found(finding)


def _broken(name: str, error: Exception) -> Finding:
    said = f": {error}" if str(error) else ""
    return Finding(
        name,
        Verdict.FAIL,
        f"this check broke ({type(error).__name__}{said})",
        "run again with -v to see where, and report it with `realtime-chat doctor --bundle report.zip`",
    )
