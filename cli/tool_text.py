"""What a person reads of the calls of tools, in plain words and cleaned."""

from __future__ import annotations

import json
from typing import Final

from realtime_chat.protocol.printable import one_line
from realtime_chat.session.notices import ToolCall, ToolOutcome, ToolQuestion, ToolResult

LONGEST_CALL: Final = 600
"""Characters of a call that are shown: enough to know what is allowed, unless it hides in a long text."""

_LONGEST_RESULT: Final = 200
_LONGEST_NAME: Final = 64

_ENDINGS = {
    ToolOutcome.TIMED_OUT: "took too long",
    ToolOutcome.UNKNOWN: "is no tool",
    ToolOutcome.REFUSED: "was not allowed",
    ToolOutcome.INTERRUPTED: "was interrupted",
    ToolOutcome.TOO_MANY: "was called too often",
}


def call_text(call: ToolCall) -> str:
    """Give the line of a call, like ``calls weather(city="Paris")``."""
    return f"calls {_name(call.name)}({_arguments(call.arguments)})"


def question_text(question: ToolQuestion) -> str:
    """Give the question whether a call may be carried out, like ``May it call pay(sum=3)?``.

    It holds what the call does, for its line may be shown nowhere, or be that of another call of the same tool.
    """
    return f"May it call {_name(question.name)}({_arguments(question.arguments)})?"


def result_text(result: ToolResult) -> str:
    """Give the line of a call that is over, like ``weather: 12 degrees (0.3 s)``."""
    return one_line(f"{_name(result.name)}{_ending(result)}")


def _ending(result: ToolResult) -> str:
    if result.outcome is ToolOutcome.DONE:
        return f": {_cut(one_line(result.output), _LONGEST_RESULT)} ({result.ms / 1000:.1f} s)"
    if result.outcome in _ENDINGS:
        return f" {_ENDINGS[result.outcome]}"
    what = "failed" if result.outcome is ToolOutcome.FAILED else "was called with wrong arguments"
    return f" {what}: {_cut(one_line(_message(result.output)), _LONGEST_RESULT)}"


def _arguments(text: str) -> str:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if isinstance(values, dict):
        text = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in values.items())
    return _cut(one_line(text), LONGEST_CALL)


def _message(output: str) -> str:
    try:
        found = json.loads(output)
    except ValueError:
        return output
    return str(found.get("message", "")) if isinstance(found, dict) else output


def _name(name: str) -> str:
    return _cut(one_line(name), _LONGEST_NAME) or "?"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
