"""A real server in the test's own event loop, for tests that hold its engines or end it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import websockets

from realtime_chat.server.app import build_app
from realtime_chat.server.engines.choose import scripted_engines
from realtime_chat.server.engines.engine_set import EngineSet
from realtime_chat.server.engines.scripted import ScriptedHearing, ScriptedSpeaking, ScriptedThinking
from realtime_chat.server.http.metrics import Metrics
from realtime_chat.server.limits import Limits, Phase
from realtime_chat.server.sessions import Sessions
from realtime_chat.server.web_server import WebServer, bind, url_of


@dataclass(frozen=True)
class Serving:
    """A server that serves.

    Attributes:
        url: Base URL of its API.
        server: What to end.
        sessions: What it has.
        task: Done when it has ended.
    """

    url: str
    server: WebServer
    sessions: Sessions
    task: asyncio.Task[None]

    @property
    def origin(self) -> str:
        return self.url.removesuffix("/v1")

    def connect(self, **options: Any) -> websockets.connect:
        return websockets.connect(f"{self.url.replace('http', 'ws', 1)}/realtime", **options)


@asynccontextmanager
async def serving(
    engines: EngineSet | None = None,
    *,
    key: str | None = None,
    limits: Limits | None = None,
    phase: Phase = Phase.READY,
    drain_seconds: float = 30,
) -> AsyncIterator[Serving]:
    metrics = Metrics()
    sessions = Sessions(limits, metrics, phase=phase)
    app = build_app(engines or scripted_engines(), key, sessions=sessions, metrics=metrics)
    with bind("127.0.0.1", 0) as listener:
        server = WebServer(app, sessions, drain_seconds, takes_signals=False)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        await server.listening.wait()
        try:
            yield Serving(url_of(listener), server, sessions, task)
        finally:
            server.should_exit = True
            await task


class HeldThinking(ScriptedThinking):
    """Writes nothing until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()
        self.let = asyncio.Event()

    async def answer(self, messages, **options):
        self.asked.set()
        await self.let.wait()
        async for piece in super().answer(messages, **options):
            yield piece


def held(thinking: HeldThinking) -> EngineSet:
    """Engines that think only when they are let."""
    return EngineSet("held", ScriptedHearing, lambda: thinking, ScriptedSpeaking)


async def events_until(socket, name: str) -> list[dict]:
    """What comes until an event called ``name``, and that."""
    events = []
    while not events or events[-1]["type"] != name:
        events.append(json.loads(await asyncio.wait_for(socket.recv(), 30)))
    return events


async def ask(socket, text: str = "Say hello") -> None:
    """Say something typed, and want an answer."""
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    await socket.send(json.dumps({"type": "conversation.item.create", "item": item}))
    await socket.send(json.dumps({"type": "response.create"}))


async def left(server: Serving, sessions: int) -> None:
    """Wait until no more than so many sessions are left."""
    async with asyncio.timeout(30):
        while server.sessions.count > sessions:  # noqa: ASYNC110  - for tests alone, no event is worth it
            await asyncio.sleep(0.01)
