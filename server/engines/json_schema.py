"""Checking a tool's arguments against its JSON Schema, whoever wrote either.

A schema comes from a client and arguments from a language model, so neither may hold the server up: regular
expressions have a size and give up after so many steps, references are followed within the schema only (nothing is
fetched), and depth has a limit. ``jsonschema-rs`` gives all three, the last only for schemas; it does whatever work a
schema makes, so that `work_of` comes first.
"""

from __future__ import annotations

import json
from typing import Any

from realtime_chat.protocol.printable import one_line
from realtime_chat.server.engines.errors import SchemaUnfit
from realtime_chat.server.engines.schema_work import LEVELS, work_of
from realtime_chat.server.engines.seam import Tool

_STEPS = 100_000
"""Of backtracking: about a millisecond."""

_PATTERN_BYTES = 1_000_000
"""Of a regular expression made ready to be used; a few milliseconds."""


class ArgumentsSchema:
    """What a tool takes.

    Args:
        tool: Its ``parameters`` may leave out that they are an object.

    Attributes:
        schema: The schema, which says so.
        work: How much work it makes; see `work_of`.
        looks_around: It has a regular expression with look-around or a back reference.

    Raises:
        SchemaUnfit: The parameters are no valid JSON Schema, one that refers to what it does not hold, or one that
            makes too much work.
    """

    def __init__(self, tool: Tool) -> None:
        import jsonschema_rs

        self.schema: dict[str, Any] = {"type": "object", **tool.parameters}
        self.looks_around = False
        try:
            self.work = work_of(self.schema)
            self._validator = jsonschema_rs.validator_for(
                self.schema,
                retriever=_fetch_nothing,
                pattern_options=jsonschema_rs.FancyRegexOptions(backtrack_limit=_STEPS, size_limit=_PATTERN_BYTES),
            )
            try:
                linear = jsonschema_rs.RegexOptions(size_limit=_PATTERN_BYTES)
                jsonschema_rs.validator_for(self.schema, retriever=_fetch_nothing, pattern_options=linear)
            except ValueError:
                self.looks_around = True
        except ValueError as wrong:
            reason = one_line(str(wrong).partition("\n")[0])[:200].rstrip(".")
            named = f"the parameters of the tool {one_line(tool.name)} are no JSON Schema it can use ({reason})"
            raise SchemaUnfit("thinking", named, reason) from wrong

    def fits(self, arguments: str) -> bool:
        """Whether ``arguments`` is the JSON text of an object that is valid."""
        value = json_object(arguments)
        return value is not None and self.takes(value)

    def takes(self, value: object) -> bool:
        """Whether ``value`` is valid."""
        return _is_shallow(value) and bool(self._validator.is_valid(value))


def json_object(text: str) -> dict[str, Any] | None:
    """Read the JSON text of an object; None where it is anything else, or nested deeper than anything real."""
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and _is_shallow(value) else None


def _is_shallow(value: object) -> bool:
    """Whether a value has at most `LEVELS`. The library follows them on the stack; 100,000 of them end the process."""
    level = [value]
    for _ in range(LEVELS):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return True
    return False


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _fetch_nothing(uri: str) -> None:
    raise ValueError(f"{uri} is not in the schema")
