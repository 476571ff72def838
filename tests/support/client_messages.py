"""Hypothesis strategies of what a client may send: the eleven events, what is nearly one, and garbage.

An example is a list of frames, each a ``str`` or ``bytes`` as it comes out of a WebSocket.
"""

from __future__ import annotations

import base64
import copy
import json
from typing import Any

from hypothesis import strategies as st
from synthetic_voice import silence, voice

Json = Any

_GIVEN = [f"item_{number}" for number in range(6)]
ITEMS = st.sampled_from([*_GIVEN, *_GIVEN, "mine", "yours", "root", "", "nö", "x" * 600])
"""Ids of items: such as the server of `fuzzed_session` gives, such as a client gives, and impossible ones."""

RESPONSES = st.sampled_from([*(f"resp_{number}" for number in range(12)), "nobody", ""])
EVENT_IDS = st.sampled_from([*(f"event_{letter}" for letter in "abcdefghi"), "x" * 513])
WORDS = st.sampled_from(["Hello", "Tell me a long story.", "", " ", "\x00\x1b[31m", "𝄞 ünïcödé", "ends."])


def _some(fields: dict[str, st.SearchStrategy[Json]], **required: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """An object with one of these fields, or with several, of which one is likely to be wrong."""
    one = [st.fixed_dictionaries({**required, name: value}) for name, value in fields.items()]
    return st.one_of(st.one_of(*one), st.fixed_dictionaries(required, optional=fields))


_SPEECH = base64.b64encode(silence(100) + voice(300)).decode()
_PAUSE = base64.b64encode(silence(800)).decode()
_TURN = base64.b64encode(silence(300) + voice(400) + silence(1_500)).decode()
_SOUNDS = [_TURN, _SPEECH, _SPEECH, _PAUSE, _PAUSE, "", "AAA=", "AAAAAA==", "A", "not base64!"]
SOUND = st.sampled_from(range(len(_SOUNDS))).map(lambda index: _SOUNDS[index])

SCHEMAS = st.sampled_from(
    [
        {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        {"type": "object", "properties": {"kind": {"enum": ["a", 1, None]}, "many": {"type": "array"}}},
        {"type": "object", "properties": {"deep": {"$ref": "#/$defs/deep"}}, "$defs": {"deep": {"type": "integer"}}},
        {"type": "object", "properties": {"loop": {"$ref": "#"}}, "required": ["loop"]},
        {"type": "object", "properties": {"n": {"type": "number", "minimum": 3, "maximum": 2}}, "required": ["n"]},
        {"type": "string", "pattern": "("},
        {"anyOf": [{"type": "null"}, {"type": "nothing"}]},
        {},
    ]
)
TOOLS = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("function"), "name": st.sampled_from(["get_weather", "stop", "", "no good name"])},
        optional={"description": WORDS, "parameters": SCHEMAS},
    ),
    st.just({"type": "mcp", "server_label": "x", "server_url": "http://127.0.0.1:1/"}),
)
CHOICES = st.sampled_from(
    ["none", "auto", "required", "many", {"type": "function", "name": "stop"}, {"type": "mcp", "server_label": "x"}]
)
FORMATS = st.sampled_from(
    [
        {"type": "audio/pcm", "rate": 24_000},
        {"type": "audio/pcm", "rate": 16_000},
        {"type": "audio/pcmu"},
        {"type": "audio/pcma"},
        {"type": "audio/flac"},
        "pcm16",
    ]
)
LIMITS = st.sampled_from(["inf", 1, 3, 4_096, 0, -1, 10**30, 1.5, "many"])
SPEEDS = st.sampled_from([0.25, 1, 1.5, 0, -1, 9, 1e308])
VOICES = st.sampled_from(["alloy", "tone", "", {"id": "voice_1"}, {"name": "x"}])
MODALITIES = st.sampled_from([["audio"], ["text"], ["audio"], ["text"], [], ["audio", "text"], ["smell"]])
TURNS = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {"type": st.just("server_vad")},
        optional={
            "threshold": st.sampled_from([0, 0.5, 1, 2, -1]),
            "prefix_padding_ms": st.sampled_from([0, 300, 10_000, -1, 10**9]),
            "silence_duration_ms": st.sampled_from([0, 100, 500, 10_000, -1, 10**9]),
            "idle_timeout_ms": st.sampled_from([None, 5_000, 6_000, 30_000, 0, -1]),
            "create_response": st.booleans(),
            "interrupt_response": st.booleans(),
        },
    ),
    st.fixed_dictionaries(
        {"type": st.just("semantic_vad")},
        optional={
            "eagerness": st.sampled_from(["low", "medium", "high", "auto", "keen"]),
            "create_response": st.booleans(),
            "interrupt_response": st.booleans(),
        },
    ),
    st.just({"type": "none"}),
)
INPUTS = _some(
    {
        "format": FORMATS,
        "turn_detection": TURNS,
        "transcription": st.sampled_from(
            [None, {"model": "m"}, {}, {"language": "en"}, {"delay": "low"}, {"delay": "none"}, "whisper-1"]
        ),
        "noise_reduction": st.sampled_from([None, {"type": "near_field"}, {"type": "windy"}]),
    },
)
OUTPUTS = _some({"format": FORMATS, "voice": VOICES, "speed": SPEEDS})

TRUNCATIONS = st.sampled_from(
    [
        "auto",
        "disabled",
        {"type": "retention_ratio", "retention_ratio": 0.5},
        {"type": "retention_ratio", "retention_ratio": 7},
        {"type": "retention_ratio", "retention_ratio": 0.5, "token_limits": {"post_instructions": -3}},
        "sometimes",
    ]
)
SESSIONS = _some(
    {
        "model": st.just("m"),
        "instructions": WORDS,
        "output_modalities": MODALITIES,
        "audio": _some({"input": INPUTS, "output": OUTPUTS}),
        "tools": st.lists(TOOLS, max_size=3),
        "tool_choice": CHOICES,
        "parallel_tool_calls": st.booleans(),
        "max_output_tokens": LIMITS,
        "truncation": TRUNCATIONS,
        "tracing": st.sampled_from([None, "auto", {"workflow_name": "x"}, {"workflow_name": 5}, {"a": "b"}]),
        "reasoning": st.sampled_from([None, {"effort": "low"}, {"effort": "heroic"}]),
        "prompt": st.sampled_from([None, {"id": "pmpt_1"}, {}]),
        "include": st.sampled_from([None, ["item.input_audio_transcription.logprobs"], ["everything"]]),
    },
    type=st.sampled_from(["realtime", "realtime", "realtime", "realtime", "transcription", "telepathy"]),
)

PARTS = st.one_of(
    st.fixed_dictionaries({"type": st.just("input_text"), "text": WORDS}),
    st.fixed_dictionaries({"type": st.just("output_text"), "text": WORDS}),
    st.fixed_dictionaries({"type": st.just("input_audio"), "audio": SOUND}, optional={"transcript": WORDS}),
    st.fixed_dictionaries({"type": st.just("output_audio"), "audio": SOUND}),
    st.just({"type": "input_image", "image_url": "data:image/png;base64,AAAA"}),
    st.just({"type": "input_scent"}),
)
NEW_IDS = {"id": ITEMS, "status": st.sampled_from(["completed", "incomplete", "gone"])}
_GOOD_ITEMS: list[dict[str, Json]] = [
    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Tell me a long story."}]},
    {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": _SPEECH}]},
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello."}]},
    {"type": "function_call", "call_id": "call_a", "name": "stop", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "call_a", "output": "stopped"},
    {"type": "function_call_output", "call_id": "call_0", "output": "sunny"},
]
GOOD_ITEMS = st.sampled_from(range(len(_GOOD_ITEMS))).map(lambda index: copy.deepcopy(_GOOD_ITEMS[index]))
"""Items that are taken, if the call is there that they are about."""

NEW_ITEMS = st.one_of(
    GOOD_ITEMS,
    GOOD_ITEMS,
    st.fixed_dictionaries(
        {
            "type": st.just("message"),
            "role": st.sampled_from(["user", "user", "assistant", "system", "tool"]),
            "content": st.lists(PARTS, max_size=3),
        },
        optional=NEW_IDS,
    ),
    st.fixed_dictionaries(
        {"type": st.just("function_call"), "name": WORDS, "arguments": WORDS},
        optional={**NEW_IDS, "call_id": st.sampled_from(["call_0", "call_a", ""])},
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("function_call_output"),
            "call_id": st.sampled_from([*(f"call_{number}" for number in range(4)), "call_a", ""]),
            "output": WORDS,
        },
        optional=NEW_IDS,
    ),
    st.just({"type": "mcp_approval_response", "approval_request_id": "x", "approve": True}),
    st.just({"type": "item_reference", "id": "item_1"}),
)
ANSWERS = _some(
    {
        "output_modalities": MODALITIES,
        "instructions": st.one_of(WORDS, st.none()),
        "audio": st.fixed_dictionaries({"output": OUTPUTS}),
        "conversation": st.sampled_from(["auto", "none", "none", "mine"]),
        "input": st.lists(
            st.one_of(NEW_ITEMS, st.fixed_dictionaries({"type": st.just("item_reference"), "id": ITEMS})), max_size=3
        ),
        "metadata": st.sampled_from([None, {"a": "b"}, {"a": 1}, {str(n): "x" for n in range(17)}]),
        "max_output_tokens": LIMITS,
        "tools": st.lists(TOOLS, max_size=2),
        "tool_choice": CHOICES,
        "parallel_tool_calls": st.booleans(),
        "reasoning": st.just({"effort": "low"}),
        "prompt": st.sampled_from([None, {"id": "pmpt_1"}, {}]),
    },
)
COUNTS = st.sampled_from([0, 0, 1, 200, 1_500, 10**7, -1, 2**63, 10**30, 0.5])


def _event(kind: str, required: dict[str, st.SearchStrategy[Json]] | None = None, **optional: Any) -> Any:
    return st.fixed_dictionaries(
        {"type": st.just(kind), **(required or {})}, optional={**optional, "event_id": EVENT_IDS}
    )


EVENTS: dict[str, st.SearchStrategy[dict[str, Json]]] = {
    "session.update": _event("session.update", {"session": SESSIONS}),
    "input_audio_buffer.append": _event("input_audio_buffer.append", {"audio": SOUND}),
    "input_audio_buffer.commit": _event("input_audio_buffer.commit"),
    "input_audio_buffer.clear": _event("input_audio_buffer.clear"),
    "conversation.item.create": _event("conversation.item.create", {"item": NEW_ITEMS}, previous_item_id=ITEMS),
    "conversation.item.delete": _event("conversation.item.delete", {"item_id": ITEMS}),
    "conversation.item.retrieve": _event("conversation.item.retrieve", {"item_id": ITEMS}),
    "conversation.item.truncate": _event(
        "conversation.item.truncate", {"item_id": ITEMS, "content_index": COUNTS, "audio_end_ms": COUNTS}
    ),
    "response.create": _event("response.create", response=st.one_of(ANSWERS, ANSWERS, st.none())),
    "response.cancel": _event("response.cancel", response_id=RESPONSES),
    "output_audio_buffer.clear": _event("output_audio_buffer.clear"),
}
"""By the type of a client's event: such events, most of which a server can do something with."""

VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=8),
        st.sampled_from([10**400, -(2**63) - 1, 1e308, "x" * 5_000, "\ud800", "__proto__", "session.update"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)


def _places(value: Json, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place inside a JSON value, as the keys that lead to it."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, one in inner for place in [(*at, key), *_places(one, (*at, key))]]


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Json]:
    """An event with one or two things wrong: taken out, put in, or replaced by anything."""
    event = copy.deepcopy(draw(st.one_of(*EVENTS.values())))
    for _ in range(draw(st.integers(1, 2))):
        places = _places(event)
        if not places:
            break
        *way, last = draw(st.sampled_from(places))
        holder = event
        for key in way:
            holder = holder[key]
        match draw(st.sampled_from(["take out", "replace", "put in"])):
            case "take out":
                del holder[last]
            case "replace":
                holder[last] = draw(VALUES)
            case _ if isinstance(holder, dict):
                holder[draw(st.text(max_size=8))] = draw(VALUES)
            case _:
                holder.append(draw(VALUES))
    return event


def as_text(event: Json) -> str:
    """JSON as Python writes it, which is JSON or nearly so: NaN and lone surrogates are left as they are."""
    return json.dumps(event, ensure_ascii=False)


GARBAGE = st.one_of(
    st.text(max_size=40),
    st.binary(max_size=40),
    VALUES.map(as_text),
    VALUES.map(lambda value: as_text({"type": value})),
    st.sampled_from(["[", '{"type":', '{"a":']).map(lambda piece: piece * 20_000),
    st.sampled_from([b"\xff\xfe", '{"type": "session.update"', "null", ""]),
)
FRAMES = st.one_of(
    st.one_of(*EVENTS.values()).map(as_text),
    st.one_of(*EVENTS.values()).map(as_text),
    st.one_of(*EVENTS.values()).map(lambda event: as_text(event).encode(errors="replace")),
    mutated().map(as_text),
    mutated().map(as_text),
    GARBAGE,
)


_TOOL = {"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {}}}
_SESSIONS: list[dict[str, Json]] = [
    {"output_modalities": ["text"]},
    {"audio": {"input": {"transcription": {"model": "m"}, "turn_detection": {"type": "server_vad"}}}},
    {"audio": {"input": {"transcription": {"model": "m"}, "turn_detection": {"type": "semantic_vad"}}}},
    {"audio": {"input": {"transcription": {"model": "m"}, "turn_detection": None}}},
    {"audio": {"input": {"format": {"type": "audio/pcmu"}}, "output": {"format": {"type": "audio/pcma"}}}},
    {"tools": [_TOOL], "tool_choice": "required", "output_modalities": ["text"]},
    {"tools": [_TOOL], "tool_choice": {"type": "function", "name": "get_weather"}},
]
BEGINNINGS = st.sampled_from(
    [
        [],
        [{"type": "session.update", "session": {"type": "transcription"}}],
        *([{"type": "session.update", "session": {"type": "realtime", **session}}] for session in _SESSIONS),
    ]
).map(lambda events: [as_text(event) for event in events])
"""What a client that knows what it is doing says first."""


def sequences(longest: int) -> st.SearchStrategy[list[str | bytes]]:
    """What one client sends: so many frames at most, and what it begins with."""
    rest = st.integers(1, longest).flatmap(lambda length: st.lists(FRAMES, min_size=length, max_size=length))
    return st.builds(lambda first, then: [*first, *then], BEGINNINGS, rest)
