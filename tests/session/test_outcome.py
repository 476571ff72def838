from __future__ import annotations

import asyncio

import pytest

from realtime_chat.session.errors import ConnectionLost
from realtime_chat.session.notices import Cause, Closed
from realtime_chat.session.outcome import Outcome


async def test_the_first_who_says_so_counts() -> None:
    outcome = Outcome()
    outcome.settle(Closed(Cause.QUIT))
    outcome.settle(ConnectionLost(1006, "too late"))
    assert await outcome.wait() == Closed(Cause.QUIT)


async def test_whoever_waits_is_told() -> None:
    outcome = Outcome()
    waiting = asyncio.create_task(outcome.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    outcome.settle(ConnectionLost(1006, "cut"))
    outcome.settle(Closed(Cause.QUIT))
    with pytest.raises(ConnectionLost, match="cut"):
        await waiting
