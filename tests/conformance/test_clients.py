"""Stock clients, unchanged, hold conversations with the server: they cannot tell it from the real one.

What is said is looked at only where the engines are scripted.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

LETTER_MS = 60
"""How long the scripted voice takes for a letter."""

PLAYED_MS = 1_200
"""How much of an answer is heard before it is interrupted (see clients/driver.py)."""

BYTES_OF_MS = 48

HEARD = re.compile(r"I heard \d\.\d seconds of speech\.")

WHOLE = {"scripted": {"completed"}, "real": {"completed", "incomplete"}}
"""How answers may end that nobody interrupts: a model may come to the limit of its tokens."""

FIRST_SAID = {"pipecat": ["You said: Say hello."]}
"""What the model says before a spoken turn, of a client whose sessions begin with that."""


@pytest.fixture
def conversation(request: pytest.FixtureRequest, converse: Callable[[str], Any], client: str) -> Any:
    """The conversation of the test's scene, which the client came to the end of."""
    scene = request.node.get_closest_marker("scene").args[0]
    held = converse(client)[scene]
    assert held.failure is None, f"{held.report}\n{held.failure}"
    return held


def of(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in events if event["type"] == kind]


def sound(events: list[dict[str, Any]]) -> int:
    """Bytes of sound among events of the server."""
    return sum(len(base64.b64decode(event["delta"])) for event in of(events, "response.output_audio.delta"))


def statuses(conversation: Any) -> set[str]:
    """How the server's responses ended."""
    return {event["response"]["status"] for event in of(conversation.wire.server_events, "response.done")}


@pytest.mark.scene("voice")
def test_a_spoken_turn(conversation, client, engines):
    (heard,) = conversation.report["heard"]
    said = conversation.report["said"]
    first = FIRST_SAID.get(client, [])
    assert heard
    assert len(said) == len(first) + 1
    assert all(said)
    assert conversation.report["audio_bytes"] == sound(conversation.wire.server_events) > 0
    assert conversation.report["errors"] == []
    assert statuses(conversation) <= WHOLE[engines]
    if engines == "scripted":
        assert HEARD.fullmatch(heard)
        assert said == [*first, f"You said: {heard}"]
        assert conversation.report["audio_bytes"] == sum(map(len, said)) * LETTER_MS * BYTES_OF_MS


@pytest.mark.scene("text")
def test_a_typed_turn(conversation, engines):
    (said,) = conversation.report["said"]
    assert said
    assert conversation.report["errors"] == []
    assert statuses(conversation) <= WHOLE[engines]
    if engines == "scripted":
        assert said == "You said: Say hello."


@pytest.mark.scene("barge_in")
def test_an_answer_that_is_interrupted_ends_where_it_was_heard_to(conversation, client, engines):
    whole, after = conversation.report["said"]
    (heard,) = conversation.report["heard"]
    assert all([whole, after, heard])
    (truncated,) = of(conversation.wire.server_events, "conversation.item.truncated")
    cut_ms = truncated["audio_end_ms"]
    sent = [event for event in conversation.wire.server_events if event.get("item_id") == truncated["item_id"]]
    assert PLAYED_MS <= cut_ms < sound(sent) / BYTES_OF_MS
    if conversation.report["cut_ms"] is not None:
        assert cut_ms == conversation.report["cut_ms"]
    kept = conversation.report["kept"]
    if client != "livekit":  # which never asks what is left
        assert kept
        assert whole.startswith(kept)
        assert len(kept) < len(whole)
    assert conversation.report["errors"] == []
    assert statuses(conversation) <= WHOLE[engines]
    if engines == "scripted":
        assert whole.endswith("number 6 of a long answer.")
        assert HEARD.fullmatch(after.removeprefix("You said: "))
        if kept:
            word = len(whole[len(kept) :].split()[0]) + 1
            assert cut_ms - word * LETTER_MS <= len(kept) * LETTER_MS <= cut_ms + word * LETTER_MS


@pytest.mark.scene("function")
def test_a_function_is_called_and_its_result_answered(conversation, engines):
    ((name, arguments),) = conversation.report["calls"]
    assert name == "get_weather"
    assert arguments.keys() == {"city", "days"}
    assert isinstance(arguments["city"], str)
    assert isinstance(arguments["days"], int)
    (result,) = [
        event["item"]
        for event in of(conversation.wire.client_events, "conversation.item.create")
        if event["item"]["type"] == "function_call_output"
    ]
    (call,) = [
        event["item"]
        for event in of(conversation.wire.server_events, "response.output_item.done")
        if event["item"]["type"] == "function_call"
    ]
    assert result["call_id"] == call["call_id"]
    assert json.loads(call["arguments"]) == arguments
    assert "sunny" in result["output"]
    (said,) = conversation.report["said"]
    assert said
    assert conversation.report["errors"] == []
    assert statuses(conversation) <= WHOLE[engines]
    if engines == "scripted":
        assert said == f"The tool get_weather said: {result['output']}"


@pytest.mark.scene("error")
def test_a_mistake_is_told_and_the_session_goes_on(conversation, client, engines):
    (error,) = conversation.report["errors"]
    code = "item_retrieve" if client == "pipecat" else "item_truncate" if client == "livekit" else "item_delete"
    assert error.startswith(f"{code}_invalid_item_id: ")
    (said,) = conversation.report["said"]
    assert said
    for event in of(conversation.wire.server_events, "error"):
        named = [sent for sent in conversation.wire.client_events if sent.get("event_id") == event["error"]["event_id"]]
        assert event["error"]["event_id"] is None or len(named) == 1
    assert statuses(conversation) <= WHOLE[engines]
    if engines == "scripted":
        assert said == "You said: Say hello."
