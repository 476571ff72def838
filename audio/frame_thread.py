"""What is made of frames off the event loop: hearing is 0.5 ms of work for each, and every key and delta would wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

from realtime_chat.audio.frame import Frame

T = TypeVar("T")

Cut = Callable[[], list[Frame]]
"""Gives the frames that a block of sound completes."""

_NAME = "hearing"


class FramesMicrophone:
    """What a microphone inherits that makes its frames on the event loop, as a file or memory does."""

    def frames(self) -> AsyncIterator[Frame]:
        """Yield each frame."""
        raise NotImplementedError  # where the sound comes from is all that they differ in

    async def perceive(
        self, through: Callable[[Frame], T], *, may_wait: Callable[[], bool] = lambda: False
    ) -> AsyncGenerator[T]:
        """Yield what ``through`` makes of each frame; see `seam.Microphone`."""
        del may_wait  # nobody has to wait for what is there
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix=_NAME) as thread:
            async for frame in self.frames():
                yield await loop.run_in_executor(thread, through, frame)


async def perceived(cuts: SimpleQueue[Cut | None], through: Callable[[Frame], T]) -> AsyncGenerator[T]:
    """Yield what ``through`` makes of each frame that comes from another thread, until None comes.

    They do not pass the event loop on the way: it is woken once a frame, with what came of it, in place of twice.

    Raises:
        Exception: What ``through`` raised.
    """
    loop = asyncio.get_running_loop()
    made: asyncio.Queue[list[T] | Exception | None] = asyncio.Queue()
    is_over = threading.Event()

    def post(news: list[T] | Exception | None) -> None:
        if not is_over.is_set():
            loop.call_soon_threadsafe(made.put_nowait, news)

    def work() -> None:
        try:
            while (cut := cuts.get()) is not None and not is_over.is_set():
                if found := [through(frame) for frame in cut()]:
                    post(found)
        except Exception as error:  # noqa: BLE001 - whoever waits for it gets it
            post(error)
        else:
            post(None)

    thread = threading.Thread(target=work, name=_NAME, daemon=True)
    thread.start()
    try:
        while (news := await made.get()) is not None:
            if isinstance(news, Exception):
                raise news
            for one in news:
                yield one
    finally:
        is_over.set()
        cuts.put(None)
        thread.join()  # the length of one frame: nothing is heard any more once this is over
