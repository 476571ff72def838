import pytest

from realtime_chat.server.engines.errors import EngineError
from realtime_chat.server.engines.json_schema import ArgumentsSchema, json_object
from realtime_chat.server.engines.seam import Tool

CITY = {"properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}


def schema(parameters) -> ArgumentsSchema:
    return ArgumentsSchema(Tool("weather", "", parameters))


@pytest.mark.parametrize(
    ("arguments", "fits"),
    [
        ('{"city": "Paris"}', True),
        ('{"city": 3}', False),
        ("{}", False),
        ('{"city": "Paris", "x": 1}', False),
        ("[]", False),
        ("", False),
        ('{"city": "Par', False),
        ('{"city": "Paris"} and', False),
    ],
)
def test_arguments_are_checked(arguments, fits):
    assert schema(CITY).fits(arguments) is fits


def test_a_tool_without_parameters_takes_an_object():
    assert schema({}).fits("{}")
    assert not schema({}).takes([])


@pytest.mark.parametrize(
    "parameters",
    [
        {"properties": 3},
        {"properties": {"a": {"type": "frob"}}},
        {"properties": {"a": {"$ref": "#/nowhere"}}},
        {"properties": {"a": {"$ref": "http://127.0.0.1:9/schema"}}},
        {"properties": {"a": {"$ref": "file:" + "//" + "/schema.json"}}},
        {"properties": {"a": {"pattern": "("}}},
        {"$schema": "http://127.0.0.1:9/meta"},
    ],
)
def test_a_schema_that_is_none_is_named_and_nothing_is_fetched(parameters):
    with pytest.raises(EngineError, match="the parameters of the tool weather are no JSON Schema it can use") as caught:
        schema(parameters)
    assert str(caught.value).isprintable()


def test_a_schema_too_deep_is_refused():
    parameters: dict = {}
    for _ in range(2000):
        parameters = {"properties": {"a": parameters}}
    with pytest.raises(EngineError):
        schema(parameters)


def test_work_is_seen_before_it_is_done():
    """A kilobyte of this kind would keep a server busy for hours."""
    twice = {"unevaluatedProperties": False}
    ways = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2, **twice} for n in range(30)}
    with pytest.raises(EngineError, match="too large"):
        schema({"$defs": {**ways, "d30": {}}, "properties": {"a": {"$ref": "#/$defs/d0"}}})
    every = [{"$ref": f"#/$defs/{n}"} for n in range(6)]
    with pytest.raises(EngineError, match="in a circle"):
        schema({"$defs": {str(n): {"allOf": every} for n in range(6)}, "properties": {"a": every[0]}})
    with pytest.raises(EngineError, match="no JSON Schema"):
        schema({"properties": {"a": {"pattern": "((a{1000}){1000}){1000}"}}})
    assert schema(CITY).work > schema({}).work > 0


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(?=(a+)+$)", r"^(a+)+\1$"])
def test_no_pattern_holds_it_up(pattern):
    one = schema({"properties": {"a": {"type": "string", "pattern": pattern}}})
    assert not one.fits('{"a": "' + "a" * 5000 + '!"}')


def test_arguments_too_deep_do_not_fit():
    value: dict = {}
    for _ in range(100_000):
        value = {"a": value}
    assert not schema({"properties": {"a": {"$ref": "#"}}}).takes(value)
    assert json_object('{"a": ' * 300 + "1" + "}" * 300) is None
    assert json_object('{"a": ' * 100 + "1" + "}" * 100) is not None


def test_look_around_is_noticed():
    assert schema({"properties": {"a": {"pattern": "^(?=a)"}}}).looks_around
    assert not schema({"properties": {"a": {"pattern": "^a"}}}).looks_around
    assert schema({"properties": {"a": {"pattern": "^(?=a)"}}}).fits('{"a": "abc"}')


def test_only_an_object_is_one():
    assert json_object('{"a": [1]}') == {"a": [1]}
    for text in ("", "3", "[]", "null", "{", '{"a": NaN}', "[" * 100_000):
        assert json_object(text) is None
