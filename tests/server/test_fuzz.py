"""Whatever a client sends, in whatever order: the session stays whole, and every answer is a well-formed event."""

from __future__ import annotations

import gc
import json
from typing import Any

import pytest
from client_messages import EVENTS, GARBAGE, sequences
from client_values import as_text
from dialect_messages import talks
from fuzzed_session import HELD, hold
from hypothesis import given, settings
from hypothesis import strategies as st

SESSIONS = 40
"""How many are held in each test: a few seconds of them. `make fuzz` holds thousands."""


@settings(max_examples=SESSIONS, deadline=None)
@given(talks(12))
def test_nothing_that_is_sent_breaks_a_session(talk: tuple[str | None, list[str | bytes]]) -> None:
    named, frames = talk
    hold(frames, named)


@settings(max_examples=SESSIONS, deadline=None)
@given(frames=st.lists(st.one_of(*EVENTS.values()).map(as_text), min_size=8, max_size=30))
def test_no_order_of_events_breaks_a_session(frames: list[str | bytes]) -> None:
    hold(frames)


@settings(max_examples=SESSIONS, deadline=None)
@given(frames=st.lists(GARBAGE, min_size=1, max_size=5))
def test_every_piece_of_garbage_is_answered_with_an_error(frames: list[str | bytes]) -> None:
    errors = [event for event in hold(frames) if event["type"] == "error"]
    assert len(errors) == len(frames) + 1  # and the last word


@pytest.mark.parametrize("kind", EVENTS)
def test_the_event_in_error_is_named(kind: str) -> None:
    frame: dict[str, Any] = {"type": kind, "event_id": "mine"}
    for wrong in (
        {**frame, "event_id": 5},
        {**frame, "audio": [], "session": 1, "item": 2, "item_id": 3, "response": 4},
    ):
        errors = [event["error"] for event in hold([json.dumps(wrong)]) if event["type"] == "error"]
        for error in errors[:-1]:
            assert isinstance(error, dict)
            assert error["event_id"] in ("mine", None)


@settings(max_examples=10, deadline=None)
@given(frames=sequences(12))
def test_a_session_that_is_over_leaves_nothing_behind(frames: list[str | bytes]) -> None:
    hold(frames)
    gc.collect()
    assert list(HELD) == []
