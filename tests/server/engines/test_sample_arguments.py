import json

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.server.engines.errors import EngineError
from realtime_chat.server.engines.sample_arguments import sample_arguments
from realtime_chat.server.engines.seam import Tool


def sample(parameters):
    return json.loads(sample_arguments(Tool("t", "", parameters)))


def of(schema):
    return sample({"properties": {"a": schema}, "required": ["a"]})["a"]


def limits(low, high, values):
    return st.lists(values, min_size=2, max_size=2).map(lambda two: dict(zip((low, high), sorted(two), strict=True)))


SIZES = st.integers(0, 6)
STRINGS = st.one_of(
    st.just({}),
    limits("minLength", "maxLength", SIZES),
    st.sampled_from(["date", "date-time", "email", "uuid", "uri", "ipv4"]).map(lambda name: {"format": name}),
    st.sampled_from([r"^[A-Z]{3}-\d{4}$", r"^(red|green)$", r"\w+@\w+\.org", "^[^a]x?$", r"^\+?[0-9]{2,3}$"]).map(
        lambda pattern: {"pattern": pattern}
    ),
).map(lambda more: {"type": "string", **more})
INTEGERS = st.one_of(
    st.just({}),
    limits("minimum", "maximum", st.integers(-50, 50)),
    st.integers(-50, 50).map(lambda n: {"exclusiveMinimum": n}),
    st.integers(-50, 50).map(lambda n: {"exclusiveMaximum": n}),
    st.builds(lambda n, m: {"minimum": n, "multipleOf": m}, st.integers(-50, 50), st.integers(1, 9)),
).map(lambda more: {"type": "integer", **more})
NUMBERS = st.one_of(
    limits("minimum", "maximum", st.integers(-400, 400).map(lambda n: n / 8)),
    st.integers(-400, 400).map(lambda n: {"exclusiveMinimum": n / 8, "exclusiveMaximum": n / 8 + 0.5}),
).map(lambda more: {"type": "number", **more})
VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just([1]), st.just({"a": 1}))
GIVEN = st.one_of(
    VALUES.map(lambda value: {"const": value}),
    st.lists(VALUES, min_size=1, max_size=4).map(lambda values: {"enum": values}),
    st.integers().map(lambda value: {"type": "integer", "default": value}),
)
PLAIN = st.one_of(
    STRINGS, INTEGERS, NUMBERS, GIVEN, st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"type": ["null"]}, {}])
)


def compound(inner):
    return st.one_of(
        st.builds(
            lambda items, sizes: {"type": "array", "items": items, **sizes},
            inner,
            limits("minItems", "maxItems", SIZES),
        ),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda first: {"type": "array", "prefixItems": first, "items": False, "minItems": len(first)}
        ),
        st.builds(objects, st.dictionaries(st.text(max_size=4), inner, max_size=3), st.integers(0, 3)),
        st.lists(inner, min_size=1, max_size=3).map(lambda choices: {"anyOf": choices}),
        st.builds(
            lambda one, two: {"allOf": [objects({"a": one}, 1), objects({"b": two}, 1, is_open=True)]}, inner, inner
        ).map(lambda schema: {"allOf": [{**part, "additionalProperties": True} for part in schema["allOf"]]}),
    )


def objects(properties, required, *, is_open=False):
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties)[:required],
        "additionalProperties": is_open,
    }


SCHEMAS = st.recursive(PLAIN, compound, max_leaves=8)


@given(st.dictionaries(st.text(max_size=4), SCHEMAS, max_size=4), st.integers(0, 4))
def test_arguments_are_valid_for_any_schema(properties, required):
    schema = objects(properties, required)
    jsonschema_rs.validate(schema, sample(schema))


def test_what_the_schema_gives_is_taken():
    assert of({"const": {"x": 1}}) == {"x": 1}
    assert of({"enum": ["b", "a"]}) == "b"
    assert of({"enum": ["b", "a"], "default": "a"}) == "a"
    assert of({"type": "string", "default": "d", "examples": ["e"]}) == "d"
    assert of({"type": "string", "examples": ["e"]}) == "e"


def test_otherwise_it_is_the_least():
    assert sample({}) == {}
    assert sample({"type": "object", "properties": {"a": {"type": "string"}}}) == {}
    assert of({"type": "string"}) == "text"
    assert of({"type": "integer", "minimum": 3}) == 3
    assert of({"type": "integer", "exclusiveMinimum": 3}) == 4
    assert of({"type": "number", "exclusiveMinimum": 0, "maximum": 0.5}) == 0.25
    assert of({"type": "integer", "multipleOf": 2.5, "minimum": 1}) == 5
    assert of({"type": "array", "items": {"type": "boolean"}, "minItems": 1}) == [False]


def test_items_that_must_differ_do():
    assert of({"type": "array", "items": {"type": "string"}, "minItems": 3, "uniqueItems": True}) == [
        "text",
        "text1",
        "text2",
    ]
    assert of({"type": "array", "items": {"enum": ["x", "y"]}, "minItems": 2, "uniqueItems": True}) == ["x", "y"]
    assert (
        len({*of({"type": "array", "items": {"type": "integer", "maximum": 1}, "minItems": 3, "uniqueItems": True})})
        == 3
    )


def test_what_several_schemas_want_is_put_together():
    one = {"minimum": 2, "maximum": 9, "enum": [1, 5, 9]}
    assert of({"allOf": [one, {"type": "integer", "minimum": 4}], "enum": [9, 5]}) == 9
    assert of({"type": "integer", "minimum": 2, "allOf": [{"minimum": 4, "maximum": 6}], "maximum": 9}) == 4
    assert of({"required": ["a"], "allOf": [{"properties": {"a": {"const": 1}}}, {"required": ["b"]}]}) == {
        "a": 1,
        "b": "text",
    }
    assert of({"anyOf": [{"minItems": 1}]}) == ["text"]
    assert of({"contains": {"const": 7}, "minContains": 2}) == [7, 7]
    assert of(
        {"type": "array", "items": {"type": "object", "properties": {"a": {}}}, "minItems": 2, "uniqueItems": True}
    ) == [
        {},
        {"a": "text1"},
    ]


TWO = {"a": {"type": "string"}, "b": {"type": "integer"}, "c": {"type": "boolean"}}
KIND = {"properties": {"kind": {"enum": ["x", "y"]}, "n": {"type": "integer"}}, "required": ["kind"]}
IS_X = {"properties": {"kind": {"const": "x"}}}


@pytest.mark.parametrize(
    ("parameters", "arguments"),
    [
        ({"properties": TWO, "required": ["a"], "dependentRequired": {"a": ["b"]}}, {"a": "text", "b": 0}),
        (
            {"properties": TWO, "required": ["a"], "dependentRequired": {"a": ["b"], "b": ["c", "a"]}},
            {"a": "text", "b": 0, "c": False},
        ),
        ({"properties": TWO, "dependentRequired": {"a": ["b"]}}, {}),
        (
            {"required": ["a"], "dependentSchemas": {"a": {"properties": {"d": {"const": 4}}, "required": ["d"]}}},
            {"a": "text", "d": 4},
        ),
        (KIND | {"if": IS_X, "then": {"required": ["n"]}, "else": {"required": ["n"]}}, {"kind": "x", "n": 0}),
        (KIND | {"if": IS_X, "then": {"properties": {"n": {"minimum": 5}}}}, {"kind": "x"}),
        (
            KIND | {"if": IS_X, "then": {"properties": {"n": {"minimum": 5}}, "required": ["n"]}},
            {"kind": "x", "n": 5},
        ),
        (KIND | {"if": {"required": ["n"]}, "then": False, "else": {"required": ["m"]}}, {"kind": "x", "m": "text"}),
        (KIND | {"if": IS_X, "then": False, "else": {"required": ["n"]}}, {"kind": "y", "n": 1}),
        ({"allOf": [KIND | {"if": IS_X, "then": {"required": ["n"]}}]}, {"kind": "x", "n": 0}),
    ],
)
def test_what_depends_on_something_else_is_there(parameters, arguments):
    assert sample(parameters) == arguments


def test_references_are_followed():
    schema = {
        "$defs": {"a/b": {"type": "object", "properties": {"n": {"$ref": "#/$defs/n"}}, "required": ["n"]}},
        "properties": {"x": {"$ref": "#/$defs/a~1b"}, "more": {"$ref": "#"}},
        "required": ["x"],
    }
    schema["$defs"]["n"] = {"type": "integer", "minimum": 7}
    assert sample(schema) == {"x": {"n": 7}}


@pytest.mark.parametrize(
    "parameters",
    [
        {"properties": {"me": {"$ref": "#"}}, "required": ["me"]},
        {"properties": {"a": {"type": "integer", "minimum": 3, "maximum": 2}}, "required": ["a"]},
        {"properties": {"a": {"type": "string", "pattern": "^(?=x)y"}}, "required": ["a"]},
        {"properties": {"a": False}, "required": ["a"]},
        {"properties": {"a": {"type": "string", "minLength": 10**12}}, "required": ["a"]},
        {"properties": {"a": {"type": "array", "minItems": 10**12}}, "required": ["a"]},
        {"properties": {"a": {"$ref": "#"}, "b": {"$ref": "#"}, "c": {"$ref": "#"}}, "required": ["a", "b", "c"]},
        {"properties": {"a": {"type": "number", "minimum": 1e308, "multipleOf": 1e-300}}, "required": ["a"]},
    ],
)
def test_what_it_is_not_up_to_is_an_error(parameters):
    with pytest.raises(EngineError, match="finds no arguments that fit the tool t"):
        sample(parameters)
