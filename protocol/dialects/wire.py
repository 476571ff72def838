"""Frames as JSON objects, and back. What is no JSON object is None here: the codec says what is wrong with it."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from realtime_chat.protocol.dialects.dialect import Json


class _Head(Struct):
    type: str = ""


_HEAD: Final = msgspec.json.Decoder(_Head)
_OBJECT: Final = msgspec.json.Decoder(Json)
_ENCODER: Final = msgspec.json.Encoder()
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeError, RecursionError)


def type_of(frame: str | bytes) -> str:
    """Give a frame's type without reading all of it, ``""`` where it has none."""
    try:
        return _HEAD.decode(frame).type
    except _UNREADABLE:
        return ""


def read(frame: str | bytes) -> Json | None:
    """Give a frame's object."""
    try:
        return _OBJECT.decode(frame)
    except _UNREADABLE:
        return None


def write(fields: Json) -> str:
    """Give the frame of an object."""
    return _ENCODER.encode(fields).decode()
