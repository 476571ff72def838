"""`gauge`: shows one level while something is done, drawn on a terminal or said in plain lines."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import TextIO

from realtime_chat.cli.terminal import can_draw

DRAWS_A_SECOND = 12
"""Enough for a gauge to look alive."""

_STEPS = 40
_QUIETEST_DB = -60
"""What `audio.frame.level` calls 0."""


def bar(level: float) -> str:
    """Draw a level of 0..1, with its decibels."""
    full = round(level * _STEPS)
    return f"[{'#' * full}{'-' * (_STEPS - full)}] {decibels(level)}"


def decibels(level: float) -> str:
    """Say a level of 0..1 in decibels below full scale."""
    return f"{round(_QUIETEST_DB * (1 - level))} dB" if level > 0 else "silent"


@contextlib.asynccontextmanager
async def gauge(stream: TextIO, level: Callable[[], float]) -> AsyncIterator[None]:
    """Show a level for the length of an ``async with``; nothing of a drawing is left at its end.

    Args:
        stream: Where to; drawn on if it is a terminal that can, else a line is written each second.
        level: Gives the level, 0..1, whenever it is shown.
    """
    showing = asyncio.create_task(_draw(stream, level) if can_draw(stream) else _write(stream, level))
    try:
        yield
    finally:
        showing.cancel()
        await asyncio.wait([showing])
    if not showing.cancelled():
        showing.result()  # it failed: the terminal or the pipe is gone


async def _draw(stream: TextIO, level: Callable[[], float]) -> None:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(file=stream, markup=False, highlight=False, emoji=False)
    with Live(console=console, auto_refresh=False, transient=True) as live:
        while True:
            live.update(Text(f"  {bar(level())}", no_wrap=True, overflow="crop"), refresh=True)
            await asyncio.sleep(1 / DRAWS_A_SECOND)


async def _write(stream: TextIO, level: Callable[[], float]) -> None:
    while True:
        await asyncio.sleep(1)
        stream.write(f"  {decibels(level())}\n")
        stream.flush()
