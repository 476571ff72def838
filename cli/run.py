"""Running a command's coroutine so that Ctrl-C, SIGTERM and SIGHUP close everything in order."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any

from realtime_chat.cli.endings import Stopped, end_signals, raise_on_end_signals


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run ``work`` to its end.

    Raises:
        KeyboardInterrupt: Ctrl-C; ``work`` was cancelled first.
        Stopped: SIGTERM or SIGHUP; the same. Or ``work`` raised it.
    """
    asyncio.run(_cancelled_by_signals(work))


async def _cancelled_by_signals(work: Coroutine[Any, Any, None]) -> None:
    if sys.platform == "win32":  # the loop has no such method
        await work
        return
    task = asyncio.current_task()
    came = asyncio.Event()

    def cancel() -> None:
        came.set()
        if task is not None:
            task.cancel()

    loop = asyncio.get_running_loop()
    numbers = end_signals()
    for number in numbers:
        loop.add_signal_handler(number, cancel)
    try:
        await work
    except asyncio.CancelledError:
        if came.is_set():
            raise Stopped from None
        raise
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
        raise_on_end_signals()
