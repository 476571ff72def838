"""Running a command's coroutine so that Ctrl-C and SIGTERM close everything in order."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any

from realtime_chat.cli.endings import Stopped, raise_on_sigterm


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run ``work`` to its end.

    Raises:
        KeyboardInterrupt: Ctrl-C; ``work`` was cancelled first.
        Stopped: SIGTERM; the same. Or ``work`` raised it.
    """
    asyncio.run(_cancelled_by_sigterm(work))


async def _cancelled_by_sigterm(work: Coroutine[Any, Any, None]) -> None:
    if sys.platform == "win32":  # no such signal, and no such method
        await work
        return
    task = asyncio.current_task()
    came = asyncio.Event()

    def cancel() -> None:
        came.set()
        if task is not None:
            task.cancel()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, cancel)
    try:
        await work
    except asyncio.CancelledError:
        if came.is_set():
            raise Stopped from None
        raise
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
        raise_on_sigterm()
