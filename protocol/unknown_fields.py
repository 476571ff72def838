"""Fields that the API does not know.

The structs pass over what they do not know, as a client must. The service refuses it in what asks for something: a
setting that is misspelt, or of an older version, would else be lost in silence.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from msgspec import Struct, inspect

TOLERATED = frozenset(
    {
        "session.tools",
        "session.audio.input.format",
        "session.audio.output.format",
        "response.tools",
        "response.input",
        "response.audio.output.format",
    }
)
"""Below these nothing is refused: stock clients send items as they got them, ``strict`` with a tool, and a rate with
every format."""


def unknown_field(value: Any, kind: type[Struct]) -> str | None:
    """Give the path of the first field of ``value`` that ``kind`` does not have, such as ``session.temperature``.

    Args:
        value: Decoded JSON that ``kind`` was made of.
        kind: The struct.
    """
    return _search(value, _shape(kind), "")


@cache
def _shape(kind: type[Struct]) -> inspect.Type:
    return inspect.type_info(kind)


def _search(value: Any, shape: inspect.Type, path: str) -> str | None:
    if isinstance(shape, inspect.UnionType) and isinstance(value, dict):
        structs = [inner for inner in shape.types if isinstance(inner, inspect.StructType)]
        shape = next((inner for inner in structs if _is_of(value, inner)), shape)
    if not isinstance(shape, inspect.StructType) or not isinstance(value, dict):
        return None
    fields = {field.encode_name: field.type for field in shape.fields}
    for key, inner in value.items():
        where = f"{path}.{key}" if path else str(key)
        if key not in fields and key != shape.tag_field:
            return where
        if key in fields and where not in TOLERATED and (found := _search(inner, fields[key], where)):
            return found
    return None


def _is_of(value: dict[str, Any], shape: inspect.StructType) -> bool:
    return shape.tag_field is None or value.get(shape.tag_field) == shape.tag
