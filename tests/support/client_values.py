"""Hypothesis strategies of what stands in a client's events: ids, words, sound, and what a session is like.

What is deep stands in an event as a mark (`DEEP`) until the event is written (`as_text`): nothing that is written in
Python goes through a thousand lists on the stack that a test has.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from hypothesis import strategies as st
from synthetic_voice import silence, voice

Json = Any

MUCH = "x" * 40_000
"""More than `fuzzed_session` has room for in any place."""

_FILLING = "fills " * 600

_GIVEN = [f"item_{number}" for number in range(6)]
ITEMS = st.sampled_from([*_GIVEN, *_GIVEN, "mine", "yours", "root", "", "nö", "x" * 32, "x" * 33, MUCH])
"""Ids of items: such as the server of `fuzzed_session` gives, such as a client gives, and impossible ones."""

RESPONSES = st.sampled_from([*(f"resp_{number}" for number in range(12)), "nobody", "", MUCH])
EVENT_IDS = st.sampled_from([*(f"event_{letter}" for letter in "abcdefghi"), "x" * 512, "x" * 513, MUCH])
CALLS = st.sampled_from([*(f"call_{number}" for number in range(4)), "call_a", "", "c" * 32, "c" * 33, MUCH])
WORDS = st.sampled_from(
    [
        "Hello",
        "Tell me a long story.",
        "Hello",
        "",
        " ",
        "\x00\x1b[31m",
        "𝄞 ünïcödé",
        "ends.",
        '"[{' * 90,
        _FILLING,
        MUCH,
    ]
)

_DEEP = re.compile(r'"deep (\d+) (\d)"')
_PAIRS = (("[", "]", 1), ('{"a":', "}", 1), ('[{"a":', "}]", 2))
DEEP = st.builds(
    "deep {} {}".format,
    st.sampled_from([1, 30, 98, 150, 190, 194, *range(196, 204), *(210, 300, 600), *range(930, 1_000, 15), 20_000]),
    st.integers(0, 2),
)
"""Marks of values that are nested so deeply; `as_text` puts them in."""


def as_text(event: Json) -> str:
    """JSON as Python writes it, which is JSON or nearly so: NaN and lone surrogates are left as they are."""
    return _DEEP.sub(_nested, json.dumps(event, ensure_ascii=False))


def _nested(mark: re.Match[str]) -> str:
    opening, closing, levels = _PAIRS[int(mark[2])]
    times = int(mark[1]) // levels
    return opening * times + "0" + closing * times


def some(fields: dict[str, st.SearchStrategy[Json]], **required: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """An object with one of these fields, or with several, of which one is likely to be wrong."""
    one = [st.fixed_dictionaries({**required, name: value}) for name, value in fields.items()]
    return st.one_of(st.one_of(*one), st.fixed_dictionaries(required, optional=fields))


SPEECH = base64.b64encode(silence(100) + voice(300)).decode()
_PAUSE = base64.b64encode(silence(800)).decode()
_TURN = base64.b64encode(silence(300) + voice(400) + silence(1_500)).decode()
_SOUNDS = [_TURN, SPEECH, SPEECH, _PAUSE, _PAUSE, "", "AAA=", "AAAAAA==", "A", "not base64!"]
SOUND = st.sampled_from(range(len(_SOUNDS))).map(lambda index: _SOUNDS[index])

_PATTERNS = (
    r"^[a-z]+$",
    r"(a+)+$",
    r"(\w+)\1",
    r"\p{L}{1,60}",
    r"\w{1,60}[^a]{9}",
    "((a{0,99}){0,99}){0,99}",
    "x" * 5_000,
)
"""What is quick to match, and what takes long to be made ready, or to match."""

_DOUBLED = {str(n): {"allOf": [{"$ref": f"#/$defs/{n + 1}"}] * 2} for n in range(20)} | {"20": {}}
"""A million ways to the last of them."""

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
        *({"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}} for pattern in _PATTERNS),
        {"type": "object", "$defs": _DOUBLED, "properties": {"a": {"$ref": "#/$defs/0"}}},
    ]
) | DEEP.map(lambda deep: {"type": "object", "properties": {"a": {"const": deep}}})
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
VOICES = st.sampled_from(["alloy", "tone", "", {"id": "voice_1"}, {"name": "x"}, MUCH, {"id": MUCH}])
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
INPUTS = some(
    {
        "format": FORMATS,
        "turn_detection": TURNS,
        "transcription": st.sampled_from(
            [
                *(None, {"model": "m"}, {}, {"language": "en"}, {"delay": "low"}, {"delay": "none"}, "whisper-1"),
                *({"model": "m", "prompt": _FILLING}, {"keywords": [MUCH]}, {"model": MUCH}),
            ]
        ),
        "noise_reduction": st.sampled_from([None, {"type": "near_field"}, {"type": "windy"}]),
    },
)
OUTPUTS = some({"format": FORMATS, "voice": VOICES, "speed": SPEEDS})

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
SESSIONS = some(
    {
        "model": st.just("m"),
        "instructions": WORDS,
        "output_modalities": MODALITIES,
        "audio": some({"input": INPUTS, "output": OUTPUTS}),
        "tools": st.lists(TOOLS, max_size=3),
        "tool_choice": CHOICES,
        "parallel_tool_calls": st.booleans(),
        "max_output_tokens": LIMITS,
        "truncation": TRUNCATIONS,
        "tracing": st.sampled_from(
            [None, "auto", {"workflow_name": "x"}, {"workflow_name": 5}, {"a": "b"}, {"group_id": MUCH}]
        )
        | DEEP.map(lambda deep: {"metadata": deep}),
        "reasoning": st.sampled_from([None, {"effort": "low"}, {"effort": "heroic"}]),
        "prompt": st.sampled_from([None, {"id": "pmpt_1"}, {}]) | DEEP.map(lambda deep: {"variables": deep}),
        "include": st.sampled_from([None, ["item.input_audio_transcription.logprobs"], ["everything"]]),
    },
    type=st.sampled_from(["realtime", "realtime", "realtime", "realtime", "transcription", "telepathy"]),
)
