from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from realtime_chat.session.errors import InvalidArguments, ToolFailed
from realtime_chat.session.tools.json_schema import SchemaChecker

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


@pytest.fixture
async def checker() -> AsyncIterator[SchemaChecker]:
    made = SchemaChecker()
    yield made
    await made.close()


async def test_what_fits(checker: SchemaChecker) -> None:
    await checker.check({"n": 1}, SCHEMA)
    await checker.check({}, {})
    await asyncio.gather(*(checker.check({"n": n}, SCHEMA) for n in range(3)))


@pytest.mark.parametrize(
    ("arguments", "said"), [({}, '"n" is a required property - at `\\$`'), ({"n": "x" * 9999}, r"at `\$\.n`")]
)
async def test_what_does_not(checker: SchemaChecker, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidArguments, match=said) as caught:
        await checker.check(arguments, SCHEMA)
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
async def test_a_schema_that_cannot_be_used_and_is_not_fetched(checker: SchemaChecker, schema: dict[str, Any]) -> None:
    with pytest.raises(ToolFailed, match="schema cannot be used"):
        await checker.check({"n": "x"}, schema)


@pytest.mark.parametrize("pattern", [r"^([a-zA-Z]+\s?)+$", r"^(?!!)([a-zA-Z]+\s?)+$"])
async def test_a_pattern_that_takes_for_ever_elsewhere(checker: SchemaChecker, pattern: str) -> None:
    with pytest.raises(InvalidArguments, match="does not match"):
        await checker.check({"n": "a" * 200 + "!"}, {"properties": {"n": {"pattern": pattern}}})


def without_end(levels: int = 40) -> dict[str, Any]:
    """Definitions each of which leads to the next one twice: two to the power of so many ways."""
    parts = {str(n): {"allOf": [{"$ref": f"#/$defs/{n + 1}"}] * 2} for n in range(levels)}
    return {"$ref": "#/$defs/0", "$defs": {**parts, str(levels): {}}}


async def test_a_schema_without_end_keeps_nobody_waiting() -> None:
    checker = SchemaChecker(seconds=2.0)
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.01)
            beats += 1

    beating = asyncio.create_task(beat())
    with pytest.raises(ToolFailed, match="within 2 s"):
        await checker.check({"n": 1}, without_end())
    beating.cancel()
    assert beats > 10  # the event loop was free meanwhile
    await checker.check({"n": 1}, SCHEMA)  # and a new process takes the next one
    await checker.close()


async def test_a_check_can_be_given_up(checker: SchemaChecker) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await checker.check({"n": 1}, without_end())
    await checker.check({"n": 1}, SCHEMA)


async def test_arguments_nested_too_deeply() -> None:
    checker = SchemaChecker()
    deep: Any = 1
    for _ in range(900):
        deep = [deep]
    for _ in range(2):  # also after the process ended, if it did
        try:
            await checker.check({"n": deep}, SCHEMA)
        except (InvalidArguments, ToolFailed):
            continue
        pytest.fail("they fit")
    await checker.close()
