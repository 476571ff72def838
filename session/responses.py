"""`ResponseSlot`: the life of the one response that a conversation may have at a time.

The server refuses a second ``response.create`` while a response is active, forgets a ``response.cancel`` that comes
before ``response.created``, and may begin responses by itself. So the slot holds back what must wait, and remembers
what is to happen as soon as the server says something.

    NONE ──ask──► ASKED ──created──► ACTIVE ──done──► NONE (or ASKED, where another was asked for meanwhile)
      └─expect─► EXPECTED ─created─────▲ └─interrupt─► CANCELLED ──done──► NONE (or …)
                 ASKED ──interrupt──► UNWANTED ──created, then cancel by its id──► CANCELLED
                 ASKED ──the server is busy──► BLOCKED ──done of what kept it busy──► ASKED

Nothing is waited for without an end: each stage has its patience.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

EXPECTED_SECONDS: Final = 10.0
"""A server that ends a turn begins its answer at once; one that never does took the sound for no speech."""

ASKED_SECONDS: Final = 30.0
"""A server that takes ``response.create`` says ``response.created`` at once, before it thinks."""

CANCELLED_SECONDS: Final = 5.0
"""A server that was told to stop says ``response.done`` at once; one that does not must not hold up the next turn."""

ACTIVE_SECONDS: Final = 60.0
"""Since the last event of the response: even a slow model on a slow machine writes some word in that time."""


class Stage(Enum):
    """Where the response stands."""

    NONE = auto()
    EXPECTED = auto()
    ASKED = auto()
    BLOCKED = auto()
    ACTIVE = auto()
    UNWANTED = auto()
    CANCELLED = auto()


class _Next(Enum):
    NOTHING = auto()
    ASK = auto()
    EXPECT = auto()


_PATIENCE: Final = {
    Stage.EXPECTED: EXPECTED_SECONDS,
    Stage.ASKED: ASKED_SECONDS,
    Stage.BLOCKED: ASKED_SECONDS,
    Stage.UNWANTED: ASKED_SECONDS,
    Stage.CANCELLED: CANCELLED_SECONDS,
    Stage.ACTIVE: ACTIVE_SECONDS,
}


class ResponseSlot:
    """Says when a response may be asked for, and what to cancel.

    A method that returns ``True`` for "ask" obliges the caller to send ``response.create`` now.
    """

    def __init__(self) -> None:
        self._stage = Stage.NONE
        self._next = _Next.NOTHING
        self._response_id: str | None = None
        self._since = 0.0

    @property
    def occupant(self) -> str | None:
        """The response that is being made, if one is, wanted or not."""
        return self._response_id if self.is_occupied else None

    @property
    def active_id(self) -> str | None:
        """The response that is being made, if one is, and is wanted."""
        return self._response_id if self._stage is Stage.ACTIVE else None

    @property
    def is_occupied(self) -> bool:
        """A response is being made, wanted or not."""
        return self._stage in {Stage.ACTIVE, Stage.CANCELLED}

    @property
    def is_free(self) -> bool:
        """Nothing is under way and nothing is to come."""
        return self._stage is Stage.NONE

    @property
    def is_pending(self) -> bool:
        """An answer is wanted and to come, or coming."""
        wanted = self._stage in {Stage.EXPECTED, Stage.ASKED, Stage.BLOCKED, Stage.ACTIVE}
        return wanted or self._next is not _Next.NOTHING

    @property
    def is_unanswered(self) -> bool:
        """``response.create`` was sent, and the server has not said anything to it."""
        return self._stage in {Stage.ASKED, Stage.UNWANTED}

    def ask(self, now: float) -> bool:
        """A turn is over and an answer is wanted; say whether to ask now. If not, it is asked for later."""
        if self._stage in {Stage.NONE, Stage.EXPECTED}:
            self._enter(Stage.ASKED, now)
            return True
        self._next = _Next.ASK
        return False

    def expect(self, now: float) -> None:
        """A turn is over and the server answers by itself."""
        if self._stage is Stage.NONE:
            self._enter(Stage.EXPECTED, now)
        elif self._next is _Next.NOTHING:
            self._next = _Next.EXPECT

    def begun(self, response_id: str, now: float) -> bool:
        """The server began a response; say whether it is to be cancelled by its id."""
        unwanted = self._stage is Stage.UNWANTED
        self._enter(Stage.CANCELLED if unwanted else Stage.ACTIVE, now)
        self._response_id = response_id
        if self._next is _Next.EXPECT:
            self._next = _Next.NOTHING
        return unwanted

    def progressed(self, response_id: str, now: float) -> None:
        """Something of a response came: the server is at it."""
        if self._stage is Stage.ACTIVE and response_id == self._response_id:
            self._since = now

    def over(self, response_id: str, now: float) -> bool:
        """A response is done, however it ended; say whether to ask now."""
        if self._stage is Stage.BLOCKED:
            return self._release(now)
        if self.is_occupied and response_id == self._response_id:
            return self._release(now)
        return False

    def refused(self, now: float) -> bool:
        """An error answered ``response.create``; say whether to ask now (for a turn that came later)."""
        return self._release(now) if self.is_unanswered else False

    def busy(self, now: float) -> None:
        """The server refused ``response.create`` since another response is active: ask again when that is done."""
        if self._stage is Stage.ASKED or (self._stage is Stage.UNWANTED and self._next is _Next.ASK):
            self._next = _Next.ASK
            self._enter(Stage.BLOCKED, now)
        elif self._stage is Stage.UNWANTED:
            self._enter(Stage.NONE, now)
        elif self._stage is Stage.ACTIVE:
            self._next = _Next.ASK

    def interrupt(self, now: float, *, by_server: bool) -> str | None:
        """Nobody wants the answer any more; give the id of the response to cancel, if there is one to cancel.

        Args:
            now: The time.
            by_server: The server interrupted, and so cancels by itself.
        """
        self._next = _Next.NOTHING
        if self._stage is Stage.ASKED or (self._stage is Stage.EXPECTED and not by_server):
            self._stage = Stage.UNWANTED
        elif self._stage in {Stage.EXPECTED, Stage.BLOCKED}:
            self._stage = Stage.NONE
        elif self._stage is Stage.ACTIVE:
            self._enter(Stage.CANCELLED, now)
            return None if by_server else self._response_id
        return None

    def overdue(self, now: float) -> Stage | None:
        """Give the stage that has lasted longer than any server needs, if it has; `abandon` ends it."""
        patience = _PATIENCE.get(self._stage)
        return self._stage if patience is not None and now - self._since > patience else None

    def abandon(self, now: float) -> bool:
        """Wait no longer; say whether to ask now (for a turn that came later).

        A response that was being made is to be cancelled, and gets the time that this takes.
        """
        if self._stage is Stage.ACTIVE:
            self._enter(Stage.CANCELLED, now)
            return False
        if self._stage is Stage.BLOCKED:
            self._next = _Next.NOTHING
        return self._release(now)

    def _release(self, now: float) -> bool:
        following, self._next = self._next, _Next.NOTHING
        self._response_id = None
        if following is _Next.ASK:
            self._enter(Stage.ASKED, now)
            return True
        self._enter(Stage.EXPECTED if following is _Next.EXPECT else Stage.NONE, now)
        return False

    def _enter(self, stage: Stage, now: float) -> None:
        self._stage = stage
        self._since = now
