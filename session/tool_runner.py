"""`ToolRunner`: carries out the calls of tools beside the conversation, and tells how each went."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from realtime_chat.session.effects import CallTool, CheckTool, DropTool, ToolEffect
from realtime_chat.session.errors import InvalidArguments, ToolFailed
from realtime_chat.session.notices import ToolOutcome
from realtime_chat.session.tool_events import ToolChecked, ToolEvent, ToolFinished
from realtime_chat.session.tools.seam import Tool

LONGEST_RESULT: Final = 20_000
"""Characters of a result that the model is told: about 5,000 tokens, of the 32,000 that a Realtime model reads."""

CLOSE_SECONDS: Final = 1.0
"""How long calls may take to stop at the end of a conversation."""

_log = logging.getLogger(__name__)


class ToolRunner:
    """Runs each check and call as a task of its own; made on the event loop, and closed there."""

    def __init__(self, tools: Sequence[Tool], tell: Callable[[ToolEvent], None]) -> None:
        """Make one.

        Args:
            tools: Those that may be called, each with a name of its own.
            tell: Told how each check and each call went, but not of those that were dropped.
        """
        self._tools = {tool.name: tool for tool in tools}
        self._tell = tell
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._dropped: set[asyncio.Task[None]] = set()

    def do(self, effect: ToolEffect) -> None:
        """Carry out an effect; returns at once."""
        if not isinstance(effect, DropTool):
            task = self._tasks[effect.call_id] = asyncio.create_task(self._run(effect))
            task.add_done_callback(self._dropped.discard)
        elif (dropped := self._tasks.pop(effect.call_id, None)) is not None:
            self._dropped.add(dropped)
            dropped.cancel()

    async def close(self) -> None:
        """Stop everything that runs, and wait for it a little."""
        tasks = [*self._tasks.values(), *self._dropped]
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_SECONDS)

    async def _run(self, effect: CheckTool | CallTool) -> None:
        call_id = effect.call_id
        try:
            event = await self._done(effect)
        except InvalidArguments as error:
            event = ToolFinished(call_id, ToolOutcome.INVALID, limited(error.reason))
        except ToolFailed as error:
            event = ToolFinished(call_id, ToolOutcome.FAILED, limited(error.reason))
        except Exception as error:  # noqa: BLE001 - whatever a tool does, the conversation goes on
            _log.warning("a tool failed: %s", type(error).__name__, exc_info=True)
            event = ToolFinished(call_id, ToolOutcome.FAILED, f"The tool broke ({type(error).__name__}).")
        if self._tasks.get(call_id) is asyncio.current_task():
            del self._tasks[call_id]
            self._tell(event)

    async def _done(self, effect: CheckTool | CallTool) -> ToolEvent:
        tool = self._tools[effect.name]
        if isinstance(effect, CheckTool):
            await tool.check(effect.arguments)
            return ToolChecked(effect.call_id)
        return ToolFinished(effect.call_id, ToolOutcome.DONE, limited(await tool.call(effect.arguments)))


def limited(text: str) -> str:
    """Give a result as the model is told it: cut where it is too long, which it is told too."""
    if len(text) <= LONGEST_RESULT:
        return text
    return f"{text[:LONGEST_RESULT]}\n[cut: these are the first {LONGEST_RESULT} of {len(text)} characters]"
