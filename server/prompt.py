"""Items as the language model reads them. Pure.

A chat template, and every API behind one, wants the result of a call right after the call. A conversation goes on
while a tool works: the person says something, and is answered, before the result is there. So a call whose result
came later is told at the place of the result; one that has none yet is told with a note that says so.
"""

from __future__ import annotations

from collections.abc import Iterable

from realtime_chat.protocol.items import FunctionCallItem, FunctionCallOutputItem, Item, MessageItem
from realtime_chat.server.engines.seam import ChatMessage, ToolCall

PENDING = "The result is not there yet."
"""What stands for the result of a call that has none."""


def chat_messages(items: Iterable[tuple[Item, str]], instructions: str) -> list[ChatMessage]:
    """Give items as messages; what nobody said is left out.

    Args:
        items: Each item and what it says.
        instructions: The system prompt; ``""`` for none.
    """
    known = list(items)
    results = {item.call_id for item, _ in known if isinstance(item, FunctionCallOutputItem)}
    calls = {str(item.call_id): item for item, _ in known if isinstance(item, FunctionCallItem)}
    messages = [ChatMessage("system", instructions)] if instructions else []
    batch = _Batch(messages, results)
    for item, text in known:
        match item:
            case MessageItem() if text:
                batch.flush()
                messages.append(ChatMessage(item.role, text))
            case FunctionCallItem():
                batch.call(item)
            case FunctionCallOutputItem() if item.call_id in calls:
                batch.result(calls[item.call_id], item.output)
            case _:  # nothing that a language model reads
                pass
    batch.flush()
    return messages


class _Batch:
    """Calls in a row, and their results as far as they are there."""

    def __init__(self, messages: list[ChatMessage], results: set[str]) -> None:
        self._messages = messages
        self._results = results
        self._calls: dict[str, ToolCall] = {}
        self._said: dict[str, str] = {}

    def call(self, item: FunctionCallItem) -> None:
        """Add a call; one that follows a result was made when the result was known."""
        if self._said:
            self.flush()
        self._add(item)

    def result(self, item: FunctionCallItem, output: str) -> None:
        """Add the result of a call, and the call again where it is told already or stands far above."""
        if item.call_id in self._said:
            self.flush()
        self._add(item)
        self._said[str(item.call_id)] = output

    def flush(self) -> None:
        """Tell what there is; a call whose result comes further below is told there."""
        if not self._calls:
            return
        told = {key: call for key, call in self._calls.items() if key in self._said or key not in self._results}
        if told:
            before = self._messages[-1] if self._messages else None
            if before is not None and before.role == "assistant" and not before.calls:
                self._messages[-1] = ChatMessage("assistant", before.text, tuple(told.values()))
            else:
                self._messages.append(ChatMessage("assistant", "", tuple(told.values())))
            self._messages.extend(ChatMessage("tool", self._said.get(key, PENDING), (), key) for key in told)
        self._calls.clear()
        self._said.clear()

    def _add(self, item: FunctionCallItem) -> None:
        key = str(item.call_id)
        self._calls.setdefault(key, ToolCall(item.name, item.arguments.strip() or "{}", key))
