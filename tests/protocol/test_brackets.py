from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from realtime_chat.protocol.brackets import MAX_DEPTH, MAX_PAIRS, brackets_of, check_brackets, has_more
from realtime_chat.protocol.errors import MalformedEvent

TEXT = st.text(st.sampled_from('[]{}"\\, x\n\u20ac')) | st.text()
JSON = st.recursive(
    st.none() | st.integers() | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=30,
)


def brackets(value: Any) -> str:
    """The brackets of a value, counted as nobody would."""
    if isinstance(value, dict):
        return "{" + "".join(map(brackets, value.values())) + "}"
    return "[" + "".join(map(brackets, value)) + "]" if isinstance(value, list) else ""


@given(JSON, st.booleans(), st.booleans())
def test_brackets_in_strings_are_none(value, is_ascii, is_bytes):
    text = json.dumps(value, ensure_ascii=is_ascii)
    data = text.encode(errors="replace") if is_bytes else text
    assert brackets_of(data).decode() == brackets(value)


@given(st.text(st.sampled_from('[]{}"\\ab')), st.booleans())
@example('"\\', False)
def test_what_is_no_json_has_brackets_too(text, is_bytes):
    check_brackets(text.encode() if is_bytes else text)
    assert set(brackets_of(text)) <= set(b"[]{}")


@given(st.text(st.sampled_from("a,")), st.integers(0, 6), st.booleans())
def test_signs_are_counted_as_far_as_needed(text, most, is_bytes):
    assert has_more(text.encode() if is_bytes else text, ",", most) is (text.count(",") > most)


SHAPES = {
    "lists": lambda depth: "[" * depth + "]" * depth,
    "objects": lambda depth: '{"a":' * depth + "1" + "}" * depth,
    "both": lambda depth: '[{"a":' * (depth // 2) + "1" + "}]" * (depth // 2),
    "beside much else": lambda depth: "[" + "[]," * 1_000 + "[" * (depth - 1) + "]" * depth,
    "half": lambda depth: "[" * depth,
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("encoding", [str, str.encode])
def test_depth_has_a_limit(shape, encoding):
    for depth in (2, MAX_DEPTH // 2, MAX_DEPTH - 2, MAX_DEPTH):
        check_brackets(encoding(shape(depth)))
    for depth in (MAX_DEPTH + 2, 900, 50_000):
        with pytest.raises(MalformedEvent) as caught:
            check_brackets(encoding(shape(depth)), "mine")
        error = caught.value
        assert (error.code, error.reason, error.event_id) == (
            "invalid_json",
            "The message is nested too deeply.",
            "mine",
        )


def test_their_number_has_a_limit():
    check_brackets("[" + ",".join(["[]"] * (MAX_PAIRS - 1)) + "]")
    check_brackets(json.dumps("[]{}" * MAX_PAIRS))
    with pytest.raises(MalformedEvent) as caught:
        check_brackets("[" + ",".join(["{}"] * MAX_PAIRS) + "]", "mine")
    assert (caught.value.code, caught.value.event_id) == ("invalid_value", "mine")
