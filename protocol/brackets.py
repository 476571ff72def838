"""The brackets of a JSON text: how many there are, and how deep they go. Pure.

Whatever reads or writes JSON follows it on the stack and makes an object of each pair of brackets, so that a short text
may be too much: one that can just be read ends whoever writes it out again a few calls deeper. That is told here before
anything is read. Base64 and most words have few brackets, and cost a look for them.
"""

from __future__ import annotations

import re
from typing import Final

from realtime_chat.protocol.errors import MalformedEvent

MAX_DEPTH: Final = 200
"""Objects and lists within each other, as in the schema of a tool."""

MAX_PAIRS: Final = 20_000
"""Objects and lists in all: as many as the schemas of all tools may have."""

_BRACKETS: Final = b"[]{}"
_OTHERS: Final = bytes(set(range(256)) - set(_BRACKETS))
_STRING: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


def has_more(text: str | bytes, sign: str, most: int) -> bool:
    """Say whether ``sign`` is more than ``most`` times in a text; it is looked at no further than needed."""
    at = -1
    for _ in range(most + 1):
        at = text.find(sign, at + 1) if isinstance(text, str) else text.find(sign.encode(), at + 1)
        if at < 0:
            return False
    return True


def brackets_of(text: str | bytes) -> bytes:
    """Give the brackets of a JSON text, without those in its strings; of what is no JSON, any of them."""
    data = text.encode(errors="replace") if isinstance(text, str) else text
    return _STRING.sub(b"", data).translate(None, _OTHERS)


def check_brackets(text: str | bytes, event_id: str | None = None) -> None:
    """Refuse a JSON text that takes too much to be read, or to be written again.

    Args:
        text: The text, which need not be JSON.
        event_id: The sender's id of the event, where it has one.

    Raises:
        MalformedEvent: It is nested more than `MAX_DEPTH` deep, or has more than `MAX_PAIRS` of brackets.
    """
    if not any(has_more(text, sign, MAX_DEPTH // 2) for sign in "[{"):
        return
    brackets = brackets_of(text)
    depth = 0
    for bracket in brackets[: 2 * MAX_PAIRS]:
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise MalformedEvent("invalid_json", "The message is nested too deeply.", None, event_id)
    if len(brackets) > 2 * MAX_PAIRS:
        reason = f"The message is too much: it may have up to {MAX_PAIRS} objects and lists."
        raise MalformedEvent("invalid_value", reason, None, event_id)
