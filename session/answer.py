"""`Answer` and `Output`: one answer of the assistant and the items of it, and where each stands.

An answer::

    BEGUN ──words, sound──► GIVING
      │                       │
      └──────interrupted──────┴──► DROPPED ──some was heard after all──► CUT

An item of it::

    SILENT ──text──► WRITTEN ──end──► TAKEN_IN
      │ │  ┌─sound─────┘
      │ └──┴──► ARRIVING ──speaker──► SOUNDING         any but TAKEN_IN ──nobody heard it──► DELETED
      │            │ end                 │ end         any with sound or text ──all was heard, or it is cut
      └─end─► MUTE └──► WHOLE ──speaker──┴──► ENDING                          where it was──► TAKEN_IN

    Where the voice is turned off, the words of an item with sound are read: it is READ, or TAKEN_IN if all of it came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from realtime_chat.protocol.responses import ResponseStatus, Usage
from realtime_chat.session.alignment import Alignment
from realtime_chat.session.metrics import TurnTiming
from realtime_chat.session.moves import moved


class Course(Enum):
    """Where an answer stands."""

    BEGUN = auto()
    """Nothing of it came."""
    GIVING = auto()
    """Words or sound of it came."""
    DROPPED = auto()
    """It was interrupted, and nothing of it was heard."""
    CUT = auto()
    """It was interrupted, and some of it was heard or read."""


class Stage(Enum):
    """Where an item stands."""

    SILENT = auto()
    """Neither sound nor text came; the words of its sound may have."""
    WRITTEN = auto()
    """Text came, which is read as it comes."""
    READ = auto()
    """Sound of it was passed over, since the voice is off: its words are read as they come, whatever sound does."""
    MUTE = auto()
    """All of it came, and no sound or text was among it."""
    ARRIVING = auto()
    """Sound came and none of it sounds yet; more is to come."""
    WHOLE = auto()
    """Like ``ARRIVING``, and all of it came."""
    SOUNDING = auto()
    """It began to sound; more is to come."""
    ENDING = auto()
    """Like ``SOUNDING``, and all of it came."""
    TAKEN_IN = auto()
    """It was heard or read to its end, or to where it was cut."""
    DELETED = auto()
    """Nobody heard any of it, and the server was told to forget it."""


COURSES: Final[Mapping[Course, frozenset[Course]]] = {
    Course.BEGUN: frozenset({Course.GIVING, Course.DROPPED}),
    Course.GIVING: frozenset({Course.DROPPED}),
    Course.DROPPED: frozenset({Course.CUT}),
    Course.CUT: frozenset(),
}
"""From each course of an answer, those that may follow it."""

STAGES: Final[Mapping[Stage, frozenset[Stage]]] = {
    Stage.SILENT: frozenset({Stage.WRITTEN, Stage.READ, Stage.MUTE, Stage.ARRIVING, Stage.DELETED}),
    Stage.WRITTEN: frozenset({Stage.READ, Stage.ARRIVING, Stage.TAKEN_IN}),
    Stage.READ: frozenset({Stage.TAKEN_IN}),
    Stage.MUTE: frozenset({Stage.TAKEN_IN, Stage.DELETED}),
    Stage.ARRIVING: frozenset({Stage.READ, Stage.WHOLE, Stage.SOUNDING, Stage.TAKEN_IN, Stage.DELETED}),
    Stage.WHOLE: frozenset({Stage.ENDING, Stage.TAKEN_IN, Stage.DELETED}),
    Stage.SOUNDING: frozenset({Stage.READ, Stage.ENDING, Stage.TAKEN_IN, Stage.DELETED}),
    Stage.ENDING: frozenset({Stage.TAKEN_IN, Stage.DELETED}),
    Stage.TAKEN_IN: frozenset(),
    Stage.DELETED: frozenset(),
}
"""From each stage of an item, those that may follow it."""

_ENDED: Final = {
    Stage.SILENT: Stage.MUTE,
    Stage.WRITTEN: Stage.TAKEN_IN,
    Stage.READ: Stage.TAKEN_IN,
    Stage.ARRIVING: Stage.WHOLE,
    Stage.SOUNDING: Stage.ENDING,
}
_STARTED: Final = {Stage.ARRIVING: Stage.SOUNDING, Stage.WHOLE: Stage.ENDING}
_PASSED_OVER: Final = {
    Stage.SILENT: Stage.READ,
    Stage.WRITTEN: Stage.READ,
    Stage.ARRIVING: Stage.READ,
    Stage.SOUNDING: Stage.READ,
    Stage.MUTE: Stage.TAKEN_IN,
    Stage.WHOLE: Stage.TAKEN_IN,
    Stage.ENDING: Stage.TAKEN_IN,
}


@dataclass(frozen=True, slots=True)
class Ended:
    """What is kept of a ``response.done``: its items are those of the answer.

    Attributes:
        status: How it ended.
        usage: The tokens it took.
    """

    status: ResponseStatus
    usage: Usage | None


@dataclass(eq=False, slots=True)
class Answer:
    """One response.

    Attributes:
        response_id: The response.
        timing: That of the turn it answers, if it answers one.
        items: Its items, in the order in which they came.
        done: How it ended, once it did.
        course: Where it stands.
    """

    response_id: str
    timing: TurnTiming | None
    items: list[Output] = field(default_factory=list)
    done: Ended | None = None
    course: Course = Course.BEGUN

    @property
    def is_wanted(self) -> bool:
        """It was not interrupted."""
        return self.course in {Course.BEGUN, Course.GIVING}

    @property
    def is_sounding(self) -> bool:
        """Sound of it was handed over and is not over."""
        return any(item.is_sounding for item in self.items)

    def give(self) -> None:
        """Words or sound of it came."""
        if self.course is Course.BEGUN:
            self.course = moved(COURSES, self.course, Course.GIVING)

    def drop(self) -> None:
        """Nobody wants it any more."""
        self.course = moved(COURSES, self.course, Course.DROPPED)
        if any(item.stage is Stage.TAKEN_IN for item in self.items):
            self.course = moved(COURSES, self.course, Course.CUT)


@dataclass(eq=False, slots=True)
class Output:
    """One item of an answer.

    Attributes:
        item_id: The item.
        answer: What it belongs to.
        content_index: The part of it that sounds.
        alignment: How its words lie along its sound.
        stage: Where it stands.
    """

    item_id: str
    answer: Answer
    content_index: int = 0
    alignment: Alignment = field(default_factory=Alignment)
    stage: Stage = Stage.SILENT

    @property
    def is_sounding(self) -> bool:
        """Sound of it was handed over and is not over."""
        return self.stage in {Stage.ARRIVING, Stage.WHOLE, Stage.SOUNDING, Stage.ENDING}

    @property
    def is_audible(self) -> bool:
        """It began to sound and is not over."""
        return self.stage in {Stage.SOUNDING, Stage.ENDING}

    @property
    def is_read(self) -> bool:
        """Its words are read as they come, and are not over."""
        return self.stage in {Stage.WRITTEN, Stage.READ}

    @property
    def is_whole(self) -> bool:
        """All of its sound came, and is not over."""
        return self.stage in {Stage.WHOLE, Stage.ENDING}

    def write(self) -> None:
        """Text came."""
        if self.stage is Stage.SILENT:
            self._move(Stage.WRITTEN)

    def sound(self, content_index: int) -> bool:
        """Sound came; say whether it is taken: what comes after the end is not."""
        if self.stage in {Stage.SILENT, Stage.WRITTEN}:
            self.content_index = content_index
            self._move(Stage.ARRIVING)
        return self.stage in {Stage.ARRIVING, Stage.SOUNDING}

    def pass_over(self) -> None:
        """Its sound is not wanted: it is read, and what came of it was."""
        if self.stage in _PASSED_OVER:
            self._move(_PASSED_OVER[self.stage])

    def start(self) -> None:
        """The speaker began with it."""
        if self.stage in _STARTED:
            self._move(_STARTED[self.stage])

    def end(self) -> bool:
        """All of it came; say whether the speaker is to be told."""
        if self.stage in _ENDED:
            self._move(_ENDED[self.stage])
            return self.is_sounding
        return False

    def take_in(self) -> None:
        """It was heard or read to its end, or to where it was cut."""
        self._move(Stage.TAKEN_IN)
        if self.answer.course is Course.DROPPED:
            self.answer.course = moved(COURSES, self.answer.course, Course.CUT)

    def delete(self) -> None:
        """Nobody heard any of it."""
        self._move(Stage.DELETED)

    def _move(self, target: Stage) -> None:
        self.stage = moved(STAGES, self.stage, target)
