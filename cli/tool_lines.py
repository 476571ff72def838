"""`ToolLines`: the calls of tools in a typed conversation, as lines beside the answer."""

from __future__ import annotations

from collections.abc import Callable

from realtime_chat.cli.tool_text import call_text, result_text
from realtime_chat.session.notices import Notice, ToolCall, ToolResult


class ToolLines:
    """Says each call and what became of it."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """Make one; ``say`` takes a line, cleaned."""
        self._say = say

    def __call__(self, notice: Notice) -> None:
        """Take what happened."""
        match notice:
            case ToolCall():
                self._say(call_text(notice))
            case ToolResult():
                self._say(result_text(notice))
            case _:
                pass
