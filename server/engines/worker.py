"""One thread on which an engine computes, and the bridge from it to the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, contextmanager
from enum import Enum, auto
from typing import TypeVar

from realtime_chat.server.engines.errors import EngineError

T = TypeVar("T")


class _End(Enum):
    END = auto()


class Cancel:
    """A flag that the event loop raises and a computing thread looks at often."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._stops: list[Callable[[], None]] = []

    def set(self) -> None:
        """Ask the computation to stop."""
        self._event.set()
        for stop in tuple(self._stops):
            stop()

    def __bool__(self) -> bool:
        return self._event.is_set()

    @contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """Inside the block, `set` also calls ``stop``: for a library call that can only be ended from outside.

        ``stop`` runs on the thread that calls `set` (or on this one, where the flag is up already), may run
        twice, and must not block.
        """
        self._stops.append(stop)
        try:
            if self:
                stop()
            yield
        finally:
            self._stops.remove(stop)


class Worker:
    """Runs one computation at a time, in the order they were asked for, off the event loop.

    A computation is given a `Cancel` and must return soon after it becomes true. One that was cancelled before
    its turn came is never begun. What a computation raises, its caller gets; what it raises after its caller
    has gone, nobody gets.

    Args:
        name: The engine's name, as in `EngineError.engine`; the thread carries it too.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._asked: set[Cancel] = set()
        self._closed = False

    async def run(self, compute: Callable[[Cancel], T]) -> T:
        """Run ``compute`` on the thread; cancelling the caller cancels it.

        Raises:
            EngineError: The worker is closed.
        """

        def give_once(cancel: Cancel, give: Callable[[T], None]) -> None:
            give(compute(cancel))

        async with aclosing(self.push(give_once)) as values:
            return await anext(values)

    async def stream(self, compute: Callable[[Cancel], Iterator[T]]) -> AsyncGenerator[T, None]:
        """Yield what ``compute``'s iterator yields on the thread; closing this iterator cancels it.

        Raises:
            EngineError: The worker is closed.
        """

        def pull(cancel: Cancel, give: Callable[[T], None]) -> None:
            for value in compute(cancel):
                if cancel:
                    return
                give(value)

        async with aclosing(self.push(pull)) as values:
            async for value in values:
                yield value

    async def push(self, compute: Callable[[Cancel, Callable[[T], None]], None]) -> AsyncGenerator[T, None]:
        """Yield what ``compute`` gives to its second argument; closing this iterator cancels it.

        This is `stream` for a library that calls back instead of being iterated over.

        Raises:
            EngineError: The worker is closed.
        """
        if self._closed:
            raise EngineError(self._name, "it is closed")
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[T | _End] = asyncio.Queue()
        cancel = Cancel()

        def give(value: T | _End) -> None:
            try:
                loop.call_soon_threadsafe(queue.put_nowait, value)
            except RuntimeError:  # the loop is closed, so nobody can be waiting
                cancel.set()

        def work() -> None:
            if not cancel:
                compute(cancel, give)

        self._asked.add(cancel)
        future = self._pool.submit(work)
        # After the future is settled, not at the end of `work`: so that `result` below never blocks the loop.
        future.add_done_callback(lambda _: give(_End.END))
        try:
            while (value := await queue.get()) is not _End.END and not cancel:
                yield value
            if cancel:  # not by this caller, who is still here; and what it gave since is worth nothing
                raise EngineError(self._name, "it was closed while it worked")
            future.result()
        finally:
            self._asked.discard(cancel)
            cancel.set()
            future.cancel()

    def close(self) -> None:
        """Cancel everything, wait for nothing, and take no more. Whoever waits gets an `EngineError`."""
        self._closed = True
        for cancel in tuple(self._asked):
            cancel.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
