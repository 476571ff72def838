"""One thread on which an engine computes, and the bridge from it to the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import Enum, auto
from typing import TypeVar

T = TypeVar("T")


class _End(Enum):
    END = auto()


class Cancel:
    """A flag that the event loop raises and a computing thread looks at often."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Ask the computation to stop."""
        self._event.set()

    def __bool__(self) -> bool:
        return self._event.is_set()


class Worker:
    """Runs one computation at a time, in the order they were asked for, off the event loop.

    A computation is given a `Cancel` and must return soon after it becomes true.
    """

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, compute: Callable[[Cancel], T]) -> T:
        """Run ``compute`` on the thread; cancelling the caller cancels it.

        A computation that was cancelled before its turn came is never begun.
        """
        cancel = Cancel()
        future = asyncio.get_running_loop().run_in_executor(self._pool, compute, cancel)
        try:
            return await future
        except asyncio.CancelledError:
            cancel.set()
            raise

    async def stream(self, compute: Callable[[Cancel], Iterator[T]]) -> AsyncIterator[T]:
        """Yield what ``compute``'s iterator yields on the thread; closing this iterator cancels it."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[T | _End] = asyncio.Queue()
        cancel = Cancel()

        def drain() -> None:
            try:
                for value in compute(cancel):
                    if cancel:
                        return
                    loop.call_soon_threadsafe(queue.put_nowait, value)
            finally:
                if not loop.is_closed():
                    loop.call_soon_threadsafe(queue.put_nowait, _End.END)

        future = loop.run_in_executor(self._pool, drain)
        try:
            while True:
                value = await queue.get()
                if value is _End.END:
                    break
                yield value
            await future
        finally:
            cancel.set()

    def close(self) -> None:
        """Let the computation under way end (it is not waited for) and take no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)
