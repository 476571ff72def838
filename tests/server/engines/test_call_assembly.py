import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.server.engines.call_assembly import MAX_ARGUMENTS, CallAssembly, UnusableCall
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
    ("wrong", "reason"),
    [
        (delta(0, "x", "c", "{}"), "a tool that it was not offered"),
        (delta(0, "x", None, "{}"), "a tool that it was not offered"),
        (delta(0, "x", "a", "n=1"), "called a with arguments that are no JSON object"),
        (delta(0, "x", "a", "[1]"), "no JSON object"),
        (delta(0, "x", "a", '{"n": '), "no JSON object"),
    ],
)
def test_a_call_that_nobody_can_make(wrong, reason):
    with pytest.raises(UnusableCall, match=reason):
        assembled(wrong)


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
