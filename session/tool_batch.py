"""`Batch` and `Call`: the calls that one response made, and where each stands.

A batch::

    ARRIVING ──the response is done──► WAITING ──the last call is answered──► (an answer is asked for)
        └───────────────interrupted─────┴──► DROPPED ──the last call is answered──► (nothing)

A call that may change something, and one that changes nothing or needs no question::

    CHECKING ──it fits──► QUEUED ──its turn──► ASKED ──yes──► RUNNING ──► (answered)
       └──────────────────────┴───────no───────┴───────────────────────► (answered)
    (made) ──► RUNNING ──► (answered)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

from realtime_chat.session.moves import moved


class BatchStage(Enum):
    """Where the calls of a response stand."""

    ARRIVING = auto()
    """The response is being made, and may make more of them."""
    WAITING = auto()
    """All of them were made."""
    DROPPED = auto()
    """Nobody wants the answer any more; the calls that were made are answered all the same."""


class CallStage(Enum):
    """Where a call stands that is not answered."""

    CHECKING = auto()
    """Its arguments are looked at, before the person is."""
    QUEUED = auto()
    """The person is to be asked, after another question."""
    ASKED = auto()
    """The person is asked."""
    RUNNING = auto()
    """It is carried out."""


BATCHES: Final[Mapping[BatchStage, frozenset[BatchStage]]] = {
    BatchStage.ARRIVING: frozenset({BatchStage.WAITING, BatchStage.DROPPED}),
    BatchStage.WAITING: frozenset({BatchStage.DROPPED}),
    BatchStage.DROPPED: frozenset(),
}
"""From each stage of a batch, those that may follow it."""

CALLS: Final[Mapping[CallStage, frozenset[CallStage]]] = {
    CallStage.CHECKING: frozenset({CallStage.QUEUED}),
    CallStage.QUEUED: frozenset({CallStage.ASKED}),
    CallStage.ASKED: frozenset({CallStage.RUNNING}),
    CallStage.RUNNING: frozenset(),
}
"""From each stage of a call, those that may follow it."""


@dataclass(eq=False, slots=True)
class Batch:
    """The calls of one response.

    Attributes:
        response_id: The response.
        stage: Where they stand.
        is_surplus: The model was told to call no more, and did.
        made: How many there were.
        calls: Those that are not answered, by their ids.
    """

    response_id: str
    stage: BatchStage
    is_surplus: bool
    made: int = 0
    calls: dict[str, Call] = field(default_factory=dict)

    def move(self, stage: BatchStage) -> None:
        """Go on to ``stage``."""
        self.stage = moved(BATCHES, self.stage, stage)


@dataclass(eq=False, slots=True)
class Call:
    """A call that is not answered.

    Attributes:
        call_id: The call.
        name: The tool.
        arguments: As the model wrote them.
        batch: What it belongs to.
        values: The arguments as an object.
        stage: Where it stands.
        since: Since when.
    """

    call_id: str
    name: str
    arguments: str
    batch: Batch
    values: Mapping[str, Any] = field(default_factory=dict)
    stage: CallStage = CallStage.CHECKING
    since: float = 0.0

    def move(self, stage: CallStage, now: float) -> None:
        """Go on to ``stage``."""
        self.stage = moved(CALLS, self.stage, stage)
        self.since = now

    def milliseconds(self, now: float) -> int:
        """Give how long the tool has been at it; none while the person thinks."""
        is_at_work = self.stage in {CallStage.CHECKING, CallStage.RUNNING}
        return round((now - self.since) * 1000) if is_at_work else 0
