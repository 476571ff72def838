import asyncio

import pytest

from realtime_chat.cli.follower import Follower
from realtime_chat.session.notices import Fault, Phase, PhaseChanged, Ready, Transcript

ANSWER = Transcript("assistant", "Paris.", True, "a")
IDLE = PhaseChanged(Phase.LISTENING)


def follow(*notices):
    follower = Follower()
    follower.begin()
    for notice in notices:
        follower(notice)
    return follower


@pytest.mark.parametrize(
    ("notices", "failed"),
    [
        ([ANSWER, IDLE], False),
        ([IDLE], True),
        ([Transcript("user", "Capital?", True, "u"), Transcript("assistant", "", False, "a"), IDLE], True),
        ([ANSWER, Fault("server_error", "It broke."), IDLE], True),
    ],
)
def test_whether_a_message_was_answered(notices, failed):
    assert follow(*notices).failed == failed


def test_a_new_message_forgets_what_became_of_the_last_one():
    follower = follow(Fault("server_error", "It broke."), IDLE)
    follower.begin()
    follower(ANSWER)
    assert not follower.failed


async def test_waiting_for_the_session_and_for_an_answer():
    follower = Follower()
    ready = asyncio.create_task(follower.ready())
    follower(IDLE)
    await asyncio.sleep(0)
    assert not ready.done()
    follower(Ready("m", "v"))
    await ready
    follower.begin()
    over = asyncio.create_task(follower.over())
    follower(ANSWER)
    await asyncio.sleep(0)
    assert not over.done()
    follower(IDLE)
    await over


def test_every_watcher_is_told_in_order():
    early, late = [], []
    follower = Follower(early.append)
    follower(ANSWER)
    follower.watch(late.append)
    follower(IDLE)
    assert (early, late) == ([ANSWER, IDLE], [IDLE])
