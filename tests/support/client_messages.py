"""Hypothesis strategies of what a client may send: the eleven events, what is nearly one, and garbage.

An example is a list of frames, each a ``str`` or ``bytes`` as it comes out of a WebSocket.
"""

from __future__ import annotations

import copy
from typing import Any

from client_items import NEW_ITEMS
from client_values import (
    CHOICES,
    DEEP,
    EVENT_IDS,
    ITEMS,
    LIMITS,
    MODALITIES,
    MUCH,
    OUTPUTS,
    RESPONSES,
    SESSIONS,
    SOUND,
    TOOLS,
    WORDS,
    Json,
    as_text,
    some,
)
from hypothesis import strategies as st

ANSWERS = some(
    {
        "output_modalities": MODALITIES,
        "instructions": st.one_of(WORDS, st.none()),
        "audio": st.fixed_dictionaries({"output": OUTPUTS}),
        "conversation": st.sampled_from(["auto", "none", "none", "mine"]),
        "input": st.lists(
            st.one_of(NEW_ITEMS, st.fixed_dictionaries({"type": st.just("item_reference"), "id": ITEMS})), max_size=3
        ),
        "metadata": st.sampled_from(
            [None, {"a": "b"}, {"a": 1}, {str(n): "x" for n in range(17)}, {"a": MUCH}, {MUCH: "a"}]
        ),
        "max_output_tokens": LIMITS,
        "tools": st.lists(TOOLS, max_size=2),
        "tool_choice": CHOICES,
        "parallel_tool_calls": st.booleans(),
        "reasoning": st.just({"effort": "low"}),
        "prompt": st.sampled_from([None, {"id": "pmpt_1"}, {}]),
    },
)
COUNTS = st.sampled_from([0, 0, 1, 200, 1_500, 10**7, -1, 2**63, 10**30, 0.5])


def event(kind: str, required: dict[str, st.SearchStrategy[Json]] | None = None, **optional: Any) -> Any:
    return st.fixed_dictionaries(
        {"type": st.just(kind), **(required or {})}, optional={**optional, "event_id": EVENT_IDS}
    )


EVENTS: dict[str, st.SearchStrategy[dict[str, Json]]] = {
    "session.update": event("session.update", {"session": SESSIONS}),
    "input_audio_buffer.append": event("input_audio_buffer.append", {"audio": SOUND}),
    "input_audio_buffer.commit": event("input_audio_buffer.commit"),
    "input_audio_buffer.clear": event("input_audio_buffer.clear"),
    "conversation.item.create": event("conversation.item.create", {"item": NEW_ITEMS}, previous_item_id=ITEMS),
    "conversation.item.delete": event("conversation.item.delete", {"item_id": ITEMS}),
    "conversation.item.retrieve": event("conversation.item.retrieve", {"item_id": ITEMS}),
    "conversation.item.truncate": event(
        "conversation.item.truncate", {"item_id": ITEMS, "content_index": COUNTS, "audio_end_ms": COUNTS}
    ),
    "response.create": event("response.create", response=st.one_of(ANSWERS, ANSWERS, st.none())),
    "response.cancel": event("response.cancel", response_id=RESPONSES),
    "output_audio_buffer.clear": event("output_audio_buffer.clear"),
}
"""By the type of a client's event: such events, most of which a server can do something with."""

VALUES = st.recursive(
    st.one_of(
        DEEP,
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
def mutated(draw: st.DrawFn, events: st.SearchStrategy[dict[str, Json]]) -> dict[str, Json]:
    """An event with one or two things wrong: taken out, put in, or replaced by anything."""
    wrong = copy.deepcopy(draw(events))
    for _ in range(draw(st.integers(1, 2))):
        places = _places(wrong)
        if not places:
            break
        *way, last = draw(st.sampled_from(places))
        holder = wrong
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
    return wrong


GARBAGE = st.one_of(
    st.text(max_size=40),
    st.binary(max_size=40),
    VALUES.map(as_text),
    VALUES.map(lambda value: as_text({"type": value})),
    st.sampled_from(["[", '{"type":', '{"a":']).map(lambda piece: piece * 20_000),
    st.sampled_from([b"\xff\xfe", '{"type": "session.update"', "null", ""]),
)


def frames_of(events: st.SearchStrategy[dict[str, Json]]) -> st.SearchStrategy[str | bytes]:
    """Frames of such events, of what is nearly one, and garbage."""
    wrong = mutated(events).map(as_text)
    whole = events.map(as_text)
    return st.one_of(whole, whole, events.map(lambda one: as_text(one).encode(errors="replace")), wrong, wrong, GARBAGE)


FRAMES = frames_of(st.one_of(*EVENTS.values()))


_TOOL = {"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {}}}
_SESSIONS: list[dict[str, Json]] = [
    {"output_modalities": ["text"]},
    {"audio": {"input": {"transcription": {"model": "m"}, "turn_detection": {"type": "server_vad"}}}},
    {"audio": {"input": {"transcription": {"model": "m"}, "turn_detection": {"type": "semantic_vad"}}}},
    {"audio": {"input": {"transcription": {"model": "m"}, "turn_detection": None}}},
    {
        "audio": {"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 5_000}}},
        "output_modalities": ["text"],
    },
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


def sequences(longest: int, frames: st.SearchStrategy[str | bytes] = FRAMES) -> st.SearchStrategy[list[str | bytes]]:
    """What one client sends: so many frames at most, and what it begins with."""
    rest = st.integers(1, longest).flatmap(lambda length: st.lists(frames, min_size=length, max_size=length))
    return st.builds(lambda first, then: [*first, *then], BEGINNINGS, rest)
