"""`Finding`: what a check found out about one thing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """How it stands with one thing."""

    OK = "ok"
    WARN = "warn"
    """It works, but not as well as it could, or only perhaps."""
    FAIL = "fail"
    """Something that the program offers does not work here."""
    SKIP = "skip"
    """It was not looked at, since it is not needed, not wanted, or cannot be without something else."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out about one thing.

    Attributes:
        name: The thing, in a word or two.
        verdict: How it stands with it.
        what: What was seen, as a sentence or the piece of one; on one line.
        todo: What to do about it; always given with `Verdict.WARN` and `Verdict.FAIL`.
    """

    name: str
    verdict: Verdict
    what: str
    todo: str = ""

    def row(self) -> dict[str, str]:
        """Give it as an object of ``--json``."""
        return {
            "type": "finding",
            "name": self.name,
            "verdict": self.verdict.value,
            "what": self.what,
            "todo": self.todo,
        }
