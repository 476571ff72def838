from __future__ import annotations

import json
from typing import Any, Union, get_args, get_origin

import pytest
from openai.types.realtime import RealtimeResponseCreateParams, RealtimeSessionCreateRequest
from pydantic import BaseModel

from realtime_chat.protocol.client_events import ResponseCreate, SessionUpdate
from realtime_chat.protocol.codec import decode_client_event
from realtime_chat.protocol.errors import MAX_EVENT_ID, MalformedEvent
from realtime_chat.protocol.unknown_fields import unknown_field


def session(**fields: Any) -> dict[str, Any]:
    return {"type": "session.update", "session": {"type": "realtime", **fields}}


@pytest.mark.parametrize(
    ("event", "param"),
    [
        (session(input_audio_format="pcm16"), "session.input_audio_format"),
        (session(temperature=0.8), "session.temperature"),
        (session(audio={"input": {"codec": 1}}), "session.audio.input.codec"),
        (session(audio={"output": {"voice": {"id": "v", "name": "n"}}}), "session.audio.output.voice.name"),
        (
            session(audio={"input": {"turn_detection": {"type": "semantic_vad", "threshold": 1}}}),
            "session.audio.input.turn_detection.threshold",
        ),
        (session(truncation={"type": "retention_ratio", "retention_ratio": 1, "x": 1}), "session.truncation.x"),
        (session(tool_choice={"type": "function", "name": "f", "x": 1}), "session.tool_choice.x"),
        (session() | {"more": 1}, "more"),
        ({"type": "response.create", "response": {"modalities": ["text"]}}, "response.modalities"),
        ({"type": "response.create", "response": {"audio": {"output": {"speed": 1}}}}, "response.audio.output.speed"),
    ],
)
def test_a_field_that_nobody_knows_is_refused_by_its_path(event: dict[str, Any], param: str) -> None:
    with pytest.raises(MalformedEvent) as caught:
        decode_client_event(json.dumps(event | {"event_id": "mine"}))
    error = caught.value
    assert (error.code, error.param, error.event_id) == ("unknown_parameter", param, "mine")
    assert error.reason == f"Unknown parameter: '{param}'."


@pytest.mark.parametrize(
    "event",
    [
        session(tools=[{"type": "function", "name": "f", "strict": True}], tracing={"workflow_name": "w"}),
        session(audio={"input": {"format": {"type": "audio/pcmu", "rate": 8000}, "turn_detection": None}}),
        {
            "type": "response.create",
            "response": {
                "input": [{"type": "message", "role": "user", "content": [], "x": 1}],
                "metadata": {"x": "y"},
            },
        },
        {"type": "response.create", "response": None},
        {"type": "conversation.item.delete", "item_id": "a", "more": 1},
    ],
)
def test_what_stock_clients_send_beside_it_is_passed_over(event: dict[str, Any]) -> None:
    decode_client_event(json.dumps(event))


def examples(hint: Any) -> list[Any]:
    """Values of an official type, with every field of every model in one of them."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        fields = {name: examples(field.annotation) for name, field in hint.model_fields.items()}
        depth = max((len(values) for values in fields.values()), default=1)
        return [{name: values[min(i, len(values) - 1)] for name, values in fields.items()} for i in range(depth)]
    if get_origin(hint) is Union or type(hint).__name__ == "UnionType":
        return [value for inner in get_args(hint) if inner is not type(None) for value in examples(inner)]
    if str(get_origin(hint)).endswith("Annotated'>"):
        return examples(get_args(hint)[0])
    return list(get_args(hint)) if str(get_origin(hint)) == "typing.Literal" else [None]


@pytest.mark.parametrize(
    ("model", "kind", "key"),
    [
        (RealtimeSessionCreateRequest, SessionUpdate, "session"),
        (RealtimeResponseCreateParams, ResponseCreate, "response"),
    ],
)
def test_every_field_of_the_official_types_is_known(model: type[BaseModel], kind: Any, key: str) -> None:
    found = examples(model)
    assert {name for value in found for name in value} >= {"tools", "audio", "instructions"}
    for value in found:
        assert unknown_field({"type": "x", "event_id": "e", key: value}, kind) is None


def test_an_id_that_is_too_long() -> None:
    event = {"type": "input_audio_buffer.clear", "event_id": "e" * MAX_EVENT_ID}
    decode_client_event(json.dumps(event))
    with pytest.raises(MalformedEvent) as caught:
        decode_client_event(json.dumps(event | {"event_id": "e" * (MAX_EVENT_ID + 1)}))
    assert (caught.value.code, caught.value.param) == ("string_above_max_length", "event_id")
    assert caught.value.event_id == "e" * MAX_EVENT_ID
