from __future__ import annotations

from typing import Any

import pytest

from realtime_chat.session.errors import InvalidArguments, ToolFailed
from realtime_chat.session.tools.json_schema import check

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


def test_what_fits() -> None:
    check({"n": 1}, SCHEMA)
    check({}, {})


@pytest.mark.parametrize(("arguments", "said"), [({}, "'n' is a required"), ({"n": "x" * 9999}, r"at `\$\.n`")])
def test_what_does_not(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidArguments, match=said) as caught:
        check(arguments, SCHEMA)
    assert len(caught.value.reason) < 600


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"properties": 1},
        {"$ref": "http://127.0.0.1:1/schema.json"},
        {"$ref": "#/$defs/nothing"},
        {"properties": {"n": {"pattern": "("}}},
    ],
)
def test_a_schema_that_cannot_be_used_and_is_not_fetched(schema: dict[str, Any]) -> None:
    with pytest.raises(ToolFailed, match="schema"):
        check({"n": "x"}, schema)
