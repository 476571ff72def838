"""How a request is refused: the status, and a body in the API's shape that says why and what to do."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response

from realtime_chat.server.access import Access, check_access
from realtime_chat.server.limits import Reason, Refused

_ACCESS = {
    Access.NO_KEY: (401, "invalid_api_key", "Incorrect or missing API key."),
    Access.FOREIGN_PAGE: (403, "origin_not_allowed", "Pages of another origin may not use this server."),
    Access.FOREIGN_NAME: (403, "host_not_allowed", "Without a key this server answers to loopback addresses only."),
}
_REASONS = {
    Reason.LOADING: (503, "server_error", "The server is still loading its models."),
    Reason.DRAINING: (503, "server_error", "The server is about to end and takes nothing new."),
    Reason.SESSIONS: (429, "rate_limit_error", "The server has as many sessions as it takes."),
    Reason.RATE: (429, "rate_limit_error", "Too many sessions were begun within a minute."),
}


BODY_SECONDS = 20.0
"""How long a request's body may take to come."""

BODY_RATE = 128 * 1024
"""Bytes of it for which there is a second more: the largest recording may take four minutes."""


class TooLong(Exception):
    """A request's body is longer than any that means something."""


class TooSlow(Exception):
    """A request's body does not come."""


def refusal(
    status: int,
    code: str,
    message: str,
    *,
    kind: str = "invalid_request_error",
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Refuse a request.

    Args:
        status: The HTTP status.
        code: The error code, for programs.
        message: A sentence, for people.
        kind: The error's type.
        param: The path of the field at fault.
        headers: More headers.
    """
    body = {"error": {"type": kind, "code": code, "message": message, "param": param}}
    return JSONResponse(body, status, headers=headers)


def refused_access(connection: HTTPConnection, key: str | None) -> Response | None:
    """Refuse whoever may not use the server; None for those who may."""
    access = check_access(connection.headers, key)
    return None if access is Access.GRANTED else refusal(*_ACCESS[access])


def refused_session(refused: Refused) -> Response:
    """Refuse a session, or a request, that does not fit the limits."""
    return too_much(refused.retry_after, *_REASONS[refused.reason], code=refused.reason)


def too_much(seconds: float, status: int, kind: str, message: str, *, code: str) -> Response:
    """Refuse what may be tried again in ``seconds``."""
    wait = max(1, math.ceil(seconds))
    again = f"{message} Try again in {wait} s."
    return refusal(status, code, again, kind=kind, headers={"Retry-After": str(wait)})


def late(what: str, advice: str) -> Response:
    """Refuse a request of which ``what`` took too long to come; the connection ends with it."""
    message = f"The request's {what} took too long: {advice}."
    return refusal(408, "request_timeout", message, headers={"Connection": "close"})


def too_slow() -> Response:
    """Refuse a request whose body is `TooSlow`."""
    return late("body", f"send it at once, and at {BODY_RATE >> 10} KiB a second or more")


async def body_of(request: Request, limit: int) -> bytes:
    """Read a request's body.

    Raises:
        TooLong: It has more than ``limit`` bytes; no more than that were read.
        TooSlow: It took longer than `BODY_SECONDS`, and a second for each `BODY_RATE` bytes.
        ClientDisconnect: The client went away before all of it came.
    """
    body = bytearray()
    loop = asyncio.get_running_loop()
    until = loop.time() + BODY_SECONDS
    try:
        async with asyncio.timeout_at(until) as patience:
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise TooLong
                patience.reschedule(until + len(body) / BODY_RATE)
    except TimeoutError:
        raise TooSlow from None
    return bytes(body)
