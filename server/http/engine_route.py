"""The routes that keep an engine busy: so many requests at a time, and those beyond are told to come again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from realtime_chat.server.http.refusals import refused_access, refused_session, too_much
from realtime_chat.server.http.service import Service
from realtime_chat.server.meter import Drop

TOO_MANY = "too_many_requests"
"""Error code of a request for which there is no place."""

RETRY_SECONDS = 1.0
"""When to try again where all places are taken: nobody can know when one gets free, but most are not held for long."""


class Places:
    """What the requests of all clients share.

    Args:
        count: Requests at a time.

    Attributes:
        free: How many more there may be.
    """

    def __init__(self, count: int) -> None:
        self.free = count

    def take(self) -> bool:
        """Take a place, if there is one. Whoever has taken it must `leave`, once."""
        if self.free <= 0:
            return False
        self.free -= 1
        return True

    def leave(self) -> None:
        """Give the place back."""
        self.free += 1


class EngineRoute:
    """An ASGI application that answers requests as long as there are places, and the server is not about to end.

    A request holds its place from before its body is read until its answer is sent to the end, or cannot be sent any
    more: an answer that nobody waits for keeps its engine busy all the same.

    Args:
        answering: Answers those who may ask.
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
            await self._answer_in_place(request, scope, receive, send)
        finally:
            self._service.sessions.end_request()

    async def _answer_in_place(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._places.take():
            self._service.metrics.erred(TOO_MANY)
            self._service.metrics.dropped(Drop.REQUEST)
            message = "The server answers as many requests as it can."
            refused = too_much(RETRY_SECONDS, 429, "rate_limit_error", message, code=TOO_MANY)
            await refused(scope, receive, send)
            return
        try:
            response = await self._answering(request, self._service)
            await response(scope, receive, send)
        finally:
            self._places.leave()
