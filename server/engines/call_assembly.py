"""Calls put together from the pieces of a stream of chat completions. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass

from realtime_chat.server.engines.json_schema import json_object
from realtime_chat.server.engines.seam import Toolbox, ToolCall

MAX_CALLS = 128
MAX_ARGUMENTS = 1_000_000
"""Characters of all calls' arguments; an endpoint that sends more has lost its way."""


@dataclass
class _Begun:
    index: int | None
    id: str
    name: str = ""
    arguments: str = ""


class UnusableCall(Exception):
    """A call that nobody can make; ``str()`` says what the endpoint did."""


class CallAssembly:
    """Takes the ``tool_calls`` of each delta, by their ``index``.

    Not every endpoint numbers its calls: where the index is missing, or is 0 for all, an id or a name that is new
    begins a new call, and anything else belongs to the last.
    """

    def __init__(self) -> None:
        self._calls: list[_Begun] = []
        self._size = 0

    def take(self, deltas: object) -> None:
        """Take a delta's ``tool_calls``.

        Raises:
            TypeError: They are not what they should be.
            ValueError: There are too many of them.
        """
        if deltas is None:
            return
        if not isinstance(deltas, list):
            raise TypeError
        for delta in deltas:
            function = delta.get("function") or {}
            name, arguments = function.get("name") or "", function.get("arguments")
            if isinstance(arguments, dict):  # some send what they have already read
                arguments = json.dumps(arguments, ensure_ascii=False)
            arguments = arguments or ""
            if not (isinstance(name, str) and isinstance(arguments, str)):
                raise TypeError
            call = self._belonging(delta.get("index"), delta.get("id"), name)
            call.name = call.name or name
            call.arguments += arguments
            self._size += len(arguments)
            if self._size > MAX_ARGUMENTS or len(self._calls) > MAX_CALLS:
                raise ValueError

    def calls(self, toolbox: Toolbox | None, *, cut: bool) -> list[ToolCall]:
        """Give the calls, with arguments that are JSON objects; their fitting the schemas is the caller's to check.

        Args:
            toolbox: What was offered. Where nothing could be called, nothing is, whatever the endpoint sent.
            cut: The answer ended because of its limit, perhaps in the middle of a call, which is then left out.

        Raises:
            UnusableCall: A tool that was not offered, or arguments that are no JSON object.
        """
        if toolbox is None or (toolbox.choice == "none" and toolbox.only is None):
            return []
        offered = {tool.name for tool in toolbox.tools}
        calls = []
        for begun in self._calls:
            arguments = begun.arguments.strip() or ("" if cut else "{}")  # no arguments: "" as often as "{}"
            is_object = json_object(arguments) is not None
            if cut and not is_object:
                continue
            if begun.name not in offered:
                raise UnusableCall("called a tool that it was not offered; try again, or another --llm-model")
            if not is_object:
                raise UnusableCall(
                    f"called {begun.name} with arguments that are no JSON object; try again, or another --llm-model"
                )
            calls.append(ToolCall(begun.name, arguments))
        return calls if toolbox.parallel else calls[:1]

    def _belonging(self, index: object, call_id: object, name: str) -> _Begun:
        number = index if isinstance(index, int) and not isinstance(index, bool) else None
        key = call_id if isinstance(call_id, str) else ""
        same = [call for call in self._calls if call.index == number] if number is not None else self._calls[-1:]
        known = [call for call in self._calls if key and call.id == key]
        if known:
            return known[-1]
        if same and not (key and same[-1].id) and not (name and same[-1].name and number is None):
            return same[-1]
        self._calls.append(_Begun(number, key))
        return self._calls[-1]
