"""The routes that keep an engine busy: so many requests at a time, and those beyond are told to come again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from realtime_chat.server.http.refusals import TooSlow, refused_access, refused_session, too_much, too_slow
from realtime_chat.server.http.service import Service
from realtime_chat.server.meter import Drop

TOO_MANY = "too_many_requests"
"""Error code of a request for which there is no place."""

RETRY_SECONDS = 1.0
"""When to try again where all places are taken: nobody can know when one gets free, but most are not held for long."""

MOST_BODIES = 256
MOST_BYTES = 256 * 1024 * 1024
"""Of bodies that are still coming, of all clients: beyond either, the one that has been silent for longest is refused.
So those that stall are in nobody's way."""

UNREAD_SECONDS = 60.0
"""How long a client may read nothing of an answer that goes on, which has a place until it is sent."""


class NoPlace(Exception):
    """There is no place for a request, or its body had to make room for others."""


class NotRead(Exception):
    """The client does not read its answer."""


class Places:
    """What the requests of all clients share.

    Args:
        count: Requests at a time.

    Attributes:
        free: How many more there may be.
        bodies: The bodies that are still coming.
    """

    def __init__(self, count: int) -> None:
        self.free = count
        self.bodies = Bodies(MOST_BODIES, MOST_BYTES)

    def take(self) -> bool:
        """Take a place, if there is one. Whoever has taken it must `leave`, once."""
        if self.free <= 0:
            return False
        self.free -= 1
        return True

    def leave(self) -> None:
        """Give the place back."""
        self.free += 1


class Bodies:
    """Bodies that are still coming: so many, of so many bytes together.

    Args:
        most: How many there may be, at least 1.
        most_bytes: Of all of them, at least as many as one may have.
    """

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._coming: dict[Upload, int] = {}  # the one that has been silent for longest first

    def grow(self, upload: Upload, size: int) -> None:
        """Take it that ``size`` more bytes of a body came, or that one begins. Those that must make room are told."""
        self._coming[upload] = self._coming.pop(upload, 0) + size
        self._bytes += size
        while len(self._coming) > self._most or self._bytes > self._most_bytes:
            silent = next(iter(self._coming))
            self.end(silent)
            silent.make_room()

    def end(self, upload: Upload) -> None:
        """No more of this body will come, or it is there; that of an upload that is not in here ended before."""
        self._bytes -= self._coming.pop(upload, 0)


class Upload:
    """A request on its way, to be used in a ``with``: it has its place as soon as its body is there, to the end.

    Args:
        receive: Gives the messages of the request.
        places: Where it takes its place.
    """

    def __init__(self, receive: Receive, places: Places) -> None:
        self._receive = receive
        self._places = places
        self._has_place = False
        self._makes_room = False
        self._waits: asyncio.Timeout | None = None

    def __enter__(self) -> Self:
        self._places.bodies.grow(self, 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._places.bodies.end(self)
        if self._has_place:
            self._places.leave()

    async def receive(self) -> Message:
        """Give the next message.

        Raises:
            NoPlace: It was the last of the body, and all places are taken; or the body had to make room for others.
        """
        message = await self._next()
        if message["type"] != "http.request" or self._has_place:
            return message
        if message.get("more_body", False):
            self._places.bodies.grow(self, len(message.get("body", b"")))
            is_welcome = not self._makes_room
        else:
            self._places.bodies.end(self)
            is_welcome = self._has_place = self._places.take()
        if not is_welcome:
            raise NoPlace
        return message

    async def _next(self) -> Message:
        try:
            async with asyncio.timeout(None) as self._waits:
                return await self._receive()
        except TimeoutError:
            raise NoPlace from None
        finally:
            self._waits = None

    def make_room(self) -> None:
        """Wait for the body no longer; `receive` raises."""
        self._makes_room = True
        if self._waits is not None:
            self._waits.reschedule(0)


class EngineRoute:
    """An ASGI application that answers requests as long as there are places, and the server is not about to end.

    A request holds its place from when its body is there until its answer is sent to the end, or cannot be sent any
    more: an answer that nobody waits for keeps its engine busy all the same.

    Args:
        answering: Answers those who may ask. It reads the body to its end before it asks an engine.
        service: The server.
        places: Shared by all such routes.
    """

    def __init__(
        self, answering: Callable[[Request, Service], Awaitable[Response]], service: Service, places: Places
    ) -> None:
        self._answering = answering
        self._service = service
        self._places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = Request(scope, receive, send)
        if refused := refused_access(request, self._service.key):
            await refused(scope, receive, send)
            return
        if draining := self._service.sessions.begin_request():
            self._service.metrics.dropped(Drop.REQUEST)
            await refused_session(draining)(scope, receive, send)
            return
        try:
            with Upload(receive, self._places) as upload:
                response = await self._answer(Request(scope, upload.receive, send))
                async with _making(response):
                    await response(scope, receive, _in_time(send))
        except (ClientDisconnect, NotRead):
            pass  # whoever serves this closes the connection where the answer is not complete
        finally:
            self._service.sessions.end_request()

    async def _answer(self, request: Request) -> Response:
        """Give the answer, or say that there is no place for the request, or that it does not come.

        Raises:
            ClientDisconnect: The client went away before the body was there.
        """
        try:
            if self._places.free <= 0:  # which may be so when the body is there, too, but need not be waited for
                raise NoPlace
            return await self._answering(request, self._service)
        except TooSlow:
            return too_slow()
        except NoPlace:
            self._service.metrics.erred(TOO_MANY)
            self._service.metrics.dropped(Drop.REQUEST)
            message = "The server answers as many requests as it can."
            return too_much(RETRY_SECONDS, 429, "rate_limit_error", message, code=TOO_MANY)


@asynccontextmanager
async def _making(response: Response) -> AsyncGenerator[None, None]:
    """End what makes an answer with the block, also where it could not be sent to the end."""
    try:
        yield
    finally:
        if isinstance(response, StreamingResponse) and isinstance(response.body_iterator, AsyncGenerator):
            await response.body_iterator.aclose()


def _in_time(send: Send) -> Send:
    """Give what sends the messages of an answer, and raises `NotRead` where the client does not take them."""

    async def send_in_time(message: Message) -> None:
        try:
            async with asyncio.timeout(UNREAD_SECONDS):
                await send(message)
        except TimeoutError:
            raise NotRead from None

    return send_in_time
