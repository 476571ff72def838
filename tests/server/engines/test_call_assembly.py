import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from realtime_chat.server.engines.call_assembly import MAX_ARGUMENTS, CallAssembly, UnusableCall, unfit
from realtime_chat.server.engines.seam import Tool, Toolbox, ToolCall

BOX = Toolbox((Tool("a", "", {}), Tool("b", "", {})))


def delta(index=None, key=None, name=None, arguments=None):
    given = {"index": index, "id": key, "function": {"name": name, "arguments": arguments}}
    return {key: value for key, value in given.items() if value is not None}


def assembled(*deltas, box=BOX, cut=False):
    assembly = CallAssembly()
    for each in deltas:
        assembly.take([each])
    return [(call.name, call.arguments) for call in assembly.calls(box, cut=cut)]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.dictionaries(st.text(max_size=3), st.integers())), max_size=4),
       st.integers(1, 5))  # fmt: skip
def test_however_the_arguments_are_cut_the_calls_are_the_same(calls, size):
    assembly = CallAssembly()
    for index, (name, arguments) in enumerate(calls):
        text = json.dumps(arguments)
        assembly.take([delta(index, f"c{index}", name, "")])
        for at in range(0, len(text), size):
            assembly.take([delta(index, arguments=text[at : at + size])])
    assert assembly.calls(BOX, cut=False) == [ToolCall(name, json.dumps(arguments)) for name, arguments in calls]


def test_calls_may_come_interleaved():
    assert assembled(
        delta(0, "x", "a", '{"n"'), delta(1, "y", "b", '{"m"'), delta(0, arguments=": 1}"), delta(1, arguments=": 2}")
    ) == [("a", '{"n": 1}'), ("b", '{"m": 2}')]


def test_calls_without_an_index():
    assert assembled(delta(key="x", name="a", arguments='{"n"'), delta(arguments=": 1}"), delta(name="a")) == [
        ("a", '{"n": 1}'),
        ("a", "{}"),
    ]


def test_calls_that_are_all_number_0():
    assert assembled(delta(0, "x", "a", "{}"), delta(0, "y", "b", "{}")) == [("a", "{}"), ("b", "{}")]


def test_an_id_and_a_name_that_are_repeated_begin_nothing():
    assert assembled(delta(0, "x", "a", "{"), delta(0, "x", "a", "}")) == [("a", "{}")]


def test_arguments_that_are_an_object_already():
    assert assembled(delta(0, "x", "a", {"n": "é"})) == [("a", '{"n": "é"}')]


@pytest.mark.parametrize(
    "wrong",
    [delta(0, "x", "c", "{}"), delta(0, "x", None, "{}")],
)
def test_a_call_that_nobody_can_make(wrong):
    with pytest.raises(UnusableCall, match="a tool that it was not offered"):
        assembled(wrong)


CITY = {"properties": {"city": {"type": "string", "pattern": "^[A-Z]"}}, "required": ["city"]}


@pytest.mark.parametrize(
    ("arguments", "fits"),
    [
        ('{"city": "Oslo"}', True),
        ('{"city": "Oslo", "days": 3}', True),
        ('{"city": "oslo"}', False),
        ('{"city": 3}', False),
        ("{}", False),
        ("city=Oslo", False),
        ("[1]", False),
        ('{"city": ', False),
    ],
)
def test_arguments_are_held_against_the_schema_of_their_tool(arguments, fits):
    box = Toolbox((Tool("a", "", CITY), Tool("b", "", {})))
    one, other = ToolCall("a", arguments), ToolCall("b", "{}")
    assert unfit([one, other], box) == (frozenset() if fits else {one})


VALUES = st.recursive(st.none() | st.integers() | st.text("ab", max_size=3), lambda inner: st.lists(inner, max_size=3))


@given(st.dictionaries(st.sampled_from("xyz"), VALUES), st.sampled_from(["integer", "string", "array", "null"]))
def test_what_is_not_unfit_is_valid(arguments, kind):
    """As another library sees it."""
    parameters = {"properties": {"x": {"type": kind}}, "required": ["x"]}
    call = ToolCall("a", json.dumps(arguments))
    is_valid = Draft202012Validator({"type": "object", **parameters}).is_valid(arguments)
    assert unfit([call], Toolbox((Tool("a", "", parameters),))) == (frozenset() if is_valid else {call})


@pytest.mark.parametrize("parameters", [{"properties": 3}, {"$ref": "http://127.0.0.1:9/schema"}])
def test_where_the_schema_is_none_any_object_will_do(parameters):
    calls = [ToolCall("a", '{"x": 1}'), ToolCall("a", "x")]
    assert unfit(calls, Toolbox((Tool("a", "", parameters),))) == {calls[1]}


def test_where_there_is_no_library_any_object_will_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    calls = [ToolCall("a", '{"city": 3}'), ToolCall("a", "x")]
    assert unfit(calls, Toolbox((Tool("a", "", CITY),))) == {calls[1]}


def test_what_would_hold_the_server_up_is_not_checked():
    """These would take a minute, in which nobody is answered; a few of them are checked."""
    choices = {"anyOf": [{"const": number} for number in range(5000)]}
    box = Toolbox((Tool("a", "", {"properties": {"n": {"items": choices}}}),))
    many, few, wrong = (
        ToolCall("a", json.dumps({"n": numbers})) for numbers in ([4999] * 30_000 + [-1], [4999], [4999, -1])
    )
    assert unfit([many, few, wrong], box) == {wrong}
    no_object = ToolCall("a", json.dumps([4999] * 30_000))
    assert unfit([no_object], box) == {no_object}


def test_patterns_that_look_around_are_checked_where_there_is_little_to_look_at():
    box = Toolbox((Tool("a", "", {"additionalProperties": {"pattern": r"^(?!(a|a)*\1b)"}}),))
    few, many = (
        ToolCall("a", json.dumps({str(number): "a" * 14 + "!" for number in range(count)} | {"x": "aab"}))
        for count in (10, 30_000)
    )
    assert unfit([few, many], box) == {few}


def test_a_call_that_was_cut_off_is_left_out():
    assert assembled(delta(0, "x", "a", "{}"), delta(1, "y", "b", '{"n": '), cut=True) == [("a", "{}")]
    assert assembled(delta(0, "x", "a"), cut=True) == []


def test_only_what_was_offered_is_called():
    one = delta(0, "x", "a", "{}")
    assert assembled(one, box=None) == []
    assert assembled(one, box=Toolbox(BOX.tools, "none")) == []
    assert assembled(one, one | {"id": "y"}, box=Toolbox(BOX.tools, parallel=False)) == [("a", "{}")]


@pytest.mark.parametrize(
    "garbage",
    [3, "x", [3], [None], [{"function": 3}], [delta(0, "x", 3, "")], [delta(0, "x", "a", 3)]],
)
def test_garbage_is_told_from_calls(garbage):
    with pytest.raises((TypeError, AttributeError)):
        CallAssembly().take(garbage)


def test_there_is_an_end_to_it():
    assembly = CallAssembly()
    with pytest.raises(ValueError, match=r"^$"):
        assembly.take([delta(0, "x", "a", "x" * (MAX_ARGUMENTS + 1))])
    with pytest.raises(ValueError, match=r"^$"):
        CallAssembly().take([delta(n, str(n), "a", "") for n in range(200)])
