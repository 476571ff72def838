"""What a language model may write when it has tools, as grammars that constrain llama.cpp's sampling.

An answer is written in steps, each with the grammar that is best at it: what comes before a call's arguments with
GBNF, which knows the marks that end a model's message; the arguments with llguidance, which knows JSON Schema.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from realtime_chat.server.engines.tool_text import CALL_ENDS, call_head

_TEXT = "text ::= [^<]+\n"
"""Text holds no tags, so that what begins like a call is one; where it may not call, a small model makes tags up."""

_OPEN_ENDED = frozenset((
    "$ref", "$dynamicRef", "additionalProperties", "allOf", "anyOf", "dependentRequired", "dependentSchemas", "if",
    "minProperties", "oneOf", "patternProperties", "propertyNames", "unevaluatedProperties",
))  # fmt: skip
"""Keywords with which an object may need properties that ``properties`` does not name."""

_HARD = frozenset(("format", "pattern", "patternProperties", "propertyNames"))
"""Keywords for which a schema may be refused: llguidance knows no look-around, and not every format."""


def text_only(*, begun: bool = False) -> str:
    """Give the grammar of an answer that calls nothing; ``begun``, of what may be left of one."""
    return f"root ::= text{'?' if begun else ''}\n{_TEXT}"


def text_or_call(names: Sequence[str], *, begun: bool = False) -> str:
    """Give the grammar of an answer up to its first call's arguments, or without a call; ``begun``, of its rest."""
    return f"root ::= text{'?' if begun else ''} | text? call\n{_TEXT}{_call_rule(names)}"


def rest_of_call(names: Sequence[str], begun: str) -> str:
    """Give the grammar of the rest of a call up to its arguments, of which ``begun`` is there and does not suffice."""
    heads = [call_head(name) for name in names]
    return f"root ::= {_one_of([head[len(begun) :] for head in heads if head.startswith(begun)])}\n"


def first_call(names: Sequence[str]) -> str:
    """Give the grammar of a call up to its arguments."""
    return f"root ::= call\n{_call_rule(names)}"


def next_call(names: Sequence[str]) -> str:
    """Give the grammar of what follows a call: the end, or another up to its arguments."""
    return f'root ::= ("\\n" call)?\n{_call_rule(names)}'


def arguments_of(schema: dict[str, Any], *, loose: bool = False) -> str:
    """Give the grammar of arguments, and the end of the call.

    Only properties that the schema names are offered, where that leaves something valid: a small model invents
    others. Whatever the grammar cannot express is left to a check of the outcome.

    Args:
        schema: Of an object.
        loose: Leave out what the library may refuse; it then does without the whole grammar, silently.
    """
    constraint = {
        **_closed(_without_hard(schema) if loose else schema),
        "x-guidance": {
            "lenient": True,
            "whitespace_flexible": False,
            "item_separator": ", ",
            "key_separator": ": ",
        },
    }
    return f'%llguidance {{}}\nstart: " " args {json.dumps(CALL_ENDS)}\nargs: %json {json.dumps(constraint)}\n'


def _call_rule(names: Sequence[str]) -> str:
    return f"call ::= {_one_of([call_head(name) for name in names])}\n"


def _one_of(texts: Sequence[str]) -> str:
    return " | ".join(json.dumps(text, ensure_ascii=False) for text in texts)


def _closed(schema: Any) -> Any:
    """Forbid properties that are not named, wherever an object does without them."""
    if not isinstance(schema, dict):
        return schema
    closed = dict(schema)
    properties = schema.get("properties", {})
    if isinstance(properties, dict) and "properties" in schema:
        closed["properties"] = {name: _closed(value) for name, value in properties.items()}
    if "items" in schema:
        closed["items"] = _closed(schema["items"])
    required = schema.get("required", ())
    is_object = schema.get("type") == "object" or "properties" in schema
    if is_object and not _OPEN_ENDED & schema.keys() and set(required) <= set(properties):
        closed["additionalProperties"] = False
    return closed


def _without_hard(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_hard(value) for value in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _without_hard(value) for name, value in held.items()}
        if key in ("properties", "$defs", "definitions") and isinstance(held, dict)
        else held
        if key in ("const", "enum", "default")
        else _without_hard(held)
        for key, held in schema.items()
        if key not in _HARD
    }
