"""Calls put together from the pieces of a stream of chat completions, and held against their schemas. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from realtime_chat.server.engines.errors import SchemaUnfit
from realtime_chat.server.engines.json_schema import ArgumentsSchema, json_object
from realtime_chat.server.engines.seam import Tool, Toolbox, ToolCall

MAX_CALLS = 128
MAX_ARGUMENTS = 1_000_000
"""Characters of all calls' arguments; an endpoint that sends more has lost its way."""

MAX_WORK = 100_000_000
"""The most that one check may make: the work of the schema (`work_of`) times the characters of the arguments. That is
half a second in the worst of cases, in which the library lets nothing else run; usual ones make a thousandth of it."""

_LOOK_AROUND = 30_000
"""What a schema whose patterns look around makes besides: those may try everything for each value."""


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
        """Give the calls. Their arguments may be anything: see `unfit`.

        Args:
            toolbox: What was offered. Where nothing could be called, nothing is, whatever the endpoint sent.
            cut: The answer ended because of its limit, perhaps in the middle of a call, which is then left out.

        Raises:
            UnusableCall: A tool that was not offered.
        """
        if toolbox is None or (toolbox.choice == "none" and toolbox.only is None):
            return []
        offered = {tool.name for tool in toolbox.tools}
        calls = []
        for begun in self._calls:
            arguments = begun.arguments.strip() or ("" if cut else "{}")  # no arguments: "" as often as "{}"
            if cut and json_object(arguments) is None:
                continue
            if begun.name not in offered:
                raise UnusableCall("called a tool that it was not offered; try again, or another --llm-model")
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


def unfit(calls: Sequence[ToolCall], toolbox: Toolbox) -> frozenset[ToolCall]:
    """Give the calls whose arguments are no JSON object, or one that is not valid against the tool's schema.

    It takes a while where schemas or arguments are large, and is not for the event loop. What cannot be checked may be
    any object: where the library for it is missing, the schema is none that it takes, or the check makes too much work.

    Args:
        calls: Calls of tools in ``toolbox``.
        toolbox: What was offered.
    """
    called = {call.name for call in calls}
    fits = {tool.name: _check_of(tool) for tool in toolbox.tools if tool.name in called}
    return frozenset(call for call in calls if not fits[call.name](call.arguments))


def _check_of(tool: Tool) -> Callable[[str], bool]:
    """Give what says whether arguments fit a tool."""
    try:
        schema = ArgumentsSchema(tool)
    except (ModuleNotFoundError, SchemaUnfit):
        return _is_object
    work = schema.work + (_LOOK_AROUND if schema.looks_around else 0)
    return lambda arguments: (schema.fits if work * len(arguments) <= MAX_WORK else _is_object)(arguments)


def _is_object(arguments: str) -> bool:
    return json_object(arguments) is not None
