"""What is counted and timed while the server works, and who is told."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol


class Stage(StrEnum):
    """What takes time between the end of a turn and the sound of the answer."""

    RECOGNITION = "recognition"
    """One recognition of speech, from asking to the words."""
    FIRST_TEXT = "first_text"
    """The language model, from asking to the first piece of text."""
    FIRST_SOUND = "first_sound"
    """The voice, from asking for a clause to the first stretch of it."""
    TURN_TO_TEXT = "turn_end_to_text"
    """From the end of the turn to the first words of the answer, on the wire."""
    TURN_TO_AUDIO = "turn_end_to_audio"
    """From the end of the turn to the first sound of the answer, on the wire."""


class Ending(StrEnum):
    """How a session ended."""

    LEFT = "left"
    SLOW = "slow_client"
    EXPIRED = "expired"
    DRAINED = "drained"
    FAILED = "failed"


class Turn(StrEnum):
    """What a turn of the person's was."""

    SPOKEN = "spoken"
    """Sound that was committed, whoever found its end."""
    TYPED = "typed"
    """Written messages that were answered."""
    IDLE = "idle"
    """Nobody said anything for so long that the model goes on."""


class Drop(StrEnum):
    """What was lost or turned away."""

    UPGRADE = "upgrade"
    """A session that was not taken."""
    SESSION = "session"
    """One that was cut off: the client did not read, or it broke."""
    AUDIO = "audio"
    """An append that was refused, with its sound."""
    REQUEST = "request"
    """An HTTP request for which there was no place, or no time left."""


class Meter(Protocol):
    """Is told what happens; all of it on the event loop, and nothing of it may take long or raise."""

    def refused(self, reason: str) -> None:
        """A session was not taken."""
        ...

    def began(self) -> None:
        """A session began."""
        ...

    def ended(self, ending: Ending) -> None:
        """A session ended."""
        ...

    def turned(self, turn: Turn) -> None:
        """The person's turn is over."""
        ...

    def dropped(self, drop: Drop) -> None:
        """Something was lost or turned away; of sessions this is told by `refused` and `ended`."""
        ...

    def answered(self, status: str) -> None:
        """A response is done: completed, cancelled, failed or incomplete."""
        ...

    def took(self, stage: Stage, seconds: float) -> None:
        """A stage took its time."""
        ...

    def erred(self, code: str) -> None:
        """A client was told of an error."""
        ...


class NoMeter:
    """Counts nothing."""

    def refused(self, reason: str) -> None:
        """See `Meter`."""

    def began(self) -> None:
        """See `Meter`."""

    def ended(self, ending: Ending) -> None:
        """See `Meter`."""

    def turned(self, turn: Turn) -> None:
        """See `Meter`."""

    def dropped(self, drop: Drop) -> None:
        """See `Meter`."""

    def answered(self, status: str) -> None:
        """See `Meter`."""

    def took(self, stage: Stage, seconds: float) -> None:
        """See `Meter`."""

    def erred(self, code: str) -> None:
        """See `Meter`."""
