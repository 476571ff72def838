"""What happens to a call of a tool outside the machine, and is told to it."""

from __future__ import annotations

from dataclasses import dataclass

from realtime_chat.session.notices import ToolOutcome


@dataclass(frozen=True, slots=True)
class ToolChecked:
    """The arguments of a call fit: it may be carried out, if the person allows it."""

    call_id: str


@dataclass(frozen=True, slots=True)
class ToolAllowed:
    """The person answered a `ToolQuestion`."""

    call_id: str
    is_allowed: bool


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A check went wrong, or a call is over.

    Attributes:
        call_id: The call.
        outcome: What became of it.
        output: The result; what went wrong, where it is not `ToolOutcome.DONE`.
    """

    call_id: str
    outcome: ToolOutcome
    output: str


ToolEvent = ToolChecked | ToolAllowed | ToolFinished
