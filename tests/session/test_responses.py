"""What the flows in test_machine do not reach."""

from __future__ import annotations

from realtime_chat.session.responses import ResponseSlot


def test_an_answer_that_was_asked_for_comes_before_one_that_is_expected() -> None:
    slot = ResponseSlot()
    assert slot.ask(0)
    slot.begun("r1", 0)
    assert not slot.ask(0)
    slot.expect(0)
    assert slot.over("r1", 0)


def test_an_expected_answer_need_not_wait_to_be_asked_for() -> None:
    slot = ResponseSlot()
    slot.expect(0)
    assert slot.ask(0)
    assert not slot.is_free


def test_an_answer_that_begins_early_is_the_expected_one() -> None:
    slot = ResponseSlot()
    slot.begun("r1", 0)
    slot.interrupt(0, by_server=True)
    slot.expect(0)
    slot.begun("r2", 0)
    assert not slot.over("r2", 0)
    assert slot.is_free


def test_a_server_that_is_busy_with_what_nobody_asked_for() -> None:
    slot = ResponseSlot()
    slot.busy(0)
    assert slot.is_free
    slot.begun("r1", 0)
    slot.interrupt(0, by_server=False)
    slot.busy(0)
    assert not slot.is_pending
    assert not slot.over("r1", 0)


def test_a_busy_server_is_asked_again_when_what_it_was_busy_with_is_done() -> None:
    slot = ResponseSlot()
    assert slot.ask(0)
    slot.busy(0)
    assert slot.over("theirs", 0)


def test_nothing_is_refused_where_nothing_was_asked() -> None:
    slot = ResponseSlot()
    assert not slot.refused(0)
    assert slot.overdue(1e9) is None
    assert slot.interrupt(0, by_server=False) is None
    assert slot.active_id is None
    slot.begun("r1", 0)
    assert slot.active_id == "r1"
    assert not slot.over("r0", 0)
