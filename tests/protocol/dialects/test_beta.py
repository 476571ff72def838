"""The beta against section B of what is known of it, against its official types, and against itself."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from json_of import ANYTHING, TEXT, json_of
from openai.types.beta.realtime import RealtimeClientEvent, RealtimeServerEvent
from pydantic import TypeAdapter

from realtime_chat.protocol.client_events import AnyClientEvent
from realtime_chat.protocol.codec import CLIENT_EVENT_TYPES, SERVER_EVENT_TYPES
from realtime_chat.protocol.dialects.beta import BETA, EVENTS, BetaMemory, recognised
from realtime_chat.protocol.items import MessageItem
from realtime_chat.protocol.response_events import ResponseDone
from realtime_chat.protocol.server_events import AnyServerEvent, SessionCreated

PCM = {"type": "audio/pcm", "rate": 24_000}
GA_SESSION = {
    "type": "realtime",
    "id": "sess_1",
    "object": "realtime.session",
    "model": "m",
    "instructions": "Be brief.",
    "output_modalities": ["audio"],
    "max_output_tokens": "inf",
    "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}],
    "tool_choice": "auto",
    "tracing": None,
    "audio": {
        "input": {
            "format": PCM,
            "transcription": {"model": "whisper-1"},
            "noise_reduction": {"type": "near_field"},
            "turn_detection": {"type": "server_vad", "threshold": 0.5},
        },
        "output": {"format": {"type": "audio/pcmu"}, "voice": "alloy", "speed": 1.0},
    },
}
BETA_SESSION = {
    "id": "sess_1",
    "object": "realtime.session",
    "model": "m",
    "instructions": "Be brief.",
    "modalities": ["text", "audio"],
    "max_response_output_tokens": "inf",
    "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}],
    "tool_choice": "auto",
    "tracing": None,
    "input_audio_format": "pcm16",
    "input_audio_transcription": {"model": "whisper-1"},
    "input_audio_noise_reduction": {"type": "near_field"},
    "turn_detection": {"type": "server_vad", "threshold": 0.5},
    "output_audio_format": "g711_ulaw",
    "voice": "alloy",
    "speed": 1.0,
}


def one(frames: list[dict[str, Any]]) -> dict[str, Any]:
    assert len(frames) == 1
    return frames[0]


def client(event: dict[str, Any]) -> dict[str, Any]:
    """What a client's GA event is after it went through the beta."""
    return one(BETA.server_in(one(BETA.client_out(event, BetaMemory())), BetaMemory()))


def server(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a server's GA events are after they went through the beta."""
    ours, theirs = BetaMemory(), BetaMemory()
    frames = [frame for event in events for frame in BETA.server_out(event, ours)]
    return [event for frame in frames for event in BETA.client_in(frame, theirs)]


# What section B names


def test_a_session_is_flat():
    update = {"type": "session.update", "event_id": "e", "session": GA_SESSION}
    assert one(BETA.client_out(update, BetaMemory())) == update | {"session": BETA_SESSION}
    assert one(BETA.server_in(update | {"session": BETA_SESSION}, BetaMemory())) == update


@pytest.mark.parametrize("name", ["session.created", "session.updated"])
def test_a_session_is_reported_flat(name):
    event = {"type": name, "event_id": "e", "session": GA_SESSION}
    assert BETA.server_out(event, BetaMemory())[0] == event | {"session": BETA_SESSION}
    assert one(BETA.client_in(event | {"session": BETA_SESSION}, BetaMemory())) == event


def test_temperature_is_left_out():
    for name, field in (("session.update", "session"), ("response.create", "response")):
        made = one(BETA.server_in({"type": name, field: {"temperature": 0.8, "voice": "x"}}, BetaMemory()))
        assert "temperature" not in made[field]
        assert made[field]["audio"]["output"]["voice"] == "x"


@pytest.mark.parametrize(
    ("beta", "ga"),
    [
        ("response.text.delta", "response.output_text.delta"),
        ("response.text.done", "response.output_text.done"),
        ("response.audio.delta", "response.output_audio.delta"),
        ("response.audio.done", "response.output_audio.done"),
        ("response.audio_transcript.delta", "response.output_audio_transcript.delta"),
        ("response.audio_transcript.done", "response.output_audio_transcript.done"),
    ],
)
def test_events_have_other_names(beta, ga):
    place = {"event_id": "e", "response_id": "r", "item_id": "i", "output_index": 0, "content_index": 0}
    assert BETA.server_out({"type": ga} | place, BetaMemory()) == [{"type": beta} | place]
    assert BETA.client_in({"type": beta} | place, BetaMemory()) == [{"type": ga} | place]
    assert EVENTS[beta] == ga


def test_a_session_is_followed_by_its_conversation():
    memory = BetaMemory()
    session, conversation = BETA.server_out({"type": "session.created", "event_id": "e", "session": GA_SESSION}, memory)
    assert session["event_id"] != conversation["event_id"]
    assert conversation["type"] == "conversation.created"
    assert conversation["conversation"] == {"id": "conv_1", "object": "realtime.conversation"}
    answer = {"type": "response.created", "response": {"id": "r", "conversation_id": "conv_other"}}
    assert one(BETA.server_out(answer, memory))["response"]["conversation_id"] == "conv_1"
    answer["response"]["conversation_id"] = None
    assert one(BETA.server_out(answer, memory))["response"]["conversation_id"] is None


@pytest.mark.parametrize(("ga", "beta"), [("output_text", "text"), ("output_audio", "audio")])
def test_content_of_the_assistant(ga, beta):
    def item(kind: str) -> dict[str, Any]:
        return {"type": "message", "role": "assistant", "content": [{"type": kind, "text": "Hi"}]}

    events = [
        ("conversation.item.create", "item", item),
        ("response.create", "response", lambda kind: {"input": [item(kind)]}),
    ]
    for name, field, make in events:
        assert one(BETA.client_out({"type": name, field: make(ga)}, BetaMemory()))[field] == make(beta)
        assert one(BETA.server_in({"type": name, field: make(beta)}, BetaMemory()))[field] == make(ga)
    for name in ("conversation.item.retrieved", "response.output_item.added", "response.output_item.done"):
        assert BETA.server_out({"type": name, "item": item(ga)}, BetaMemory()) == [{"type": name, "item": item(beta)}]
        assert BETA.client_in({"type": name, "item": item(beta)}, BetaMemory()) == [{"type": name, "item": item(ga)}]
    done = {"type": "response.done", "response": {"id": "r", "output": [item(ga)]}}
    assert one(BETA.server_out(done, BetaMemory()))["response"]["output"] == [item(beta)]
    assert server([done]) == [done]


def test_content_of_the_person_and_parts_of_answers_are_the_same():
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
    create = {"type": "conversation.item.create", "item": item}
    assert BETA.client_out(create, BetaMemory()) == [create]
    part = {"type": "response.content_part.added", "part": {"type": "audio", "transcript": ""}}
    assert BETA.server_out(part, BetaMemory()) == [part]


def test_the_answer_is_flat():
    answer = {"id": "r", "output_modalities": ["audio"], "max_output_tokens": 7}
    answer["audio"] = {"output": {"format": PCM, "voice": "ash"}}
    flat = {"id": "r", "modalities": ["text", "audio"], "max_output_tokens": 7}
    flat |= {"output_audio_format": "pcm16", "voice": "ash"}
    for name in ("response.created", "response.done"):
        assert BETA.server_out({"type": name, "response": answer}, BetaMemory()) == [{"type": name, "response": flat}]
        assert server([{"type": name, "response": answer}]) == [{"type": name, "response": answer}]
    asked = {"type": "response.create", "response": flat | {"max_response_output_tokens": 7}}
    del asked["response"]["max_output_tokens"], asked["response"]["id"]
    wanted = {key: value for key, value in answer.items() if key != "id"}
    assert one(BETA.server_in(asked, BetaMemory()))["response"] == wanted
    assert one(BETA.client_out({"type": "response.create", "response": wanted}, BetaMemory())) == asked


def test_a_transcription_session_has_events_of_its_own():
    session = {"type": "transcription", "audio": {"input": {"format": {"type": "audio/pcma"}, "turn_detection": None}}}
    flat = {"input_audio_format": "g711_alaw", "turn_detection": None}
    update = one(BETA.client_out({"type": "session.update", "session": session}, BetaMemory()))
    assert update == {"type": "transcription_session.update", "session": flat}
    assert one(BETA.server_in(update, BetaMemory())) == {"type": "session.update", "session": session}
    updated = one(BETA.server_out({"type": "session.updated", "session": session}, BetaMemory()))
    assert updated == {"type": "transcription_session.updated", "session": flat}
    assert one(BETA.client_in(updated, BetaMemory())) == {"type": "session.updated", "session": session}


USER = {"id": "u", "type": "message", "role": "user", "status": "completed", "content": []}
SPOKEN = {"id": "a", "type": "message", "role": "assistant", "status": "in_progress", "content": []}


def events_of(item: dict[str, Any], name: str, event_id: str) -> dict[str, Any]:
    return {"type": f"conversation.item.{name}", "event_id": event_id, "previous_item_id": None, "item": item}


def test_an_item_is_announced_once():
    ga = [events_of(USER, "added", "1"), events_of(USER, "done", "2")]
    frames = [frame for event in ga for frame in BETA.server_out(event, BetaMemory())]
    assert frames == [events_of(USER, "created", "1")]
    assert server(ga) == [ga[0], ga[1] | {"event_id": "1_item"}]


def test_an_item_that_is_being_made_is_done_when_its_answer_says_so():
    made = SPOKEN | {"status": "completed", "content": [{"type": "output_text", "text": "Hi"}]}
    done = {"type": "response.output_item.done", "event_id": "3", "response_id": "r", "output_index": 0, "item": made}
    ga = [events_of(SPOKEN, "added", "1"), events_of(made, "done", "2"), done]
    assert server(ga) == [ga[0], ga[1] | {"event_id": "3_item"}, done]
    assert server([done]) == [done]  # out of band: no item of the conversation


def test_a_server_that_completes_nothing_fills_no_memory():
    memory = BetaMemory()
    for number in range(3_000):
        BETA.client_in(events_of(SPOKEN | {"id": f"a{number}"}, "created", "e"), memory)
    assert len(memory.open_items) <= 1_000
    assert "a2999" in memory.open_items


def test_a_vendor_that_leaves_the_status_out():
    bare = {"id": "x", "type": "message", "role": "user", "content": []}
    names = [event["type"] for event in BETA.client_in(events_of(bare, "created", "e"), BetaMemory())]
    assert names == ["conversation.item.added", "conversation.item.done"]
    bare["role"] = "assistant"
    names = [event["type"] for event in BETA.client_in(events_of(bare, "created", "e"), BetaMemory())]
    assert names == ["conversation.item.added"]


@pytest.mark.parametrize(
    ("ga", "beta"),
    [
        ("session.audio.output.speed", "session.speed"),
        ("session.audio.input.turn_detection.threshold", "session.turn_detection.threshold"),
        ("session.max_output_tokens", "session.max_response_output_tokens"),
        ("response.output_modalities", "response.modalities"),
        ("session.tools[0].name", "session.tools[0].name"),
        ("item.id", "item.id"),
    ],
)
def test_errors_name_the_field_that_the_client_wrote(ga, beta):
    message = "Invalid '{}': it is 7. Say 'x'."
    error = {"type": "error", "error": {"code": "invalid_value", "message": message.format(ga), "param": ga}}
    told = one(BETA.server_out(error, BetaMemory()))["error"]
    assert (told["param"], told["message"]) == (beta, message.format(beta))
    assert server([error]) == [error]


def test_what_the_beta_cannot_say_stays_and_is_refused_elsewhere():
    update = {
        "type": "session.update",
        "session": {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 8000}}}},
    }
    flat = one(BETA.client_out(update, BetaMemory()))["session"]
    assert flat == {"input_audio_format": {"type": "audio/pcm", "rate": 8000}}
    wrong = {"type": "session.update", "session": {"input_audio_format": "mp3"}}
    assert one(BETA.server_in(wrong, BetaMemory()))["session"]["audio"]["input"]["format"] == {"type": "mp3"}


@pytest.mark.parametrize("frame", [{"type": "transcription_session.update"}, {"type": "session.update", "session": 5}])
def test_what_is_missing_is_left_to_be_refused(frame):
    assert one(BETA.server_in(frame, BetaMemory())) == frame | {"type": "session.update"}


def test_odd_values_stay():
    wrong = {"type": "session.update", "session": {"input_audio_format": 5}}
    assert one(BETA.server_in(wrong, BetaMemory()))["session"]["audio"]["input"]["format"] == 5
    nameless = events_of({"type": "message", "role": "assistant", "content": []}, "created", "e")
    assert len(BETA.client_in(nameless, BetaMemory())) == 1


def test_what_is_in_gas_shape_already_stays():
    update = {"type": "session.update", "session": {"type": "realtime", "audio": {"input": {"turn_detection": None}}}}
    assert BETA.server_in(update, BetaMemory()) == [update]
    mixed = {"type": "session.update", "session": {"audio": {"input": {"turn_detection": None}}, "voice": "x"}}
    audio = {"input": {"turn_detection": None}, "output": {"voice": "x"}}
    assert one(BETA.server_in(mixed, BetaMemory()))["session"] == {"type": "realtime", "audio": audio}


# Who speaks it


@pytest.mark.parametrize(
    ("frame", "is_beta"),
    [
        ({"type": "session.update", "session": {"modalities": ["text"]}}, True),
        ({"type": "session.update", "session": {"turn_detection": None}}, True),
        ({"type": "session.update", "session": {"temperature": 0.8}}, True),
        ({"type": "session.update", "session": {"instructions": "x"}}, False),
        ({"type": "session.update", "session": {"type": "realtime", "voice": "x"}}, False),
        ({"type": "session.update", "session": {"voice": "x", "audio": {}}}, False),
        ({"type": "session.update", "session": []}, False),
        ({"type": "transcription_session.update"}, True),
        ({"type": "response.create", "response": {"modalities": ["text"]}}, True),
        ({"type": "response.create", "response": {}}, False),
        ({"type": "conversation.item.create", "item": {"role": "assistant", "content": [{"type": "text"}]}}, True),
        ({"type": "conversation.item.create", "item": {"role": "user", "content": [{"type": "text"}]}}, False),
        ({"type": "conversation.item.create", "item": {"role": "assistant", "content": [{"type": []}, 1]}}, False),
        ({"type": "response.create"}, False),
        ({}, False),
    ],
)
def test_a_frame_gives_it_away(frame, is_beta):
    assert recognised(frame) is is_beta


# Properties


FORMATS = [PCM, {"type": "audio/pcmu"}, {"type": "audio/pcma"}]


def _at(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def sayable(event: dict[str, Any]) -> dict[str, Any]:
    """Give an event without what the beta has no words for, and with what it cannot leave out."""
    event = copy.deepcopy(event)
    for body in filter(None, (event.get("session"), event.get("response"))):
        is_heard_only = body.get("type") == "transcription"
        is_session = body is event.get("session")
        news = () if is_heard_only else ("parallel_tool_calls", "reasoning", "prompt")
        for name in (*news, *(("truncation", "include") if is_session and not is_heard_only else ())):
            body.pop(name, None)
        if body.get("output_modalities") not in (["audio"], ["text"]):
            body.pop("output_modalities", None)
        _heard(_at(body, "audio", "input") or {})
        spoken = _at(body, "audio", "output") or {}
        if "format" in spoken and spoken["format"] not in FORMATS:
            spoken["format"] = PCM
        if event["type"].startswith("response."):
            spoken.pop("speed", None)
        if is_heard_only:
            (body.get("audio") or {}).pop("output", None)
        for side in ("input", "output"):
            if _at(body, "audio", side) == {}:
                del body["audio"][side]
        if body.get("audio") == {}:
            del body["audio"]
    if isinstance(event.get("error"), dict):
        event["error"].pop("param", None)  # their paths have tests of their own
    return event


def _heard(heard: dict[str, Any]) -> None:
    if "format" in heard and heard["format"] not in FORMATS:
        heard["format"] = PCM
    for name, known in (("transcription", {"model", "language", "prompt"}), ("noise_reduction", {"type"})):
        if isinstance(heard.get(name), dict):
            heard[name] = {key: value for key, value in heard[name].items() if key in known}
    if isinstance(heard.get("turn_detection"), dict):
        heard["turn_detection"].pop("idle_timeout_ms", None)


@given(json_of(AnyClientEvent).map(sayable))
def test_a_clients_event_survives_the_beta(event):
    assert client(event) == event


SEVERAL = {"session.created", "conversation.item.added", "conversation.item.done", "conversation.item.created"}


@given(json_of(AnyServerEvent).filter(lambda event: event["type"] not in SEVERAL).map(sayable))
def test_a_servers_event_survives_the_beta(event):
    assert server([event]) == [event]


@given(json_of(SessionCreated).map(sayable))
def test_the_first_event_survives_the_beta(event):
    event["session"]["type"] = "realtime"  # of a session that is created the beta does not say which it is
    event = sayable(event)
    assert server([event])[0] == event


@given(json_of(MessageItem), TEXT, TEXT)
def test_an_item_survives_the_beta(item, item_id, event_id):
    item |= {"id": item_id, "status": "completed"}
    ga = [events_of(item, "added", event_id), events_of(item, "done", f"{event_id}_item")]
    assert server(ga) == ga


FRAMES = st.one_of(
    json_of(AnyClientEvent),
    json_of(AnyServerEvent),
    st.fixed_dictionaries(
        {"type": st.sampled_from(sorted(BETA.client_words | BETA.server_words)) | ANYTHING},
        optional=dict.fromkeys(("session", "item", "response", "error", "event_id", "previous_item_id"), ANYTHING),
    ),
)


@given(FRAMES)
def test_anything_is_taken_and_nothing_changed(frame):
    before = copy.deepcopy(frame)
    for function in (BETA.client_out, BETA.client_in, BETA.server_in, BETA.server_out):
        assert all(isinstance(made, dict) for made in function(frame, BetaMemory()))
    assert recognised(frame) in (True, False)
    assert frame == before


@given(FRAMES)
def test_what_is_no_word_of_it_is_the_same_in_both(frame):
    kind = frame["type"] if isinstance(frame["type"], str) else ""
    if kind not in BETA.client_words:
        assert BETA.client_out(frame, BetaMemory()) == BETA.server_in(frame, BetaMemory()) == [frame]
    if kind not in BETA.server_words:
        assert BETA.server_out(frame, BetaMemory()) == BETA.client_in(frame, BetaMemory()) == [frame]


# The official types


@given(json_of(ResponseDone).map(sayable))
def test_an_answer_is_one_of_the_official_types(event):
    frame = one(BETA.server_out(event, BetaMemory()))
    assert "audio" not in frame["response"]
    assert "output_modalities" not in frame["response"]


def official(union: Any) -> set[str]:
    """The types of a union of the official SDK's."""
    schema = TypeAdapter(union).json_schema()
    return {
        definition["properties"]["type"]["const"] for definition in schema["$defs"].values() if _is_event(definition)
    }


def _is_event(definition: dict[str, Any]) -> bool:
    return "event_id" in definition.get("properties", {}) and "const" in definition["properties"].get("type", {})


def test_every_event_of_the_beta_is_known():
    ours = set(SERVER_EVENT_TYPES) | set(CLIENT_EVENT_TYPES)
    theirs = official(RealtimeServerEvent) | official(RealtimeClientEvent)
    assert len(theirs) > 40
    renamed = set(EVENTS) | {"transcription_session.update", "transcription_session.updated"}
    assert theirs - ours == renamed - ours
