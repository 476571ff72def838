"""One session: the conversation machine between a socket and the engines."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Protocol

from msgspec.structs import replace

from realtime_chat.audio.frame import FRAME_BYTES
from realtime_chat.protocol.client_events import AnyClientEvent, InputAudioBufferAppend
from realtime_chat.protocol.codec import MAX_EVENT, event_type
from realtime_chat.protocol.dialects.server_end import ServerEnd
from realtime_chat.protocol.dialects.table import AnyDialect
from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.protocol.server_events import Error
from realtime_chat.protocol.sessions import Session
from realtime_chat.server.conversation import Conversation
from realtime_chat.server.effects import Effect, Emit, Wake
from realtime_chat.server.engine_tasks import EngineTasks
from realtime_chat.server.engines.engine_set import EngineSet
from realtime_chat.server.errors import ServerError
from realtime_chat.server.limits import SESSION_SECONDS
from realtime_chat.server.meter import Meter, NoMeter
from realtime_chat.server.unsent import Unsent
from realtime_chat.server.watch import Watch

log = logging.getLogger(__name__)

FAREWELL_SECONDS = 5.0
"""How long a client may take to read the last of a session that ends."""

PIECE_BYTES = 9_600
"""Sound that is listened to in one go: 200 ms of PCM or 1.2 s of G.711, which take 2-12 ms."""

MAX_UNSENT = 4_000
"""Events a client may leave unread before it is let go: over half an hour of speech in half-second deltas."""

MAX_UNSENT_BYTES = 64_000_000
"""Bytes of frames that a client may leave unread: as much sound as half of those events have, or ten long items."""

SLICE_SECONDS = 0.004
"""Seconds that one client's frames are taken for without a pause, where many came together."""

LEAST_SECONDS = SLICE_SECONDS / 8
"""How long a frame is taken for at least, by reckoning: as long as 20 ms of sound, with all that they set off."""

PATIENCE_SECONDS = 5.0
"""How long a client that leaves much unread is not listened to, so that it can read."""


class Socket(Protocol):
    """What a session needs of a WebSocket."""

    async def receive(self) -> str | bytes | None:
        """Give the next of what the client sends; ``None`` once it is gone."""
        ...

    async def send(self, frame: str) -> None:
        """Send a text frame."""
        ...


class SlowClient(ServerError):
    """The client does not read what it is sent."""


class SessionExpired(ServerError):
    """The session lasted as long as a session may; the client was told."""


class SessionDrained(ServerError):
    """The server is about to end; the answer that was under way is complete, or took longer than it could wait."""


class SessionRunner:
    """Feeds the machine and does what it wants done, until the client goes.

    Args:
        socket: The client.
        conversation: A new machine.
        engines: What hears, thinks and speaks.
        update: What the session is like from the start, where it is not as usual.
        seconds: How long the session may last.
        meter: Who is told how long things take.
        dialect: What the client's request named; None where it is to be told by what the client says.
    """

    def __init__(
        self,
        socket: Socket,
        conversation: Conversation,
        engines: EngineSet,
        *,
        update: Session | None = None,
        seconds: float = SESSION_SECONDS,
        meter: Meter | None = None,
        dialect: AnyDialect | None = None,
    ) -> None:
        self._update = update
        self._seconds = seconds
        self._watch = Watch(meter or NoMeter())
        self._grace: float | None = None
        self._leaves = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._socket = socket
        self._end = ServerEnd(dialect)
        self._reading = asyncio.Lock()
        self._conversation = conversation
        self._unsent = Unsent(MAX_UNSENT, MAX_UNSENT_BYTES)
        self._patience = PATIENCE_SECONDS
        self._busy = 0.0
        self._group = asyncio.TaskGroup()
        self._alarm: asyncio.Task[None] | None = None
        self._tasks = EngineTasks(self._group, conversation, engines, self._do, self._watch)

    async def run(self) -> None:
        """Run the session to its end.

        Raises:
            SlowClient: The client left too much unread.
            SessionExpired: The session's time is over.
            SessionDrained: `drain` was called.
        """
        try:
            async with self._group as group:
                own = [group.create_task(work()) for work in (self._send, self._expire, self._leave)]
                self._do(self._conversation.open(self._update))
                await self._listen()
                for task in own:
                    task.cancel()
                self._set_alarm(None)
                self._tasks.cancel()
        except BaseExceptionGroup as group:
            ended, rest = group.split((SlowClient, SessionExpired, SessionDrained))
            if rest is not None or ended is None:
                raise
            raise _first(ended) from None
        finally:
            # Tasks, tracebacks and callbacks refer to each other: what is large is not left to the garbage collector.
            self._unsent.clear()
            self._conversation.close()

    async def _listen(self) -> None:
        """Take what the client sends until it goes, and let the other sessions have their turn.

        Frames that came together are read without a pause, thousands of them where they are short.
        """
        while (frame := await self._socket.receive()) is not None:
            if len(frame) <= MAX_EVENT:
                events = self._end.read(frame)
            else:  # on a thread, between whose steps the other sessions have their turn
                async with self._reading:
                    events = await asyncio.to_thread(self._end.read, frame)
            first = events[0]
            if isinstance(first, InputAudioBufferAppend) and len(events) == 1 and not is_long(first):
                # nearly all: how long it takes is known, and not measured
                self._busy += LEAST_SECONDS * max(1.0, len(first.audio) / FRAME_BYTES)
                self._do(self._conversation.receive(first))
            else:
                await self._take(events)
            if self._busy >= SLICE_SECONDS:
                self._busy = 0.0
                await asyncio.sleep(0)
            if self._unsent.is_calm:
                self._patience = PATIENCE_SECONDS
            else:
                await self._let_read()

    async def _take(self, events: Sequence[AnyClientEvent | MalformedEvent]) -> None:
        """Do what a frame says."""
        first = events[0]
        began = time.monotonic()
        if await self._carry_out(first):
            for event in events[1:]:
                await self._carry_out(event)
        else:
            self._end.refused()
        self._busy += max(LEAST_SECONDS, time.monotonic() - began)

    async def _carry_out(self, event: AnyClientEvent | MalformedEvent) -> bool:
        """Do what an event says; give whether it was taken."""
        if isinstance(event, MalformedEvent):
            self._do(self._conversation.malformed(event))
            return False
        log.debug("client: %s", event_type(event))
        coding = self._conversation.coding(event)
        sound = None if coding is None else await asyncio.to_thread(coding)  # what follows comes after it
        if isinstance(event, InputAudioBufferAppend) and is_long(event) and self._conversation.takes(event):
            for piece in pieces(event):
                self._do(self._conversation.receive(piece))
                await asyncio.sleep(0)  # the other sessions have their turn
            return True
        effects = self._conversation.receive(event, sound)
        self._do(effects)
        return not any(isinstance(effect, Emit) and isinstance(effect.event, Error) for effect in effects)

    async def _let_read(self) -> None:
        """Let the client read before it is told more."""
        try:
            async with asyncio.timeout(self._patience):
                await self._unsent.calm()
        except TimeoutError:
            self._patience = 0.0  # it may be gone, which only its socket can say

    async def _send(self) -> None:
        while True:
            event = await self._unsent.get()
            log.debug("server: %s", event_type(event))
            async with self._reading:  # both know what the other did
                frames = self._end.write(event)
            for frame in frames:
                if len(frame) > MAX_EVENT:
                    await asyncio.sleep(0)  # to write it took long, and to send it does
                await self._socket.send(frame)
            self._unsent.sent()

    async def _expire(self) -> None:
        await asyncio.sleep(self._seconds)
        reason = f"Your session hit the maximum duration of {self._seconds / 60:g} minutes."
        self._do(self._conversation.expire(reason))
        await self._flush()
        raise SessionExpired(reason)

    def drain(self, seconds: float) -> None:
        """End the session as soon as it answers nothing, or in ``seconds``; `run` then raises `SessionDrained`."""
        self._grace = seconds
        self._leaves.set()

    async def _leave(self) -> None:
        await self._leaves.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._grace):
                await self._idle.wait()
        await self._flush()
        raise SessionDrained("The server is going away.")

    async def _flush(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._unsent.all_sent()

    def _do(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Emit(event):
                    self._watch.sent(event, time.monotonic())
                    (self._idle.clear if self._watch.is_answering else self._idle.set)()
                    try:
                        self._unsent.put(event)
                    except asyncio.QueueFull:
                        raise SlowClient("The client does not read what it is sent.") from None
                case Wake(seconds):
                    self._set_alarm(seconds)
                case _:
                    self._tasks.do(effect)

    def _set_alarm(self, seconds: float | None) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = None if seconds is None else self._group.create_task(self._ring(seconds))

    async def _ring(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._alarm = None  # what is done now may set the next
        self._do(self._conversation.woke())


def is_long(event: InputAudioBufferAppend) -> bool:
    """Say whether sound takes a while to be listened to."""
    return len(event.audio) > PIECE_BYTES


def pieces(event: InputAudioBufferAppend) -> Iterator[InputAudioBufferAppend]:
    """Cut a piece of sound into short ones."""
    for start in range(0, len(event.audio), PIECE_BYTES):
        yield replace(event, audio=event.audio[start : start + PIECE_BYTES])


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
