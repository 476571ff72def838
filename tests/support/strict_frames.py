"""The strictest readers of what a server sends: the types of the official SDK, which the SDK itself never enforces, and
the parser of `@openai/agents-realtime`, which drops what it does not understand."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from stock_clients import node_environment

_PARSER = Path(__file__).parents[1] / "conformance" / "clients" / "parse_frames.mjs"
_UNKNOWN_TO_AGENTS = {"conversation.item.created", "input_audio_buffer.timeout_triggered"}
"""Events of the API that agents-realtime passes by."""
_TELLING = {"type", "status", "object", "role", "name", "reason"}
"""Fields whose words a reader chooses by."""


@cache
def _adapter() -> Any:
    # Imported here: it takes a second, and whatever runs no server needs none of it.
    from openai.types.realtime import RealtimeServerEvent
    from pydantic import Field, TypeAdapter

    return TypeAdapter(Annotated[RealtimeServerEvent, Field(discriminator="type")])


def complaints(event: dict[str, Any]) -> list[str]:
    """Say what of an event of a server the official types refuse."""
    from pydantic import ValidationError

    try:
        _adapter().validate_python(event)
    except ValidationError as error:
        return [f"{event.get('type')}: {one['loc']}: {one['msg']}" for one in error.errors()]
    return []


def dropped(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give those events of a server that agents-realtime does not understand, and why."""
    lines = [json.dumps(event) + "\n" for event in events]
    done = subprocess.run(
        ["node", str(_PARSER)],
        input="".join(lines),
        env=node_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == f"{len(lines)} read\n"
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return [one for one in told if one["known"] or one["type"] not in _UNKNOWN_TO_AGENTS]


def shape(value: Any) -> Any:
    """Give what of an event a reader can stumble over: names, kinds of values and the words that are types."""
    if isinstance(value, dict):
        return tuple(
            (name, inner if name in _TELLING and isinstance(inner, str) else shape(inner))
            for name, inner in sorted(value.items())
            if not isinstance(inner, list | dict) or inner
        )
    if isinstance(value, list):
        return tuple(sorted({shape(inner) for inner in value}, key=repr))
    return type(value).__name__
