"""Tools from several places put together, each with a name of its own that a model can call."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from realtime_chat.session.errors import ToolsUnusable
from realtime_chat.session.tools.mcp_server import McpSource, mcp_tools
from realtime_chat.session.tools.python_file import python_tools
from realtime_chat.session.tools.seam import Tool

MOST_TOOLS: Final = 128
"""More than any model chooses well from; what they are takes up the room for the conversation."""

LONGEST_NAME: Final = 64
_WRONG = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Named:
    """A tool by another name; see `seam.Tool`."""

    name: str
    tool: Tool

    @property
    def description(self) -> str:
        """The same."""
        return self.tool.description

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The same."""
        return self.tool.parameters

    @property
    def is_read_only(self) -> bool:
        """The same."""
        return self.tool.is_read_only

    async def check(self, arguments: Mapping[str, Any]) -> None:
        """The same."""
        await self.tool.check(arguments)

    async def call(self, arguments: Mapping[str, Any]) -> str:
        """The same."""
        return await self.tool.call(arguments)


@contextlib.asynccontextmanager
async def toolbox(
    files: Sequence[Path], servers: Sequence[McpSource], *, started: Callable[[str], None] = lambda _: None
) -> AsyncIterator[tuple[Tool, ...]]:
    """Give the tools of Python files and of MCP servers, for the length of an ``async with``.

    All of them are started at once.

    Args:
        files: The Python files.
        servers: The servers.
        started: Told the name of each that is there: of a file, its last part without the suffix.

    Raises:
        ToolsUnusable: Some of them cannot be used, or two files have a function of the same name.
    """
    async with contextlib.AsyncExitStack() as stack:
        sources: list[tuple[str, AbstractAsyncContextManager[Sequence[Tool]]]] = []
        sources += [(file.stem, python_tools(file)) for file in files]
        sources += [(server.name, mcp_tools(server)) for server in servers]
        groups = await _entered(stack, sources, started)
        _check_apart(files, [tools for _, tools in groups])
        tools = named_apart(groups)
        if len(tools) > MOST_TOOLS:
            names = ", ".join(name for name, _ in groups)
            raise ToolsUnusable(names, f"they are {len(tools)}, and a model can have {MOST_TOOLS}: leave some out")
        yield tools


def _check_apart(files: Sequence[Path], groups: Sequence[Sequence[Tool]]) -> None:
    """Refuse functions of the same name: who wrote both files can rename one, which is better than a strange name.

    Raises:
        ToolsUnusable: Two files have such functions.
    """
    homes: dict[str, Path] = {}
    for file, tools in zip(files, groups, strict=False):  # those of the servers come behind them
        for tool in tools:
            other = homes.setdefault(tool.name, file)
            if other is not file:
                raise ToolsUnusable(f"{other} and {file}", f"both have a function {tool.name}: rename one of them")


async def _entered(
    stack: contextlib.AsyncExitStack,
    sources: Sequence[tuple[str, AbstractAsyncContextManager[Sequence[Tool]]]],
    started: Callable[[str], None],
) -> list[tuple[str, Sequence[Tool]]]:
    """Enter all at once; where one cannot be, none is kept waiting for, and the first error is raised."""

    async def enter(name: str, source: AbstractAsyncContextManager[Sequence[Tool]]) -> tuple[str, Sequence[Tool]]:
        tools = await stack.enter_async_context(source)
        started(name)
        return name, tools

    tasks = [asyncio.create_task(enter(*source)) for source in sources]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def named_apart(groups: Sequence[tuple[str, Sequence[Tool]]]) -> tuple[Tool, ...]:
    """Give all tools with names that a model can call, no two the same.

    A tool keeps its name where it can; another of the same name gets that of where it comes from in front.
    """
    taken: set[str] = set()
    tools: list[Tool] = []
    for source, group in groups:
        for tool in group:
            name = _free(source, _WRONG.sub("_", tool.name)[:LONGEST_NAME] or "tool", taken)
            taken.add(name)
            tools.append(tool if name == tool.name else Named(name, tool))
    return tuple(tools)


def _free(source: str, name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    longer = f"{_WRONG.sub('_', source)[: LONGEST_NAME // 2]}_{name}"[:LONGEST_NAME]
    numbered = (f"{number}_{longer}"[:LONGEST_NAME] for number in itertools.count(2))
    return next(one for one in itertools.chain([longer], numbered) if one not in taken)
