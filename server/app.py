"""The server as an ASGI application: the Realtime WebSocket, and what is beside it over HTTP."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from realtime_chat.server.engines.engine_set import EngineSet
from realtime_chat.server.http.chat import chat
from realtime_chat.server.http.engine_route import EngineRoute, Places
from realtime_chat.server.http.health import health
from realtime_chat.server.http.metrics import Metrics
from realtime_chat.server.http.models import model, models
from realtime_chat.server.http.openapi import description
from realtime_chat.server.http.realtime import RealtimeEndpoint, nowhere, upgrade
from realtime_chat.server.http.refusals import refusal, refused_access
from realtime_chat.server.http.secrets import client_secrets
from realtime_chat.server.http.service import Service
from realtime_chat.server.http.speech import speech
from realtime_chat.server.http.transcriptions import transcriptions
from realtime_chat.server.sessions import Sessions

log = logging.getLogger(__name__)

Answering = Callable[[Request, Service], Awaitable[Response]]


def build_app(
    engines: EngineSet, key: str | None = None, *, sessions: Sessions | None = None, metrics: Metrics | None = None
) -> Starlette:
    """Make the application.

    Args:
        engines: What hears, thinks and speaks.
        key: What clients must know; ``None`` takes everybody who can reach the port.
        sessions: The sessions of the server, for whoever limits or ends them; a usual set where it is left out.
        metrics: What is counted; it should be the meter of ``sessions``, too.
    """
    metrics = metrics or Metrics()
    service = Service(engines, key, sessions or Sessions(meter=metrics), metrics)
    places = Places(service.sessions.limits.requests)

    def route(path: str, answering: Answering, method: str = "GET") -> Route:
        async def answer(request: Request) -> Response:
            return await answering(request, service)

        return Route(path, answer, methods=[method], name=answering.__name__)

    def engine_route(path: str, answering: Answering) -> Route:
        return Route(path, EngineRoute(answering, service, places), methods=["POST"], name=answering.__name__)

    return Starlette(
        routes=[
            WebSocketRoute("/v1/realtime", RealtimeEndpoint(service)),
            WebSocketRoute("/{path:path}", nowhere),
            route("/v1/realtime", upgrade),
            route("/v1/realtime/client_secrets", client_secrets, "POST"),
            engine_route("/v1/audio/speech", speech),
            engine_route("/v1/audio/transcriptions", transcriptions),
            engine_route("/v1/chat/completions", chat),
            route("/v1/models", models),
            route("/v1/models/{model:path}", model),
            route("/health", health),
            route("/metrics", figures),
            route("/openapi.json", openapi),
        ],
        exception_handlers={HTTPException: missing, Exception: broken},
    )


async def missing(_request: Request, error: Exception) -> Response:
    """Refuse a request that no route is for."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    code = "method_not_allowed" if status == 405 else "not_found"
    return refusal(status, code, "There is nothing like that here: /openapi.json says what there is.")


async def broken(_request: Request, error: Exception) -> Response:
    """Answer a request that something here broke at."""
    log.error("A request broke.", exc_info=error)
    return refusal(500, "server_error", "The server broke; its log says how.", kind="server_error")


async def figures(request: Request, service: Service) -> Response:
    """Give the server's figures to a scraper."""
    return refused_access(request, service.key) or service.metrics.answer(request)


async def openapi(_request: Request, _service: Service) -> Response:
    """Describe all this."""
    return JSONResponse(description())
