"""Hypothesis strategies of what a client may send that does not speak GA: the words and shapes of each dialect."""

from __future__ import annotations

from client_items import GOOD_ITEMS, NEW_ITEMS, PARTS
from client_messages import EVENTS, FRAMES, event, frames_of, sequences
from client_values import (
    CALLS,
    CHOICES,
    DEEP,
    ITEMS,
    LIMITS,
    MODALITIES,
    SCHEMAS,
    SESSIONS,
    SPEEDS,
    TOOLS,
    TURNS,
    VOICES,
    WORDS,
    some,
)
from hypothesis import strategies as st

_FORMATS = st.sampled_from(["pcm16", "g711_ulaw", "g711_alaw", "flac", None])
_HEARD = {
    "input_audio_format": _FORMATS,
    "input_audio_transcription": st.sampled_from([None, {"model": "whisper-1"}, {"model": 5}, "whisper-1"]),
    "input_audio_noise_reduction": st.sampled_from([None, {"type": "near_field"}, {"type": "windy"}]),
    "turn_detection": TURNS,
}
_ASKED = {
    "modalities": st.one_of(MODALITIES, st.just(["text", "audio"])),
    "instructions": WORDS,
    "voice": st.one_of(VOICES, DEEP),
    "output_audio_format": _FORMATS,
    "tools": st.lists(TOOLS, max_size=2),
    "tool_choice": CHOICES,
    "temperature": st.sampled_from([0.8, 9, None, "hot"]),
}
_TOLD = st.fixed_dictionaries(
    {
        "type": st.just("message"),
        "role": st.just("assistant"),
        "content": st.lists(
            st.one_of(st.fixed_dictionaries({"type": st.sampled_from(["text", "audio"]), "text": WORDS}), PARTS),
            max_size=2,
        ),
    }
)
BETA_EVENTS = st.one_of(
    event(
        "session.update", {"session": some({**_HEARD, **_ASKED, "max_response_output_tokens": LIMITS, "speed": SPEEDS})}
    ),
    event("transcription_session.update", {"session": st.one_of(some({**_HEARD, "modalities": MODALITIES}), WORDS)}),
    event("conversation.item.create", {"item": st.one_of(GOOD_ITEMS, _TOLD, NEW_ITEMS)}, previous_item_id=ITEMS),
    event(
        "response.create",
        response=some({**_ASKED, "max_response_output_tokens": LIMITS, "input": st.lists(_TOLD, max_size=2)}),
    ),
)
"""Events of the beta protocol that GA writes otherwise."""

_RESULTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["success", "error", "maybe"])},
    optional={"content": st.one_of(WORDS, DEEP, st.just({"a": [1]})), "message": WORDS},
)
_SAID = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "user", "assistant", "system", "tool"]), "content": WORDS},
    optional={"id": ITEMS, "type": st.just("message")},
)
CONVERSATION_EVENTS = st.one_of(
    event("conversation.create", {"data": st.one_of(some({"model": WORDS, "voice": VOICES}), SESSIONS, DEEP)}),
    event(
        "conversation.item.create",
        {
            "data": st.one_of(
                _SAID,
                _SAID,
                NEW_ITEMS,
                st.fixed_dictionaries({"item": st.one_of(_SAID, NEW_ITEMS)}, optional={"previous_item_id": ITEMS}),
            )
        },
    ),
    event(
        "available_functions.create",
        {
            "data": st.fixed_dictionaries(
                {
                    "functions": st.lists(
                        st.fixed_dictionaries(
                            {"name": st.sampled_from(["get_weather", "stop", ""])},
                            optional={"description": WORDS, "parameters": SCHEMAS},
                        ),
                        max_size=2,
                    )
                }
            )
        },
    ),
    event("function.response", {"data": st.fixed_dictionaries({"id": CALLS}, optional={"response": _RESULTS})}),
)
"""Events of the dialect whose frames hold what they say in ``data``."""

_COMMON = st.one_of(*EVENTS.values())
_CREATED = EVENTS["conversation.item.create"]
_BRINGING = st.one_of(
    _CREATED,
    _CREATED,
    _CREATED,
    *(EVENTS[kind] for kind in ("session.update", "input_audio_buffer.append", "response.create")),
    *(EVENTS[kind] for kind in ("conversation.item.delete", "conversation.item.retrieve")),
)
"""Events of a client that brings more than there is room for."""


def talks(longest: int) -> st.SearchStrategy[tuple[str | None, list[str | bytes]]]:
    """What clients of all kinds send: the dialect that the request named, None where it named none, and the frames.

    Those of a dialect speak it most of the time, and GA in between: much of it is the same.
    """
    mixed = [frames_of(st.one_of(events, events, _COMMON)) for events in (BETA_EVENTS, CONVERSATION_EVENTS)]
    return st.one_of(
        st.tuples(st.sampled_from(["ga", "ga", None]), sequences(longest, FRAMES)),
        st.tuples(st.sampled_from(["ga", None]), sequences(longest, frames_of(_BRINGING))),
        st.tuples(st.sampled_from(["beta", None]), sequences(longest, mixed[0])),
        st.tuples(st.none(), sequences(longest, mixed[1])),
    )
