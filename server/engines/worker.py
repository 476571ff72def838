"""One thread on which an engine computes, and the bridge from it to the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing, contextmanager, suppress
from enum import Enum, auto
from typing import TypeVar

from realtime_chat.server.engines.errors import EngineError
from realtime_chat.server.engines.fair_queue import FairQueue
from realtime_chat.server.engines.place import Place, current_place

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


class _Job:
    """A computation, and how it ended."""

    def __init__(self, place: Place, compute: Callable[[], bool]) -> None:
        self.place = place
        self.future: Future[None] = Future()
        self._compute = compute

    def run(self) -> bool:
        """Do it, or more of it, unless nobody wants it any more; give whether there is more to do."""
        if not self.future.running() and not self.future.set_running_or_notify_cancel():
            return False
        try:
            if self._compute():
                return True
        except BaseException as failure:  # noqa: BLE001  # whoever asked gets it, whatever it is
            self.future.set_exception(failure)
        else:
            self.future.set_result(None)
        return False

    def drop(self) -> None:
        """It will not be done, or not to its end."""
        if not self.future.cancel():
            self.future.set_result(None)


class Worker:
    """Runs one computation at a time off the event loop; which one comes next is a `FairQueue`'s affair.

    A computation is given a `Cancel` and must return soon after it becomes true. One that was cancelled before
    its turn came is never begun. What a computation raises, its caller gets; what it raises after its caller
    has gone, nobody gets.

    Args:
        name: The engine's name, as in `EngineError.engine`; the thread carries it too.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._queue: FairQueue[_Job] = FairQueue()
        self._queue_lock = threading.Lock()
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

    async def push(self, compute: Callable[[Cancel, Callable[[T], None]], bool | None]) -> AsyncGenerator[T, None]:
        """Yield what ``compute`` gives to its second argument; closing this iterator cancels it.

        This is `stream` for a library that calls back instead of being iterated over. Where ``compute`` returns true,
        there is more to do: others have their turn, and it is called again.

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

        def work() -> bool:
            return not cancel and bool(compute(cancel, give))

        self._asked.add(cancel)
        job = _Job(current_place(), work)
        # After the future is settled, not at the end of `work`: so that `result` below never blocks the loop.
        job.future.add_done_callback(lambda _: give(_End.END))
        with self._queue_lock:
            self._queue.put(job.place, job)
        self._pool.submit(self._run_next)
        try:
            while (value := await queue.get()) is not _End.END and not cancel:
                yield value
            if cancel:  # not by this caller, who is still here; and what it gave since is worth nothing
                raise EngineError(self._name, "it was closed while it worked")
            job.future.result()
        finally:
            self._asked.discard(cancel)
            cancel.set()
            if job.future.cancel():
                with self._queue_lock:
                    self._queue.remove(job)

    def close(self) -> None:
        """Cancel everything, wait for nothing, and take no more. Whoever waits gets an `EngineError`."""
        self._closed = True
        for cancel in tuple(self._asked):
            cancel.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._queue_lock:
            waiting = self._queue.clear()
        for job in waiting:
            job.drop()

    def _run_next(self) -> None:
        with self._queue_lock:
            job = self._queue.take()
        if job is None or not job.run():  # none: its caller has gone
            return
        with self._queue_lock:
            if self._closed:
                job.drop()
                return
            self._queue.put(job.place, job, first=True)
        with suppress(RuntimeError):  # it was closed just now, and the job was dropped
            self._pool.submit(self._run_next)
