"""A real HTTP server on the loopback, in the test's own event loop, that answers as the test says."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route


@dataclass
class LocalApi:
    """Answers every POST with ``reply`` and remembers what it was asked.

    Attributes:
        url: What paths are appended to.
        requests: The headers and the form or JSON object of each request.
        reply: Gives the next answer.
        asked: Set when a request came.
        gone: Set when the client of a `stream` has gone, or has all of it.
    """

    reply: Callable[[], Response]
    url: str = ""
    requests: list[tuple[dict[str, str], dict]] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: Request) -> Response:
        if request.headers["content-type"].startswith("multipart/"):
            async with request.form() as form:
                said = {n: v if isinstance(v, str) else (v.filename, await v.read()) for n, v in form.items()}
        else:
            said = await request.json()
        self.requests.append((dict(request.headers), said))
        self.asked.set()
        return self.reply()

    def stream(self, *parts: bytes, content_type: str = "", cut: bool = False, forever: bool = False) -> None:
        """Send ``parts`` one by one; ``cut`` breaks the connection after them, ``forever`` never ends."""

        async def body() -> AsyncIterator[bytes]:
            try:
                for part in parts:
                    yield part
                    await asyncio.sleep(0)
                if forever:
                    await asyncio.Event().wait()
            finally:
                self.gone.set()
            if cut:
                raise ConnectionAbortedError

        self.reply = lambda: StreamingResponse(body(), media_type=content_type or None)


@asynccontextmanager
async def serving(api: LocalApi) -> AsyncIterator[LocalApi]:
    """Serve ``api`` for the length of the block."""
    app = Starlette(routes=[Route("/v1/{path:path}", api.answer, methods=["POST"])])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        api.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            while not server.started:  # noqa: ASYNC110 -- uvicorn has no event for it
                await asyncio.sleep(0.01)
            yield api
        finally:
            server.should_exit = True
            await task
