"""A tool in memory: a real one, whose function is the test's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from realtime_chat.session.errors import InvalidArguments


async def _nothing(_: Mapping[str, Any]) -> str:
    return ""


@dataclass(frozen=True)
class MemoryTool:
    """See `realtime_chat.session.tools.seam.Tool`; ``required`` are the arguments it must have."""

    name: str
    is_read_only: bool = True
    run: Callable[[Mapping[str, Any]], Awaitable[str]] = _nothing
    required: tuple[str, ...] = ()
    description: str = "What it does."
    parameters: Mapping[str, Any] = field(default_factory=lambda: {"type": "object", "properties": {}})

    async def check(self, arguments: Mapping[str, Any]) -> None:
        for name in self.required:
            if name not in arguments:
                raise InvalidArguments(f"{name} is missing")

    async def call(self, arguments: Mapping[str, Any]) -> str:
        await self.check(arguments)
        return await self.run(arguments)
