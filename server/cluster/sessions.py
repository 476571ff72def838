"""What runs in the replicas that clients reach: the whole server but its engines. A session lives in one of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from realtime_chat.server.cluster.handles import HandleHearing, speaking_of, thinking_of
from realtime_chat.server.cluster.settings import Settings, server_key
from realtime_chat.server.engines.engine_set import EngineSet

if TYPE_CHECKING:
    from ray.serve.handle import DeploymentHandle

SERVED_BY = "X-Served-By"
"""The header in which a replica says which one it is: a session stays with it to its end."""

_ONE_SERVER_ONLY = ("/v1/realtime/client_secrets",)
"""Routes whose answers only the replica knows that gave them."""


class SessionReplica:
    """Takes WebSockets and HTTP, and calls the engines through handles.

    Args:
        settings: The application's.
        hearing: The deployment that hears; None where an API elsewhere does, and so the next two.
        thinking: The deployment that thinks.
        speaking: The deployment that speaks.
    """

    def __init__(
        self,
        settings: Settings,
        hearing: DeploymentHandle[Any] | None,
        thinking: DeploymentHandle[Any] | None,
        speaking: DeploymentHandle[Any] | None,
    ) -> None:
        self._settings = settings
        own = settings.engine_set()
        self._engines = EngineSet(
            own.name,
            own.hearing.load if hearing is None else partial(HandleHearing, hearing),
            own.thinking.load if thinking is None else partial(thinking_of, thinking),
            own.speaking.load if speaking is None else partial(speaking_of, speaking),
            own.models,
        )

    async def check_health(self) -> None:
        """Learn of the engines, before the first session needs them."""
        await self._engines.load()

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """Give the application; Ray calls it once."""
        from ray import serve

        from realtime_chat.server.app import build_app
        from realtime_chat.server.http.metrics import Metrics
        from realtime_chat.server.limits import Limits
        from realtime_chat.server.sessions import Sessions

        metrics = Metrics()
        sessions = Sessions(Limits(sessions=self._settings.max_sessions), metrics)
        app = build_app(self._engines, server_key(), sessions=sessions, metrics=metrics)
        return Signed(app, serve.get_replica_context().replica_id.unique_id)


class Signed:
    """An application that says in every answer which replica it is, and leaves out what one alone cannot do.

    Args:
        app: The application.
        name: The replica's.
    """

    def __init__(self, app: ASGIApp, name: str) -> None:
        self._app = app
        self._name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a connection as ASGI says."""
        from realtime_chat.server.http.refusals import refusal

        async def signed(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.accept", "websocket.http.response.start"):
                message.setdefault("headers", [])
                MutableHeaders(raw=message["headers"])[SERVED_BY] = self._name
            await send(message)

        if scope["type"] == "http" and scope["path"] in _ONE_SERVER_ONLY:
            reason = "A cluster makes no ephemeral keys, for only one replica would know them: ask a single server."
            await refusal(501, "not_supported", reason)(scope, receive, signed)
            return
        await self._app(scope, receive, signed)
