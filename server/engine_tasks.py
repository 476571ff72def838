"""What the engines do for one session, each thing in a task of its own."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from contextlib import aclosing, suppress
from enum import Enum, auto
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realtime_chat.server.conversation import Conversation
from realtime_chat.server.effects import (
    Abandon,
    Effect,
    FinishSpeaking,
    Hurry,
    Prepare,
    Speak,
    StopTranscribing,
    Think,
    Transcribe,
    WarmUp,
)
from realtime_chat.server.engines.engine_set import EngineSet
from realtime_chat.server.engines.errors import EngineRefused
from realtime_chat.server.engines.place import Place, Urgency
from realtime_chat.server.engines.seam import (
    HEARING_RATE,
    SPEAKING_RATE,
    Bounded,
    ChatMessage,
    Thinking,
    TokenUsage,
    ToolCall,
)
from realtime_chat.server.errors import ConversationTooLong, ServerError
from realtime_chat.server.meter import Stage
from realtime_chat.server.truncation import truncated
from realtime_chat.server.watch import Watch

log = logging.getLogger(__name__)

_SHORT_BYTES = 2 * SPEAKING_RATE * 2
"""Two seconds of speech are converted in 0.4 ms; to hand less to a thread, and to wait for it, takes longer."""


class _End(Enum):
    END = auto()


class EngineTasks:
    """Does the effects that are about engines; their results go to the machine.

    What it asks of the engines has the session's place in their queues.

    Args:
        group: What the tasks belong to.
        conversation: The machine.
        engines: What hears, thinks and speaks.
        do: Takes the effects of a result.
        watch: Is told how long the engines took.
    """

    def __init__(
        self,
        group: asyncio.TaskGroup,
        conversation: Conversation,
        engines: EngineSet,
        do: Callable[[list[Effect]], None],
        watch: Watch,
    ) -> None:
        self._group = group
        self._conversation = conversation
        self._engines = engines
        self._do = do
        self._watch = watch
        self._decodes: dict[str, tuple[asyncio.Task[None], Place]] = {}
        self._reading: tuple[Prepare, asyncio.Task[None]] | None = None
        self._work: dict[str, list[asyncio.Task[None]]] = {}
        self._clauses: dict[str, asyncio.Queue[Speak | _End]] = {}

    def cancel(self) -> None:
        """Stop all of it: nobody is there any more."""
        decodes = [task for task, _ in self._decodes.values()]
        for task in (*decodes, *(task for work in self._work.values() for task in work)):
            task.cancel()
        if self._reading is not None:
            self._reading[1].cancel()

    def do(self, effect: Effect) -> None:
        """Begin, or stop, what an effect is about."""
        match effect:
            case WarmUp(speaks):
                self._start(partial(self._warm_up, speaks=speaks), _whoever_needs_it_is_told, Place(self))
            case Transcribe():
                self._start_decode(effect)
            case Hurry(item_id):
                if item_id in self._decodes:
                    self._decodes[item_id][1].urgency = Urgency.TURN
            case StopTranscribing(item_id):
                self._stop_decode(item_id)
            case Prepare():
                self._stop_reading(unless=effect)
                if self._reading is None:
                    place = Place(self, Urgency.AHEAD)
                    task = self._start(partial(self._prepare, effect), _whoever_needs_it_is_told, place)
                    self._reading = (effect, task)
            case Think(work_id):
                self._stop_reading(unless=Prepare(effect.messages, effect.tools, effect.truncation))
                self._start_work(work_id, partial(self._think, effect), effect.urgency)
            case Speak(work_id):
                self._voice(work_id, effect.urgency).put_nowait(effect)
            case FinishSpeaking(work_id):
                self._voice(work_id).put_nowait(_End.END)
            case Abandon(work_id):
                self._clauses.pop(work_id, None)
                for task in self._work.pop(work_id, []):
                    task.cancel()

    def _start(
        self, work: Callable[[], Coroutine[Any, Any, None]], fail: Callable[[str], list[Effect]], place: Place
    ) -> asyncio.Task[None]:
        """Do ``work`` in a task; whatever goes wrong in it costs what it was for, never the session."""

        async def attempt() -> None:
            place.take()
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

    def _start_work(self, work_id: str, work: Callable[[], Coroutine[Any, Any, None]], urgency: Urgency) -> None:
        async def attempt() -> None:
            try:
                await work()
            except EngineRefused as error:
                if not error.code:
                    raise
                log.warning("%s", error)
                self._do(self._conversation.failed(work_id, str(error), error.code))

        tasks = self._work.setdefault(work_id, [])
        task = self._start(attempt, partial(self._conversation.failed, work_id), Place(self, urgency))
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
        place = Place(self, wanted.urgency)
        fail = partial(self._conversation.hearing_failed, wanted.item_id)
        task = self._start(partial(self._transcribe, wanted), fail, place)
        self._decodes[wanted.item_id] = task, place
        task.add_done_callback(lambda done: self._forget_decode(wanted.item_id, done))

    def _forget_decode(self, item_id: str, done: asyncio.Task[None]) -> None:
        if item_id in self._decodes and self._decodes[item_id][0] is done:
            del self._decodes[item_id]

    def _stop_decode(self, item_id: str) -> None:
        if decode := self._decodes.pop(item_id, None):
            decode[0].cancel()

    def _stop_reading(self, *, unless: Prepare) -> None:
        """Stop reading ahead, unless it is what is wanted now: then it is work that has to be done anyway."""
        if self._reading is not None and (self._reading[0] != unless or self._reading[1].done()):
            self._reading[1].cancel()
            self._reading = None

    def _voice(self, work_id: str, urgency: Urgency = Urgency.TURN) -> asyncio.Queue[Speak | _End]:
        """Give the queue of clauses of an answer, and someone who says them."""
        if work_id not in self._clauses:
            self._clauses[work_id] = asyncio.Queue()
            self._start_work(work_id, partial(self._speak, work_id, self._clauses[work_id]), urgency)
        return self._clauses[work_id]

    async def _warm_up(self, *, speaks: bool) -> None:
        needed = [self._engines.hearing(), *([self._engines.speaking()] if speaks else [])]
        await asyncio.gather(*needed)

    async def _transcribe(self, wanted: Transcribe) -> None:
        hearing = await self._engines.hearing()
        is_short = len(wanted.pcm) <= _SHORT_BYTES
        speech = to_hearing(wanted.pcm) if is_short else await asyncio.to_thread(to_hearing, wanted.pcm)
        asked = time.monotonic()
        text = await hearing.transcribe(speech)
        self._watch.took(Stage.RECOGNITION, time.monotonic() - asked)
        self._do(self._conversation.heard(wanted.item_id, wanted.samples, text))

    async def _prepare(self, wanted: Prepare) -> None:
        thinking = await self._engines.thinking()
        with suppress(ConversationTooLong):  # whoever asks for an answer is told
            await thinking.prepare(fitting(thinking, wanted), tools=wanted.tools)

    async def _think(self, wanted: Think) -> None:
        usage = TokenUsage(0, 0, 0)
        thinking = await self._engines.thinking()
        try:
            messages = fitting(thinking, wanted)
        except ConversationTooLong as error:
            self._do(self._conversation.too_long(wanted.work_id, str(error)))
            return
        answer = thinking.answer(messages, max_tokens=wanted.max_tokens, tools=wanted.tools)
        async with aclosing(answer) as pieces:
            asked: float | None = time.monotonic()
            async for piece in pieces:
                if asked is not None:
                    self._watch.took(Stage.FIRST_TEXT, time.monotonic() - asked)
                    asked = None
                if isinstance(piece, TokenUsage):
                    usage = piece
                elif isinstance(piece, ToolCall):
                    self._do(self._conversation.called(wanted.work_id, piece))
                else:
                    self._do(self._conversation.wrote(wanted.work_id, piece))
        self._do(self._conversation.finished_writing(wanted.work_id, usage))

    async def _speak(self, work_id: str, clauses: asyncio.Queue[Speak | _End]) -> None:
        speaking = await self._engines.speaking()
        while isinstance(wanted := await clauses.get(), Speak):
            said = speaking.speak(wanted.clause.text, voice=wanted.voice, speed=wanted.speed)
            async with aclosing(said) as stretches:
                asked: float | None = time.monotonic()
                async for speech in stretches:
                    if asked is not None:
                        self._watch.took(Stage.FIRST_SOUND, time.monotonic() - asked)
                        asked = None
                    self._do(self._conversation.spoke(work_id, wanted.clause, speech))
        self._clauses.pop(work_id, None)
        self._do(self._conversation.finished_speaking(work_id))


def fitting(thinking: Thinking, wanted: Think | Prepare) -> tuple[ChatMessage, ...]:
    """Give the messages that a model is to read, without what the session wants left out of a long conversation.

    Raises:
        ConversationTooLong: Nothing may be left out, and not everything fits.
    """
    return truncated(
        wanted.messages,
        wanted.truncation,
        context=thinking.context if isinstance(thinking, Bounded) else None,
        max_tokens=wanted.max_tokens if isinstance(wanted, Think) else None,
        tools=wanted.tools,
    )


def _whoever_needs_it_is_told(_message: str) -> list[Effect]:
    return []


def to_hearing(pcm: bytes) -> NDArray[np.float32]:
    """Give PCM16 mono 24 kHz as the recogniser takes it: float32 [samples], -1..1, 16 kHz."""
    import soxr

    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768
    resampled: NDArray[np.float32] = soxr.resample(samples, SPEAKING_RATE, HEARING_RATE)
    return resampled
