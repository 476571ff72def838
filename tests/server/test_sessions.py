from __future__ import annotations

import asyncio

import pytest

from realtime_chat.server.limits import Limits, Phase, Reason
from realtime_chat.server.meter import Ending, NoMeter
from realtime_chat.server.sessions import Sessions


class Notes(NoMeter):
    def __init__(self) -> None:
        self.all: list[object] = []

    def refused(self, reason):
        self.all.append(reason)

    def began(self):
        self.all.append("began")

    def ended(self, ending):
        self.all.append(ending)


class Told:
    """A session that only notes how long it may go on."""

    def __init__(self) -> None:
        self.grace: list[float] = []

    def drain(self, seconds: float) -> None:
        self.grace.append(seconds)


async def test_what_a_meter_is_told():
    notes = Notes()
    sessions = Sessions(Limits(sessions=1), notes, clock=lambda: 0)
    assert sessions.enter("a") is None
    assert sessions.enter("a").reason is Reason.SESSIONS
    sessions.leave(Ending.LEFT)
    assert notes.all == ["began", Reason.SESSIONS, Ending.LEFT]
    assert sessions.count == 0


async def test_a_drain_waits_for_every_session_and_tells_the_late_ones_too():
    now = 100.0
    sessions, early, late, gone = Sessions(clock=lambda: now), Told(), Told(), Told()
    for _ in range(2):
        assert sessions.enter("a") is None
    with sessions.running(gone):
        pass
    with sessions.running(early):
        drained = asyncio.create_task(sessions.drain(30))
        await asyncio.sleep(0)
        now = 110.0
        with sessions.running(late):  # it was let in, and its handshake took until now
            pass
        assert (early.grace, late.grace, gone.grace) == ([30], [20], [])
        refused = sessions.enter("a")
        assert (refused.reason, refused.retry_after) == (Reason.DRAINING, 20)
    sessions.leave(Ending.DRAINED)
    await asyncio.sleep(0)
    assert not drained.done()
    sessions.leave(Ending.DRAINED)
    await asyncio.wait_for(drained, 30)
    assert sessions.phase is Phase.DRAINING


async def test_a_session_that_never_ends_does_not_keep_the_server(monkeypatch):
    monkeypatch.setattr("realtime_chat.server.sessions.CLOSING_SECONDS", 0.0)
    sessions = Sessions()
    assert sessions.enter("a") is None
    await asyncio.wait_for(sessions.drain(0), 30)
    assert sessions.count == 1


async def test_a_drain_waits_for_requests_and_takes_no_more():
    now = 100.0
    sessions = Sessions(clock=lambda: now)
    assert [sessions.begin_request() for _ in range(2)] == [None, None]
    drained = asyncio.create_task(sessions.drain(30))
    await asyncio.sleep(0)
    now = 110.0
    refused = sessions.begin_request()
    assert refused is not None
    assert (refused.reason, refused.retry_after) == (Reason.DRAINING, 20)
    sessions.end_request()
    await asyncio.sleep(0)
    assert not drained.done()
    sessions.end_request()
    await asyncio.wait_for(drained, 30)


async def test_a_request_that_never_ends_does_not_keep_the_server():
    sessions = Sessions()
    assert sessions.begin_request() is None
    await asyncio.wait_for(sessions.drain(0), 30)
    assert sessions.phase is Phase.DRAINING


@pytest.mark.parametrize("phase", [Phase.READY, Phase.DRAINING])
async def test_only_a_server_that_loads_gets_ready(phase):
    sessions = Sessions(phase=phase)
    sessions.ready()
    assert sessions.phase is phase
