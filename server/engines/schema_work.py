"""How much work a JSON Schema makes for whoever reads it and checks values with it, told before anybody does. Pure.

A kilobyte is enough to hold a server up: twenty definitions, each of which refers to the next one twice, are a million
ways to the last one; and a pattern of a dozen characters may need megabytes. So references are followed and counted,
which is only done where they are paths within the schema, as everybody's tools write them.

A unit is about a microsecond.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote

MAX_WORK: Final = 100_000
"""The most that the schemas of one event may make: a tenth of a second, and in the worst of cases less than one."""

LEVELS: Final = 200
"""Of objects, arrays and references within each other."""

_OBJECT, _VISIT = 5, 10
_PATTERN, _LARGE_PATTERN = 250, 2_500
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_LISTS = ("allOf", "anyOf", "oneOf")
_TABLES = ("dependentSchemas", "dependencies")
_SINGLE = ("not", "if", "then", "else")
_ALL = frozenset({*_REFERENCES, *_LISTS, *_TABLES, *_SINGLE})
_WIDE = re.compile(r"(?<!\\)\.|\[\^|\\[pPSWDux]|[^\x00-\x7f]")
"""Something in a regular expression that stands for a great part of Unicode."""

_MANY = 10
_COUNTS = re.compile(r"\{(\d+)(?:,(\d*))?\}")


def work_of(schema: dict[str, Any]) -> int:
    """Say how much work a schema makes.

    Raises:
        ValueError: It makes more than `MAX_WORK`, is nested too deeply, refers in a circle, or to something of which
            that cannot be said; ``str()`` says which.
    """
    objects, values = _inside(schema)
    work = (
        values + _OBJECT * len(objects) + sum(_pattern_work(pattern) for one in objects for pattern in _patterns(one))
    )
    if work <= MAX_WORK:
        visits = _Visits(schema, objects)
        work += _VISIT * sum(visits.of(one) for one in objects if not _ALL.isdisjoint(one))
    if work > MAX_WORK:
        raise ValueError("it is too large, or its patterns and references are")
    return work


def _inside(schema: dict[str, Any]) -> tuple[list[dict[str, Any]], int]:
    """Give all objects in a schema, and how many values there are."""
    objects: list[dict[str, Any]] = []
    values = 0
    level: list[Any] = [schema]
    for _ in range(LEVELS + 1):
        values += len(level)
        if not level or values > MAX_WORK:
            return objects, values
        objects += [value for value in level if isinstance(value, dict)]
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
    raise ValueError(f"it has more than {LEVELS} levels")


def _patterns(one: dict[str, Any]) -> Iterator[str]:
    if isinstance(pattern := one.get("pattern"), str):
        yield pattern
    if isinstance(properties := one.get("patternProperties"), dict):
        yield from properties


def _pattern_work(pattern: str) -> int:
    if len(pattern) > MAX_WORK:
        return len(pattern)
    copies = 1.0
    for least, most in _COUNTS.findall(pattern):
        copies *= max(1.0, float(most or least))
    is_large = copies >= _MANY and _WIDE.search(pattern)
    return (_LARGE_PATTERN if is_large else _PATTERN) + len(pattern)


class _Visits:
    """Counts the objects that a value is held against, one and the same again for each way that leads to it."""

    def __init__(self, schema: dict[str, Any], objects: list[dict[str, Any]]) -> None:
        self._schema = schema
        self._found: dict[int, tuple[int, int]] = {}
        names = ("$id", "id") if re.search(r"draft-0[34]", str(schema.get("$schema"))) else ("$id",)
        has_parts = any(isinstance(one.get(name), str) for one in objects for name in names if one is not schema)
        if has_parts and any(isinstance(one.get(key), str) for one in objects for key in _REFERENCES):
            raise ValueError("it refers to something, and a part of it has an '$id'")

    def of(self, one: dict[str, Any]) -> int:
        """Count for the object that a value is held against first.

        Raises:
            ValueError: There is no end to it.
        """
        if id(one) not in self._found:
            self._count(one)
        return self._found[id(one)][0]

    def _count(self, first: dict[str, Any]) -> None:
        under_way = {id(first): iter(self._next(first))}
        stack = [first]
        while stack:  # and no recursion: references make chains of any length
            one = stack[-1]
            for other in under_way[id(one)]:
                if id(other) in under_way:
                    raise ValueError("it refers to itself in a circle")
                if id(other) not in self._found:
                    under_way[id(other)] = iter(self._next(other))
                    stack.append(other)
                    break
            else:
                inner = [self._found[id(other)] for other in self._next(one)]
                count = 1 + sum(count for count, _ in inner)
                height = 1 + max((height for _, height in inner), default=0)
                if height > LEVELS:
                    raise ValueError(f"it has more than {LEVELS} levels of references")
                self._found[id(one)] = min(count, MAX_WORK), height
                del under_way[id(one)]
                stack.pop()

    def _next(self, one: dict[str, Any]) -> list[dict[str, Any]]:
        """Give what a value is held against besides: the same value, not one inside of it."""
        found: list[Any] = []
        if _ALL.isdisjoint(one):
            return found
        for key in _LISTS:
            found += value if isinstance(value := one.get(key), list) else []
        for key in _TABLES:
            found += value.values() if isinstance(value := one.get(key), dict) else []
        found += [one.get(key) for key in _SINGLE]
        found += [self._target(value) for key in _REFERENCES if isinstance(value := one.get(key), str)]
        return [other for other in found if isinstance(other, dict)]

    def _target(self, reference: str) -> object:
        """Give what a reference leads to; None where there is nothing."""
        if reference != "#" and not reference.startswith("#/"):
            raise ValueError(f"{reference[:100]} is no path within it, like #/$defs/name")
        value: object = self._schema
        for escaped in unquote(reference).split("/")[1:]:
            name = escaped.replace("~1", "/").replace("~0", "~")
            if isinstance(value, dict):
                value = value.get(name)
            elif isinstance(value, list) and re.fullmatch(r"[0-9]{1,9}", name) and int(name) < len(value):
                value = value[int(name)]
            else:
                return None
        return value
