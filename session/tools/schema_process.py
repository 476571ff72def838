"""The process that checks arguments against JSON Schemas that somebody else wrote.

A schema of a hundred bytes may make hours of work, and no thread can be stopped: a process can. Regular expressions are
matched in time linear in the text; those with look-around or a back reference, which cannot be, give up after so many
steps. It answers a line of JSON with a line of JSON, and ends when its standard input does.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from typing import Any, Final

import msgspec
from msgspec import Struct

LONGEST: Final = 500
"""Characters of what is wrong: a message may quote all that was given."""

_STEPS: Final = 100_000
_PATTERN_BYTES: Final = 1_000_000
_MEMORY: Final = 1 << 30


class Question(Struct):
    """Whether arguments fit a schema."""

    schema: dict[str, Any]
    arguments: dict[str, Any]


class Fits(Struct, tag_field="type", tag="fits"):
    """They do."""


class Misfits(Struct, tag_field="type", tag="misfits"):
    """They do not; ``reason`` is a sentence."""

    reason: str


class Unusable(Struct, tag_field="type", tag="unusable"):
    """The schema cannot be used; ``reason`` is a sentence."""

    reason: str


Verdict = Fits | Misfits | Unusable


def verdict(question: Question) -> Verdict:
    """Say whether the arguments fit. Nothing is fetched: a schema that points elsewhere cannot be used."""
    try:
        error = next(iter(_validator(question.schema).iter_errors(question.arguments)), None)
    except Exception as problem:  # noqa: BLE001 - whatever a schema does to the library, it cannot be used
        return Unusable(f"The tool's schema cannot be used ({_line(problem)}).")
    if error is None:
        return Fits()
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.instance_path)
    return Misfits(f"{error.message[:LONGEST]} - at `${path[:LONGEST]}`")


def _validator(schema: dict[str, Any]) -> Any:
    import jsonschema_rs

    try:
        linear = jsonschema_rs.RegexOptions(size_limit=_PATTERN_BYTES)
        return jsonschema_rs.validator_for(schema, retriever=_fetch_nothing, pattern_options=linear)
    except ValueError:
        limited = jsonschema_rs.FancyRegexOptions(backtrack_limit=_STEPS, size_limit=_PATTERN_BYTES)
        return jsonschema_rs.validator_for(schema, retriever=_fetch_nothing, pattern_options=limited)


def _line(problem: Exception) -> str:
    return " ".join(str(problem).partition("\n")[0].split())[:LONGEST].rstrip(".") or type(problem).__name__


def _fetch_nothing(uri: str) -> None:
    raise ValueError(f"{uri} is not in the schema")


def main() -> None:
    """Answer questions."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # not everywhere is there such a limit
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    importlib.import_module("jsonschema_rs")  # before the first question
    with contextlib.suppress(BrokenPipeError):
        for line in sys.stdin.buffer:
            try:
                answer = verdict(msgspec.json.decode(line, type=Question))
            except (msgspec.DecodeError, RecursionError):
                answer = Misfits("The arguments are nested too deeply.")
            sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
