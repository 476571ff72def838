"""One session: the conversation machine between a socket and the engines."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from enum import Enum, auto
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from realtime_chat.protocol.codec import decode_client_event, encode, event_type
from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.server.conversation import Conversation
from realtime_chat.server.effects import (
    Abandon,
    Effect,
    Emit,
    FinishSpeaking,
    Prepare,
    Speak,
    StopTranscribing,
    Think,
    Transcribe,
    WarmUp,
)
from realtime_chat.server.engines.engine_set import EngineSet
from realtime_chat.server.engines.seam import HEARING_RATE, SPEAKING_RATE, ChatMessage, TokenUsage
from realtime_chat.server.errors import ServerError

log = logging.getLogger(__name__)

SESSION_SECONDS = 60 * 60.0
"""How long a session may last, as at OpenAI."""

MAX_UNSENT = 4_000
"""Events a client may leave unread before it is let go: over half an hour of speech in half-second deltas."""


class Socket(Protocol):
    """What a session needs of a WebSocket."""

    def frames(self) -> AsyncGenerator[str | bytes, None]:
        """Yield what the client sends until it goes."""
        ...

    async def send(self, frame: str) -> None:
        """Send a text frame."""
        ...


class _End(Enum):
    END = auto()


class SlowClient(ServerError):
    """The client does not read what it is sent."""


class SessionExpired(ServerError):
    """The session lasted as long as a session may; the client was told."""


class SessionRunner:
    """Feeds the machine and does what it wants done, each thing in a task of its own, until the client goes.

    Args:
        socket: The client.
        conversation: A new machine.
        engines: What hears, thinks and speaks.
        seconds: How long the session may last.
    """

    def __init__(
        self, socket: Socket, conversation: Conversation, engines: EngineSet, *, seconds: float = SESSION_SECONDS
    ) -> None:
        self._seconds = seconds
        self._socket = socket
        self._conversation = conversation
        self._engines = engines
        self._unsent: asyncio.Queue[Emit] = asyncio.Queue(MAX_UNSENT)
        self._group = asyncio.TaskGroup()
        self._decodes: dict[str, asyncio.Task[None]] = {}
        self._reading: tuple[tuple[ChatMessage, ...], asyncio.Task[None]] | None = None
        self._work: dict[str, list[asyncio.Task[None]]] = {}
        self._clauses: dict[str, asyncio.Queue[Speak | _End]] = {}

    async def run(self) -> None:
        """Run the session to its end.

        Raises:
            SlowClient: The client left too much unread.
            SessionExpired: The session's time is over.
        """
        try:
            async with self._group as group:
                own = [group.create_task(self._send()), group.create_task(self._expire())]
                self._do(self._conversation.open())
                async with aclosing(self._socket.frames()) as frames:
                    async for frame in frames:
                        self._do(self._take(frame))
                for task in (*own, *self._tasks()):
                    task.cancel()
        except BaseExceptionGroup as group:
            ended, rest = group.split((SlowClient, SessionExpired))
            if rest is not None or ended is None:
                raise
            raise _first(ended) from None

    def _take(self, frame: str | bytes) -> list[Effect]:
        try:
            event = decode_client_event(frame)
            log.debug("client: %s", event_type(event))
            return self._conversation.receive(event)
        except MalformedEvent as error:
            return self._conversation.malformed(error)

    async def _send(self) -> None:
        while True:
            event = (await self._unsent.get()).event
            log.debug("server: %s", event_type(event))
            await self._socket.send(encode(event))
            self._unsent.task_done()

    async def _expire(self) -> None:
        await asyncio.sleep(self._seconds)
        self._do(self._conversation.expire(round(self._seconds / 60)))
        await self._unsent.join()
        raise SessionExpired("The session hit its maximum duration.")

    def _tasks(self) -> list[asyncio.Task[None]]:
        tasks = [*self._decodes.values(), *(task for work in self._work.values() for task in work)]
        return [*tasks, self._reading[1]] if self._reading else tasks

    def _do(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Emit():
                    try:
                        self._unsent.put_nowait(effect)
                    except asyncio.QueueFull:
                        raise SlowClient("The client does not read what it is sent.") from None
                case WarmUp():
                    self._start(self._warm_up, _whoever_needs_it_is_told)
                case Transcribe():
                    self._start_decode(effect)
                case StopTranscribing(item_id):
                    self._stop_decode(item_id)
                case Prepare(messages):
                    self._stop_reading(unless=messages)
                    if self._reading is None:
                        self._reading = (
                            messages,
                            self._start(partial(self._prepare, messages), _whoever_needs_it_is_told),
                        )
                case Think(work_id, messages):
                    self._stop_reading(unless=messages)
                    self._start_work(work_id, partial(self._think, effect))
                case Speak(work_id):
                    self._voice(work_id).put_nowait(effect)
                case FinishSpeaking(work_id):
                    self._voice(work_id).put_nowait(_End.END)
                case Abandon(work_id):
                    self._clauses.pop(work_id, None)
                    for task in self._work.pop(work_id, []):
                        task.cancel()

    def _start(
        self, work: Callable[[], Coroutine[Any, Any, None]], fail: Callable[[str], list[Effect]]
    ) -> asyncio.Task[None]:
        """Do ``work`` in a task; whatever goes wrong in it costs what it was for, never the session."""

        async def attempt() -> None:
            try:
                await work()
                return
            except ServerError as error:
                log.warning("%s", error)
                message = str(error)
            except Exception:
                log.exception("An engine broke.")
                message = "The engine broke; the server's log says how."
            self._do(fail(message))

        return self._group.create_task(attempt())

    def _start_work(self, work_id: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        tasks = self._work.setdefault(work_id, [])
        task = self._start(work, partial(self._conversation.failed, work_id))
        tasks.append(task)
        task.add_done_callback(lambda done: self._forget_work(work_id, done))

    def _forget_work(self, work_id: str, done: asyncio.Task[None]) -> None:
        tasks = [task for task in self._work.get(work_id, []) if task is not done]
        if tasks:
            self._work[work_id] = tasks
        else:
            self._work.pop(work_id, None)

    def _start_decode(self, wanted: Transcribe) -> None:
        self._stop_decode(wanted.item_id)
        task = self._start(
            partial(self._transcribe, wanted), partial(self._conversation.hearing_failed, wanted.item_id)
        )
        self._decodes[wanted.item_id] = task
        task.add_done_callback(lambda done: self._forget_decode(wanted.item_id, done))

    def _forget_decode(self, item_id: str, done: asyncio.Task[None]) -> None:
        if self._decodes.get(item_id) is done:
            del self._decodes[item_id]

    def _stop_decode(self, item_id: str) -> None:
        if task := self._decodes.pop(item_id, None):
            task.cancel()

    def _stop_reading(self, *, unless: tuple[ChatMessage, ...]) -> None:
        """Stop reading ahead, unless it is what is wanted now: then it is work that has to be done anyway."""
        if self._reading is not None and (self._reading[0] != unless or self._reading[1].done()):
            self._reading[1].cancel()
            self._reading = None

    def _voice(self, work_id: str) -> asyncio.Queue[Speak | _End]:
        """Give the queue of clauses of an answer, and someone who says them."""
        if work_id not in self._clauses:
            self._clauses[work_id] = asyncio.Queue()
            self._start_work(work_id, partial(self._speak, work_id, self._clauses[work_id]))
        return self._clauses[work_id]

    async def _warm_up(self) -> None:
        await asyncio.gather(self._engines.hearing(), self._engines.speaking())

    async def _transcribe(self, wanted: Transcribe) -> None:
        hearing = await self._engines.hearing()
        speech = await asyncio.to_thread(to_hearing, wanted.pcm)
        text = await hearing.transcribe(speech)
        self._do(self._conversation.heard(wanted.item_id, wanted.samples, text))

    async def _prepare(self, messages: tuple[ChatMessage, ...]) -> None:
        await (await self._engines.thinking()).prepare(messages)

    async def _think(self, wanted: Think) -> None:
        usage = TokenUsage(0, 0, 0)
        thinking = await self._engines.thinking()
        async with aclosing(thinking.answer(wanted.messages, max_tokens=wanted.max_tokens)) as pieces:
            async for piece in pieces:
                if isinstance(piece, TokenUsage):
                    usage = piece
                else:
                    self._do(self._conversation.wrote(wanted.work_id, piece))
        self._do(self._conversation.finished_writing(wanted.work_id, usage))

    async def _speak(self, work_id: str, clauses: asyncio.Queue[Speak | _End]) -> None:
        speaking = await self._engines.speaking()
        while isinstance(wanted := await clauses.get(), Speak):
            said = speaking.speak(wanted.clause.text, voice=wanted.voice, speed=wanted.speed)
            async with aclosing(said) as stretches:
                async for speech in stretches:
                    self._do(self._conversation.spoke(work_id, wanted.clause, speech))
        self._clauses.pop(work_id, None)
        self._do(self._conversation.finished_speaking(work_id))


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _whoever_needs_it_is_told(_message: str) -> list[Effect]:
    return []


def to_hearing(pcm: bytes) -> NDArray[np.float32]:
    """Give PCM16 mono 24 kHz as the recogniser takes it: float32 [samples], -1..1, 16 kHz."""
    import soxr

    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768
    resampled: NDArray[np.float32] = soxr.resample(samples, SPEAKING_RATE, HEARING_RATE)
    return resampled
