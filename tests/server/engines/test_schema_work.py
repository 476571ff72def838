import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.server.engines.schema_work import LEVELS, MAX_WORK, work_of


def to(name: object) -> dict:
    return {"$ref": f"#/$defs/{name}"}


def chain(length: int, *, twice: bool) -> dict:
    """Definitions, each of which refers to the next one, once or twice."""
    names = range(length)
    definitions = {str(n): {"allOf": [to(n + 1)] * (2 if twice else 1)} for n in names} | {str(length): {}}
    return {"$defs": definitions, "properties": {"a": to(0)}}


USUAL = {
    "type": "object",
    "$id": "https://example.org/tool",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {"left": {"anyOf": [to("node"), {"type": "null"}]}, "all": to("a~1b")},
        },
        "a/b": {"type": "array", "items": {"oneOf": [to("node"), {"type": "string", "pattern": "^[a-z]{1,64}$"}]}},
    },
    "properties": {"tree": to("node"), "self": {"$ref": "#"}, "first": {"$ref": "#/allOf/0"}},
    "allOf": [{"if": {"required": ["tree"]}, "then": {"required": ["self"]}}],
    "patternProperties": {"^x-": {"type": "string"}},
}


def test_usual_schemas_make_little_work():
    assert work_of({}) < work_of(USUAL) < MAX_WORK / 50
    tool = {"properties": {f"p{n}": {"type": "string", "description": "x" * 100_000} for n in range(20)}}
    assert work_of(tool) < MAX_WORK / 100
    assert work_of(chain(20, twice=False)) < MAX_WORK / 10


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        (chain(20, twice=True), "too large"),
        ({"properties": {f"p{n}": {} for n in range(MAX_WORK)}}, "too large"),
        ({"enum": list(range(MAX_WORK + 1))}, "too large"),
        ({"properties": {str(n): {"pattern": "^.{1,900}$"} for n in range(60)}}, "too large"),
        ({"patternProperties": {rf"^\p{{L}}{{99}}{n}": {} for n in range(60)}}, "too large"),
        ({"pattern": "x" * (MAX_WORK + 1)}, "too large"),
        (chain(LEVELS + 1, twice=False), "levels of references"),
        ({"$ref": "#"}, "in a circle"),
        ({"$defs": {"a": {"not": to("b")}, "b": {"if": to("a")}}}, "in a circle"),
        ({"properties": {"a": {"$ref": "#name"}}}, "#name is no path"),
        ({"properties": {"a": {"$dynamicRef": "http://127.0.0.1:9/x"}}}, "is no path"),
        ({"$id": "http://x/y", "properties": {"a": {"$ref": "http://x/y#/z"}}}, "is no path"),
        ({"properties": {"a": {"$id": "x", "$ref": "#/y"}}}, "'$id'"),
        ({"$schema": "http://json-schema.org/draft-04/schema#", "not": {"id": "x", "$ref": "#/y"}}, "'$id'"),
    ],
)
def test_what_makes_too_much_work_or_nobody_knows_how_much(schema, problem):
    with pytest.raises(ValueError, match=re.escape(problem)):
        work_of(schema)


def test_depth_has_a_limit():
    schema: dict = {}
    for _ in range(LEVELS - 1):
        schema = {"items": schema}
    assert work_of(schema)
    with pytest.raises(ValueError, match="levels"):
        work_of({"items": schema})
    for _ in range(100_000):
        schema = {"items": [schema]}
    with pytest.raises(ValueError, match="levels"):
        work_of(schema)


def test_a_reference_to_nothing_is_somebody_elses_business():
    for reference in ("#/nowhere", "#/allOf/7", "#/allOf/x", "#/type/x", "#/%ff"):
        assert work_of({"type": "object", "allOf": [{}], "properties": {"a": {"$ref": reference}}})


EDGES = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 7), st.sampled_from(["allOf", "anyOf", "oneOf"])), max_size=20
)


@given(EDGES)
def test_every_way_is_counted(edges):
    definitions: dict = {str(n): {} for n in range(8)}
    for start, end, key in edges:
        definitions[str(start)].setdefault(key, []).append(to(end))
    schema = {"$defs": definitions}

    def ways(number: int, behind: tuple[int, ...] = ()) -> int:
        if number in behind:
            raise ValueError
        ends = [end for start, end, _ in edges if start == number]
        return 1 + sum(1 + ways(end, (*behind, number)) for end in ends)

    try:
        visits = sum(ways(number) for number in range(8) if definitions[str(number)])
        visits += sum(1 + ways(end) for _, end, _ in edges)
    except ValueError:
        with pytest.raises(ValueError, match="in a circle"):
            work_of(schema)
        return
    without = work_of({"$defs": {str(n): {} for n in range(8)}})
    lists = len({(start, key) for start, _, key in edges})
    assert work_of(schema) == min(without + lists + (2 + 5) * len(edges) + 10 * visits, MAX_WORK)
