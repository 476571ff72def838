"""The three engines of a server, each loaded when it is first needed and then shared by every session."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar, runtime_checkable

from realtime_chat.server.engines.seam import Hearing, Speaking, Thinking

T = TypeVar("T")


class Lazy(Generic[T]):
    """A value that takes long to make: made once, on a thread, when somebody first asks for it.

    Making it again is tried when it failed: a model may have been pulled meanwhile.

    Attributes:
        load: Makes it, each time anew.
    """

    def __init__(self, load: Callable[[], T]) -> None:
        self.load = load
        self._task: asyncio.Future[T] | None = None

    def __call__(self) -> Awaitable[T]:
        """Give the value; whoever stops waiting does not stop the loading."""
        return asyncio.shield(self.begin())

    def begin(self) -> asyncio.Future[T]:
        """Begin to make the value, unless that was begun already."""
        failed = self._task is not None and self._task.done() and self._task.exception() is not None
        if self._task is None or failed:
            self._task = asyncio.ensure_future(asyncio.to_thread(self.load))
            self._task.add_done_callback(_seen)
        return self._task

    def made(self) -> T | None:
        """Give the value where it is made; None where it is not."""
        task = self._task
        is_made = task is not None and task.done() and not task.cancelled() and task.exception() is None
        return task.result() if task is not None and is_made else None


def _seen(loaded: asyncio.Future[T]) -> None:
    """Look at how the loading ended, so that a failure which nobody waits for is no complaint of asyncio's."""
    if not loaded.cancelled():
        loaded.exception()


@runtime_checkable
class Closable(Protocol):
    """An engine that holds connections."""

    async def aclose(self) -> None:
        """Close them."""
        ...


class EngineSet:
    """Hearing, thinking and speaking.

    Attributes:
        name: What to call the set; it stands for the model's name in the session.
        hearing: Awaitable maker of the recogniser. Awaiting raises EngineError or ModelError.
        thinking: Likewise the language model.
        speaking: Likewise the voice.
        models: The names of the models behind all three.
    """

    def __init__(
        self,
        name: str,
        hearing: Callable[[], Hearing],
        thinking: Callable[[], Thinking],
        speaking: Callable[[], Speaking],
        models: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.models = models or (name,)
        self.hearing = Lazy(hearing)
        self.thinking = Lazy(thinking)
        self.speaking = Lazy(speaking)

    def begin_loading(self) -> None:
        """Load all three in the background; whoever needs one that cannot be loaded is told why."""
        for engine in (self.hearing, self.thinking, self.speaking):
            engine.begin()

    async def load(self) -> None:
        """Load all three.

        Raises:
            EngineError: One of them cannot be loaded.
            ModelError: A model file is missing or wrong.
        """
        await asyncio.gather(self.hearing(), self.thinking(), self.speaking())

    async def aclose(self) -> None:
        """Close the connections of engines that run elsewhere. None of them is of use afterwards."""
        made: tuple[object, ...] = (self.hearing.made(), self.thinking.made(), self.speaking.made())
        for engine in made:
            if isinstance(engine, Closable):
                await engine.aclose()
