"""A session of the server in memory that takes whatever frames there are, and what may be said about any such."""

from __future__ import annotations

import asyncio
import itertools
import json
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from unittest import mock

from kept import SMALL, Limits, excess, names_of
from strict_frames import complaints

from realtime_chat.protocol.codec import encode
from realtime_chat.protocol.dialects.table import DIALECTS
from realtime_chat.server.conversation import Conversation
from realtime_chat.server.defaults import default_session
from realtime_chat.server.effects import Effect, Emit, Wake
from realtime_chat.server.engines.choose import scripted_engines
from realtime_chat.server.runner import SessionRunner

LAST = "the-last-word"


class Client:
    """A client in memory that sends frames, lets the server work in between, and keeps what it is sent.

    Args:
        frames: What it sends.
        look: Is called when all that was taken.
    """

    def __init__(self, frames: Sequence[str | bytes], look: Callable[[], None]) -> None:
        self.received: list[str] = []
        self._look = look
        self._frames = iter(frames)
        self._has_asked = False
        self._all_told = asyncio.Event()

    async def receive(self) -> str | bytes | None:
        """Give the frames; then ask for something that is always answered, and go once it is."""
        for frame in self._frames:
            for _ in range(len(frame) % 64):  # a long answer takes some hundred turns of the loop
                await asyncio.sleep(0)
            return frame
        if not self._has_asked:
            self._look()
            # The server is not asked to be done, only to be there: work that goes on is left in the middle.
            self._has_asked = True
            return json.dumps({"type": "conversation.item.retrieve", "item_id": LAST, "event_id": LAST})
        async with asyncio.timeout(30):
            await self._all_told.wait()
        return None

    async def send(self, frame: str) -> None:
        self.received.append(frame)
        if LAST in frame:
            self._all_told.set()


class Watched(SessionRunner):
    """A session that keeps what its machine says, and in which no silence lasts: who is to be woken is, at once."""

    said: list[dict[str, object]]

    def _do(self, effects: list[Effect]) -> None:
        self.said += [json.loads(encode(effect.event)) for effect in effects if isinstance(effect, Emit)]
        super()._do([_soon(effect) for effect in effects])


def _soon(effect: Effect) -> Effect:
    return Wake(0.0) if isinstance(effect, Wake) and effect.seconds is not None else effect


HELD: weakref.WeakSet[Conversation] = weakref.WeakSet()
"""The machines of sessions that were held, as long as anybody holds on to one."""


async def _hold(frames: Sequence[str | bytes], named: str | None, limits: Limits) -> list[dict[str, object]]:
    numbers: defaultdict[str, Iterator[int]] = defaultdict(itertools.count)
    # Counted, so that what is generated often names something there is.
    conversation = Conversation(
        default_session("sess_1", "m", "alloy", 0),
        lambda prefix: f"{prefix}_{next(numbers[prefix])}",
        history_bytes=limits.sound,
    )
    HELD.add(conversation)

    def look() -> None:
        too_much = excess(conversation, runner._end, limits)
        assert not too_much, too_much

    client = Client(frames, look)
    engines = scripted_engines()
    await engines.load()  # which sessions share, and so none of them ends
    runner = Watched(client, conversation, engines, dialect=None if named is None else DIALECTS[named])
    runner.said = []
    await runner.run()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, f"tasks that nobody ended: {left}"
    for frame in client.received:
        assert isinstance(json.loads(frame).get("type"), str), frame
    return runner.said


def hold(frames: Sequence[str | bytes], named: str | None = "ga", *, limits: Limits = SMALL) -> list[dict[str, object]]:
    """Hold a session on these frames and give what the server said, in the terms of the GA protocol.

    Args:
        frames: What the client sends.
        named: The dialect that the client's request named; None for none: it may give away any.
        limits: What the session may keep.

    Raises:
        AssertionError: The server broke one of its promises.
        BaseException: Whatever made the session break.
    """
    with ExitStack() as stack:
        for name, limit in names_of(limits).items():
            stack.enter_context(mock.patch(name, limit))
        said = asyncio.run(_hold(frames, named, limits))
    for event in said:
        wrong = complaints(event)
        assert not wrong, wrong
        if event["type"] == "error":
            error = event["error"]
            assert isinstance(error, dict)
            assert error["type"] == "invalid_request_error", error
            assert error["code"], error
            assert error["message"], error
    return said
