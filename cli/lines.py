"""The lines of ``--json``: one object each, `type` first, made of notices."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TextIO

from realtime_chat.session.notices import (
    Closed,
    Fault,
    Interrupted,
    Notice,
    Ready,
    SpeechStarted,
    ToolCall,
    ToolQuestion,
    ToolResult,
    Transcript,
    Turn,
)


def line_of(notice: Notice) -> str | None:
    """Give the line for ``notice``, or None where it has none.

    Everything beyond ASCII is escaped: the text stays exact, and a terminal has nothing to obey.
    """
    fields = _fields(notice)
    return None if fields is None else json.dumps(fields)


class JsonLines:
    """Writes each notice that has a line, at once."""

    def __init__(self, stream: TextIO, *, aside: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        """Make one.

        Args:
            stream: Takes the lines.
            aside: Makes room for a line where one is being typed.
        """
        self._stream = stream
        self._aside = aside
        self._has_words = ""  # the item whose words were written last

    def __call__(self, notice: Notice) -> None:
        """Write ``notice``."""
        line = line_of(notice)
        if isinstance(notice, Transcript):
            if notice.item_id == self._has_words:  # also when an interruption takes all its words back
                line = json.dumps(_transcript(notice))
            elif notice.text:
                self._has_words = notice.item_id
        if line is not None:
            with self._aside():
                self._stream.write(f"{line}\n")
                self._stream.flush()


def _fields(notice: Notice) -> dict[str, Any] | None:
    match notice:
        case Ready(model, voice):
            return {"type": "ready", "model": model, "voice": voice}
        case SpeechStarted():
            return {"type": "speech_started"}
        case Transcript():
            return _transcript(notice) if notice.text else None  # one without words was only placed
        case Interrupted(item_id, heard_ms):
            return {"type": "interrupted", "item_id": item_id, "heard_ms": heard_ms}
        case Turn():
            return {
                "type": "turn",
                "voice_to_voice_ms": notice.voice_to_voice_ms,
                "turn_end_to_audio_ms": notice.turn_end_to_audio_ms,
                "usage": _plain(notice.usage),
            }
        case ToolCall(call_id, name, arguments):
            return {"type": "tool_call", "call_id": call_id, "name": name, "arguments": arguments}
        case ToolQuestion(call_id, name):
            return {"type": "tool_question", "call_id": call_id, "name": name}
        case ToolResult(call_id, name, outcome, output, ms):
            row = {"type": "tool_result", "call_id": call_id, "name": name, "outcome": outcome.value}
            return row | {"output": output, "ms": ms}
        case Fault(code, message):
            return {"type": "error", "code": code, "message": message}
        case Closed(cause, reason):
            return {"type": "closed", "cause": cause.value, "reason": reason}
        case _:
            return None


def _transcript(notice: Transcript) -> dict[str, Any]:
    return {
        "type": "transcript",
        "role": notice.role,
        "text": notice.text,
        "final": notice.final,
        "item_id": notice.item_id,
    }


def _plain(usage: object) -> Any:
    import msgspec

    return msgspec.to_builtins(usage)
