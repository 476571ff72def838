"""The words of the ``conversation`` dialect, and how its frames are put together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from realtime_chat.protocol.dialects.dialect import Json

CREATE: Final = "conversation.create"
CREATED: Final = "conversation.created"
ITEM_CREATE: Final = "conversation.item.create"
AUDIO: Final = "audio"
TEXT: Final = "text"
DELTA: Final = "content_block.delta"
FUNCTIONS: Final = "available_functions.create"
CALL: Final = "function.call"
RESULT: Final = "function.response"

BLOCKS: Final = {
    ("response.output_text", "text"): "text",
    ("response.output_audio_transcript", "transcript"): "transcript",
}
"""Stems of GA's events about text, with the name of the whole text in them, and what ``data.kind`` says of each."""


def framed(kind: str, event: Json, data: Mapping[str, Any]) -> Json:
    """Give a frame that says ``data`` in the place of ``event``."""
    return {"type": kind} | head(event) | {"data": dict(data)}


def head(frame: Json) -> Json:
    """Give what every event may begin with: its id."""
    return {"event_id": frame["event_id"]} if "event_id" in frame else {}


def place(fields: Json) -> Json:
    """Give the fields that say which part of which answer is meant."""
    names = ("response_id", "item_id", "output_index", "content_index")
    return {name: fields[name] for name in names if name in fields}


def fields_of(value: Any) -> Json:
    """Give ``value`` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def text_of(value: Any) -> str:
    """Give ``value`` as JSON text, unless it is a text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
