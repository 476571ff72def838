"""Stock clients, unchanged, hold conversations with the server: they cannot tell it from the real one."""

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

CLIENTS = ["openai", "openai-agents", "agents-realtime", "livekit", "pipecat"]
HEARD = re.compile(r"I heard \d\.\d seconds of speech\.")

FIRST_SAID = {"pipecat": ["You said: Say hello."]}
"""What the model says before a spoken turn, of a client whose sessions begin with that."""

pytestmark = pytest.mark.parametrize("client", CLIENTS)


@pytest.fixture
def held(converse: Callable[[str], Any], client: str) -> Callable[[str], Any]:
    """Gives a conversation that the client came to the end of."""

    def hold(scene: str) -> Any:
        conversation = converse(client)[scene]
        assert conversation.failure is None, f"{conversation.report}\n{conversation.failure}"
        return conversation

    return hold


def of(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in events if event["type"] == kind]


def sound(events: list[dict[str, Any]]) -> int:
    """Bytes of sound among events of the server."""
    return sum(len(base64.b64decode(event["delta"])) for event in of(events, "response.output_audio.delta"))


def test_a_spoken_turn(held, client):
    conversation = held("voice")
    (heard,) = conversation.report["heard"]
    assert HEARD.fullmatch(heard)
    said = [*FIRST_SAID.get(client, []), f"You said: {heard}"]
    assert conversation.report["said"] == said
    assert conversation.report["audio_bytes"] == sound(conversation.wire.server_events)
    assert conversation.report["audio_bytes"] == sum(map(len, said)) * LETTER_MS * 48
    assert conversation.report["errors"] == []


def test_a_typed_turn(held):
    conversation = held("text")
    assert conversation.report["said"] == ["You said: Say hello."]
    assert conversation.report["errors"] == []


def test_an_answer_that_is_interrupted_ends_where_it_was_heard_to(held, client):
    conversation = held("barge_in")
    whole, after = conversation.report["said"]
    assert whole.endswith("number 6 of a long answer.")
    assert HEARD.fullmatch(after.removeprefix("You said: "))
    (truncated,) = of(conversation.wire.server_events, "conversation.item.truncated")
    cut_ms = truncated["audio_end_ms"]
    assert PLAYED_MS <= cut_ms < len(whole) * LETTER_MS
    if conversation.report["cut_ms"] is not None:
        assert cut_ms == conversation.report["cut_ms"]
    if client != "livekit":  # which never asks what is left
        kept = conversation.report["kept"]
        assert kept
        assert whole.startswith(kept)
        word = len(whole[len(kept) :].split()[0]) + 1
        assert cut_ms - word * LETTER_MS <= len(kept) * LETTER_MS <= cut_ms + word * LETTER_MS
    assert conversation.report["errors"] == []


def test_a_function_is_called_and_its_result_answered(held):
    conversation = held("function")
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
    assert conversation.report["said"] == [f"The tool get_weather said: {result['output']}"]
    assert conversation.report["errors"] == []


def test_a_mistake_is_told_and_the_session_goes_on(held, client):
    conversation = held("error")
    (error,) = conversation.report["errors"]
    code = "item_retrieve" if client == "pipecat" else "item_truncate" if client == "livekit" else "item_delete"
    assert error.startswith(f"{code}_invalid_item_id: ")
    assert conversation.report["said"] == ["You said: Say hello."]
    for event in of(conversation.wire.server_events, "error"):
        named = [sent for sent in conversation.wire.client_events if sent.get("event_id") == event["error"]["event_id"]]
        assert event["error"]["event_id"] is None or len(named) == 1
