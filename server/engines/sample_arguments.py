"""Arguments made from nothing but a tool's JSON Schema, for the scripted engine. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import product
from typing import Any

from realtime_chat.protocol.printable import one_line
from realtime_chat.server.engines.errors import EngineError
from realtime_chat.server.engines.json_schema import ArgumentsSchema
from realtime_chat.server.engines.sample_pattern import sample_pattern
from realtime_chat.server.engines.seam import Tool

_DEPTH = 24
"""Levels of a schema that refers to itself before it is given up."""

_VALUES = 10_000
"""Values of all arguments together, and characters of each: a schema may want as many as it likes."""

_BRANCHES = ((), ("if", "then"), ("else",))
"""What is tried in turn of a schema with conditions: often what it wants anyway is enough."""

_FORMATS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "email": "a@example.org",
    "hostname": "example.org",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def sample_arguments(tool: Tool) -> str:
    """Give the JSON text of arguments that are valid for ``tool``.

    What the schema gives is taken first: ``const``, ``default``, ``examples``, ``enum``. Otherwise it is the least
    that is valid: required properties, the fewest items, the shortest text, the number nearest to 0.

    Raises:
        EngineError: The parameters are no JSON Schema, or one that this is not up to.
    """
    schema = ArgumentsSchema(tool)
    for number, branch in product(range(2), _BRANCHES):
        try:
            value = _Sampler(schema.schema, branch).sample(schema.schema, 0, number)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):  # a schema of an odd make
            continue
        if schema.takes(value):
            return json.dumps(value, ensure_ascii=False)
    raise EngineError("thinking", f"the scripted engine finds no arguments that fit the tool {one_line(tool.name)}")


class _Sampler:
    """Makes a value; of every ``if``, the keywords in ``branch`` are taken to hold."""

    def __init__(self, root: dict[str, Any], branch: tuple[str, ...]) -> None:
        self._root = root
        self._branch = branch
        self._left = _VALUES

    def sample(self, schema: Any, depth: int, number: int = 0) -> Any:
        """Give a value; the ``number``-th where values have to differ."""
        self._left -= 1
        if not isinstance(schema, dict) or depth > _DEPTH or self._left < 0:
            return number or None
        schema = self._merged(schema, depth)
        given = list(_given(schema))
        if given:
            return given[number % len(given)]
        kind = schema.get("type") or _kind(schema)
        if isinstance(kind, list):
            kind = kind[number % len(kind)] if kind else "null"
        match kind:
            case "object":
                return self._object(schema, depth, number)
            case "array":
                return self._array(schema, depth, number)
            case "string":
                return _string(schema, number)
            case "integer":
                return _number(schema, number, whole=True)
            case "number":
                return _number(schema, number, whole=False)
            case "boolean":
                return bool(number % 2)
            case "null":
                return None
        return number

    def _merged(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        """Put together what ``$ref``, ``allOf``, and the first of ``anyOf`` and ``oneOf`` add to a schema."""
        merged = {key: value for key, value in schema.items() if key not in ("$ref", "allOf", "anyOf", "oneOf")}
        more = [self._target(schema["$ref"])] if "$ref" in schema else []
        more += schema.get("allOf") or []
        more += [choices[0] for key in ("anyOf", "oneOf") if (choices := schema.get(key))]
        more += [schema[key] for key in self._branch if "if" in schema and key in schema]
        for part in more:
            if isinstance(part, dict) and depth < _DEPTH:
                _add(merged, self._merged(part, depth + 1))
        return merged

    def _target(self, reference: str) -> Any:
        target: Any = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            target = target[int(name)] if isinstance(target, list) else target.get(name, {})
        return target

    def _object(self, schema: dict[str, Any], depth: int, number: int) -> dict[str, Any]:
        names = list(dict.fromkeys(schema.get("required") or ()))
        for name in names:  # and those that come to it meanwhile
            for more in self._dependent(schema, name):
                schema = dict(schema)
                _add(schema, self._merged(more, depth + 1))
                names += [other for other in schema.get("required") or () if other not in names]
        properties = schema.get("properties") or {}
        least = min(int(schema.get("minProperties") or 0), _VALUES)
        if number and not names:
            names = list(properties)[:1]
        names += [name for name in properties if name not in names][: max(0, least - len(names))]
        other = schema.get("additionalProperties", {})
        names += [f"property {n}" for n in range(max(0, least - len(names)))]
        return {name: self.sample(properties.get(name, other), depth + 1, number) for name in names}

    @staticmethod
    def _dependent(schema: dict[str, Any], name: str) -> list[dict[str, Any]]:
        """Give the schemas that an object has to fit once it has a property."""
        held = [(schema.get(key) or {}).get(name) for key in ("dependentRequired", "dependentSchemas", "dependencies")]
        return [{"required": one} if isinstance(one, list) else one for one in held if isinstance(one, list | dict)]

    def _array(self, schema: dict[str, Any], depth: int, number: int) -> list[Any]:
        first = schema.get("prefixItems") or []
        least = int(schema.get("minItems") or 0)
        if "contains" in schema:
            least = max(least, int(schema.get("minContains", 1)))
        if number and "maxItems" not in schema:
            least = max(least, number)
        least = min(least, _VALUES)
        other = schema.get("contains", schema.get("items", {}))
        apart = 1 if schema.get("uniqueItems") else 0
        return [self.sample(first[i] if i < len(first) else other, depth + 1, number + i * apart) for i in range(least)]


def _given(schema: dict[str, Any]) -> Iterator[Any]:
    if "const" in schema:
        yield schema["const"]
    elif isinstance(values := schema.get("enum"), list):
        first = schema.get("default", values[0] if values else None)
        yield from sorted(values, key=lambda value: bool(value != first))
    elif "default" in schema:
        yield schema["default"]
    elif isinstance(examples := schema.get("examples"), list):
        yield from examples


def _kind(schema: dict[str, Any]) -> str:
    for kind, keywords in {
        "object": ("properties", "required", "minProperties"),
        "array": ("items", "prefixItems", "minItems", "contains"),
        "string": ("minLength", "pattern", "format"),
        "number": ("minimum", "exclusiveMinimum", "multipleOf", "maximum", "exclusiveMaximum"),
    }.items():
        if any(keyword in schema for keyword in keywords):
            return kind
    return "string"


def _string(schema: dict[str, Any], number: int) -> str:
    if isinstance(pattern := schema.get("pattern"), str):
        return sample_pattern(pattern)
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    most = schema.get("maxLength")
    text = "text" if most is None else "text"[: int(most)]
    if number:
        digits = str(number)
        text = text[: len(text) if most is None else max(0, int(most) - len(digits))] + digits
    return text.ljust(min(int(schema.get("minLength") or 0), _VALUES), "x")


def _number(schema: dict[str, Any], number: int, *, whole: bool) -> int | float:
    """Give the multiple nearest to 0 within the limits, or the ``number``-th after it."""
    low, high = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    step = schema.get("multipleOf") or 1
    if whole and not float(step).is_integer():
        step *= next((n for n in range(1, 1001) if float(step * n).is_integer()), 1)
    first = -math.inf if low == -math.inf else math.ceil(low / step)
    last = math.inf if high == math.inf else math.floor(high / step)
    if isinstance(above, int | float) and not isinstance(above, bool):
        low, first = max(low, above), max(first, math.floor(above / step) + 1)
    if isinstance(below, int | float) and not isinstance(below, bool):
        high, last = min(high, below), min(last, math.ceil(below / step) - 1)
    if first > last and not whole and "multipleOf" not in schema:
        return float(low + (high - low) / (2 + number))
    nearest = min(max(0, first), last)
    steps = nearest + number
    if steps > last:
        steps = nearest - (steps - last)
    value = steps * step
    return int(value) if whole or float(value).is_integer() else float(value)


def _add(schema: dict[str, Any], more: dict[str, Any]) -> None:
    """Make ``schema`` want what ``more`` wants, too."""
    for key, value in more.items():
        held = schema.get(key)
        if key == "properties" and isinstance(held, dict):
            for name, part in value.items():
                both = dict(held.get(name) or {}) if isinstance(held.get(name) or {}, dict) else {}
                _add(both, part if isinstance(part, dict) else {})
                held = {**held, name: both}
            schema[key] = held
        elif key == "required" and isinstance(held, list):
            schema[key] = [*held, *value]
        elif key in ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties") and held is not None:
            schema[key] = max(held, value)
        elif key in ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties") and held is not None:
            schema[key] = min(held, value)
        elif key == "enum" and isinstance(held, list):
            schema[key] = [item for item in held if item in value]
        else:
            schema.setdefault(key, value)
