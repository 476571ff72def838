"""`Place`: for whom, and how urgently, an engine is called.

The engines of one process are shared by all sessions, and what has to wait for them waits in a `FairQueue`. Whose call
it is cannot be told from the call itself, which is the same for an engine that runs elsewhere and queues by itself. So
the task that makes the call takes its place first, and whatever it calls from then on has it.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import IntEnum


class Urgency(IntEnum):
    """What comes first; the least is the most urgent."""

    TURN = 0
    """Somebody waits to be answered: what they said last, and the conversation's answer to it."""
    ASIDE = 1
    """Answers outside of the conversation, items that a client brings, requests over HTTP."""
    AHEAD = 2
    """What may turn out to have been done for nothing: the words of a turn that goes on, instructions read ahead."""


@dataclass(eq=False, slots=True)
class Place:
    """For whom an engine is called.

    Attributes:
        owner: Stands for a session; those that are the same share one turn. It is only compared, by identity.
        urgency: May be changed while the call waits.
    """

    owner: object = field(default_factory=object)
    urgency: Urgency = Urgency.ASIDE

    def take(self) -> None:
        """Let whatever the current task calls from now on have this place."""
        _current.set(self)


def current_place() -> Place:
    """Give the place of the current task; all tasks that took none share one."""
    return _current.get()


_current: ContextVar[Place] = ContextVar("place", default=Place())  # noqa: B039  # shared is what it is meant to be
