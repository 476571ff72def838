from __future__ import annotations

import pytest

from realtime_chat.session.closing import TRANSCRIPT_SECONDS, Closing
from realtime_chat.session.effects import Finish
from realtime_chat.session.notices import Cause


@pytest.fixture
def ending() -> Closing:
    closing = Closing()
    closing.await_idleness()
    return closing


def test_an_open_conversation_may_be_idle_for_ever() -> None:
    closing = Closing()
    assert not closing.is_due(0.0, is_idle=True, is_waiting=False)
    assert not closing.is_due(9_999.0, is_idle=True, is_waiting=False)
    assert not closing.has_begun


def test_it_ends_as_soon_as_it_is_idle(ending: Closing) -> None:
    assert not ending.is_due(0.0, is_idle=False, is_waiting=False)
    assert ending.is_due(1.0, is_idle=True, is_waiting=False)


def test_words_that_are_still_to_come_are_waited_for_a_while(ending: Closing) -> None:
    assert not ending.is_due(1.0, is_idle=True, is_waiting=True)
    assert not ending.is_due(2.0, is_idle=False, is_waiting=True)
    assert not ending.is_due(1.0 + TRANSCRIPT_SECONDS, is_idle=True, is_waiting=True)
    assert ending.is_due(1.0 + 2 * TRANSCRIPT_SECONDS, is_idle=True, is_waiting=True)


def test_it_says_how_it_ended() -> None:
    closing = Closing()
    closing.begin(Finish(Cause.LOST, "gone"))
    assert closing.has_begun
    assert closing.end == Finish(Cause.LOST, "gone")
