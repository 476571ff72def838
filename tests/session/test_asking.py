from __future__ import annotations

import pytest

from realtime_chat.protocol.client_events import ResponseCreate
from realtime_chat.protocol.server_events import ErrorDetails
from realtime_chat.session.asking import Asking
from realtime_chat.session.effects import Effect, Send
from realtime_chat.session.responses import ASKED_SECONDS, ResponseSlot
from realtime_chat.session.settings import Settings
from realtime_chat.session.tool_calls import ToolCalls


@pytest.fixture
def slot() -> ResponseSlot:
    return ResponseSlot()


@pytest.fixture
def asking(slot: ResponseSlot) -> Asking:
    return Asking(slot, ToolCalls(Settings()))


def ids(effects: list[Effect]) -> list[object]:
    return [effect.event.event_id for effect in effects if isinstance(effect, Send)]


def refusal(event_id: str | None) -> ErrorDetails:
    return ErrorDetails(type="invalid_request_error", code="x", message="", event_id=event_id)


def test_one_is_asked_for_at_a_time(asking: Asking, slot: ResponseSlot) -> None:
    first = asking.ask(0.0)
    assert isinstance(first[0], Send)
    assert isinstance(first[0].event, ResponseCreate)
    assert ids(first) == ["ask_1"]
    assert asking.ask(1.0) == []
    slot.begun("r1", 2.0)
    assert slot.over("r1", 3.0)
    assert ids(asking.asking(3.0)) == ["ask_2"]


@pytest.mark.parametrize("event_id", [None, "ask_1"])
def test_a_refusal_lets_the_next_one_through(asking: Asking, event_id: str | None) -> None:
    asking.ask(0.0)
    asking.ask(0.5)
    assert ids(asking.refused(refusal(event_id), 1.0)) == ["ask_2"]
    assert asking.refused(refusal("ask_2"), 2.0) == []
    assert ids(asking.ask(3.0)) == ["ask_3"]


def test_an_error_about_something_else_is_no_refusal(asking: Asking) -> None:
    asking.ask(0.0)
    asking.ask(0.5)
    assert asking.refused(refusal("update_1"), 1.0) == []


def test_what_is_owed_is_asked_for_once(asking: Asking) -> None:
    assert asking.settle(0.0) == []
    asking.owe(1.0)
    assert ids(asking.settle(2.0)) == ["ask_1"]
    assert asking.settle(3.0) == []


def test_what_is_forgiven_is_not_asked_for(asking: Asking) -> None:
    asking.owe(1.0)
    asking.forgive()
    assert asking.overdue(1.0 + 2 * ASKED_SECONDS) == []
    assert asking.settle(2.0) == []


def test_what_is_owed_does_not_wait_without_an_end(asking: Asking) -> None:
    assert asking.overdue(9 * ASKED_SECONDS) == []
    asking.owe(1.0)
    assert asking.overdue(1.0 + ASKED_SECONDS) == []
    assert ids(asking.overdue(2.0 + ASKED_SECONDS)) == ["ask_1"]
