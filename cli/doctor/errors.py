"""Why the probe, which tries sound and libraries in a process of its own, gave no answer.

ProbeError
├── ProbeHung              it did not answer in time, and was ended
├── ProbeDied              it ended: a library crashed, or a signal came
└── ProbeRefused           what it tried failed in an orderly way
"""

from __future__ import annotations

import signal
from dataclasses import dataclass

from realtime_chat.cli.errors import CliError


class ProbeError(CliError):
    """The probe gave no answer."""


@dataclass(eq=False)
class ProbeHung(ProbeError):
    """It did not answer in time, and was ended."""

    seconds: float

    def __str__(self) -> str:
        return f"no answer within {self.seconds:g} s"


@dataclass(eq=False)
class ProbeDied(ProbeError):
    """It ended without an answer.

    Attributes:
        code: Its exit code; where a signal ended it, that signal's number, negative.
    """

    code: int

    def __str__(self) -> str:
        if self.code >= 0:
            return f"the process that tried it ended (exit code {self.code})"
        try:
            name = signal.Signals(-self.code).name
        except ValueError:  # a signal of another system
            name = f"signal {-self.code}"
        return f"the process that tried it crashed ({name})"


@dataclass(eq=False)
class ProbeRefused(ProbeError):
    """What it tried failed in an orderly way.

    Attributes:
        kind: The name of the exception's class.
        reason: What it said, cleaned, without a trailing full stop; may be empty.
    """

    kind: str
    reason: str

    def __str__(self) -> str:
        return self.reason or self.kind
