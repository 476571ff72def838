import json

import pytest

from realtime_chat.server.engines.tool_grammar import arguments_of, first_call, next_call, text_only, text_or_call


def constraint(schema, **options):
    text = arguments_of(schema, **options)
    assert text.startswith("%llguidance {}\n")
    given = json.loads(text.rpartition("%json ")[2])
    del given["x-guidance"]
    return given


def test_a_call_is_one_of_the_names():
    for grammar in (text_or_call, first_call, next_call):
        assert '"<tool_call>\\n{\\"name\\": \\"a\\", \\"arguments\\":" | "<tool_call>' in grammar(["a", "b"])
    assert "call" not in text_only()


def test_a_name_does_not_get_out_of_its_quotes():
    assert '\\"x\\\\\\" | evil\\"' in first_call(['x" | evil'])


def test_only_named_properties_are_offered():
    inner = {"type": "object", "properties": {"b": {}}}
    schema = {"type": "object", "properties": {"a": inner, "c": {"type": "array", "items": inner}, "d": True}}
    closed = {**inner, "additionalProperties": False}
    assert constraint(schema) == {
        "type": "object",
        "properties": {"a": closed, "c": {"type": "array", "items": closed}, "d": True},
        "additionalProperties": False,
    }
    assert constraint({"type": "object"}) == {"type": "object", "additionalProperties": False}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "required": ["a"]},
        {"type": "object", "minProperties": 1},
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "object", "allOf": [{"properties": {"a": {}}, "required": ["a"]}]},
        {"type": "object", "patternProperties": {"^x": {}}},
    ],
)
def test_an_object_that_may_need_others_stays_open(schema):
    assert constraint(schema) == schema


def test_loosely_it_does_without_what_may_be_refused():
    schema = {
        "type": "object",
        "properties": {
            "pattern": {"type": "string", "pattern": "^(?=a)", "format": "x"},
            "b": {"const": {"format": 1}},
        },
        "anyOf": [{"properties": {"b": {"pattern": "x"}}}],
    }
    assert constraint(schema, loose=True) == {
        "type": "object",
        "properties": {"pattern": {"type": "string"}, "b": {"const": {"format": 1}}},
        "anyOf": [{"properties": {"b": {}}}],
    }
