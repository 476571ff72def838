"""The sessions a server has at the moment, and the requests: which begin, and how all of them end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from realtime_chat.server.limits import Admission, Limits, Phase, Reason, Refused
from realtime_chat.server.meter import Ending, Meter, NoMeter

CLOSING_SECONDS = 6.0
"""How long the last words and the closing of sockets may take once the grace period is over."""


class Session(Protocol):
    """What is wanted here of a session."""

    def drain(self, seconds: float) -> None:
        """End as soon as nothing is being answered, or in ``seconds``."""
        ...


class Sessions:
    """Takes sessions within the limits, and lets all of them end when the server does.

    Args:
        limits: What is allowed.
        meter: Who is told.
        phase: Where the server is in its life.
        clock: Gives the time in seconds; it only goes forward.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        meter: Meter | None = None,
        *,
        phase: Phase = Phase.READY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._admission = Admission(limits or Limits(), phase)
        self._meter = meter or NoMeter()
        self._clock = clock
        self._running: set[Session] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._requests = 0
        self._answered = asyncio.Event()
        self._answered.set()

    @property
    def limits(self) -> Limits:
        """What is allowed."""
        return self._admission.limits

    @property
    def phase(self) -> Phase:
        """Where the server is in its life."""
        return self._admission.phase

    @property
    def count(self) -> int:
        """How many sessions there are."""
        return self._admission.open

    def ready(self) -> None:
        """The engines are loaded: take sessions from now on."""
        if self._admission.phase is Phase.LOADING:
            self._admission.phase = Phase.READY

    def enter(self, address: str) -> Refused | None:
        """Take a session of the client at ``address``, or say why not. Whoever enters must `leave`, once."""
        refused = self._admission.enter(address, self._clock())
        if refused is not None:
            self._meter.refused(refused.reason)
            return refused
        self._empty.clear()
        self._meter.began()
        return None

    def leave(self, ending: Ending) -> None:
        """A session that entered is over."""
        self._admission.leave()
        self._meter.ended(ending)
        if not self._admission.open:
            self._empty.set()

    def begin_request(self) -> Refused | None:
        """Take a request that the server is to wait for, or say why not. Whoever begins one must `end_request`, once.

        One that comes while the engines are loaded may wait for them.
        """
        if self.phase is Phase.DRAINING:
            return Refused(Reason.DRAINING, self._grace())
        self._requests += 1
        self._answered.clear()
        return None

    def end_request(self) -> None:
        """A request that began is answered, or nobody waits for the answer any more."""
        self._requests -= 1
        if not self._requests:
            self._answered.set()

    @contextmanager
    def running(self, session: Session) -> Iterator[None]:
        """Have ``session`` told when the server drains, for the length of a ``with``."""
        self._running.add(session)
        try:
            if self.phase is Phase.DRAINING:
                session.drain(self._grace())
            yield
        finally:
            self._running.discard(session)

    async def drain(self, seconds: float) -> None:
        """Take no more sessions and requests, and wait until those there are have ended.

        A session ends when nothing is being answered in it, and at the latest after ``seconds``; requests are not
        waited for any longer either.
        """
        self._admission.phase = Phase.DRAINING
        self._admission.drained_at = self._clock() + seconds
        for session in tuple(self._running):
            session.drain(seconds)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._answered.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._grace() + CLOSING_SECONDS):
                await self._empty.wait()

    def _grace(self) -> float:
        return max(0.0, self._admission.drained_at - self._clock())
