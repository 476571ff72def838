"""JSON values of any shape that the protocol's types describe, for properties."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(-1e6, 1e6) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
OBJECTS = st.dictionaries(TEXT, ANYTHING, max_size=3)


def json_of(kind: Any) -> st.SearchStrategy[Any]:
    """Values as they are on the wire, of a type that msgspec knows; optional fields come and go."""
    return _of(inspect.type_info(kind))


def _of(info: inspect.Type) -> st.SearchStrategy[Any]:
    match info:
        case inspect.StructType():
            return _of_struct(info)
        case inspect.UnionType(types=types):
            return st.one_of(*[_of(one) for one in types if one.__class__.__name__ != "UnsetType"])
        case inspect.LiteralType(values=values):
            return st.sampled_from(values)
        case inspect.ListType(item_type=item):
            return st.lists(_of(item), max_size=2)
        case inspect.DictType(value_type=value):
            return st.dictionaries(TEXT, _of(value), max_size=2)
        case inspect.BytesType():
            return st.binary(max_size=6).map(lambda raw: base64.b64encode(raw).decode())
        case inspect.StrType():
            return TEXT
        case inspect.BoolType():
            return st.booleans()
        case inspect.IntType():
            return st.integers(0, 100_000)
        case inspect.FloatType():
            return st.floats(0, 100)
        case inspect.NoneType():
            return st.none()
        case inspect.AnyType():
            return ANYTHING
    raise TypeError(info)


def _of_struct(info: inspect.StructType) -> st.SearchStrategy[dict[str, Any]]:
    tag = {info.tag_field: st.just(info.tag)} if info.tag_field is not None else {}
    required = {field.encode_name: _of(field.type) for field in info.fields if field.required}
    optional = {field.encode_name: _of(field.type) for field in info.fields if not field.required}
    return st.fixed_dictionaries(tag | required, optional=optional)


def fits(value: Any, kind: Any) -> bool:
    """Say whether a JSON value is one of a type."""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True
