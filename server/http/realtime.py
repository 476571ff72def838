"""``/v1/realtime``: a WebSocket a session."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from realtime_chat.protocol.dialects.table import dialect_of_request
from realtime_chat.protocol.sessions import TranscriptionSession
from realtime_chat.server.access import SUBPROTOCOL, offered_key
from realtime_chat.server.client_secrets import ClientSecret
from realtime_chat.server.conversation import Conversation
from realtime_chat.server.http.refusals import refusal, refused_access, refused_session
from realtime_chat.server.http.service import Service, new_id
from realtime_chat.server.meter import Ending
from realtime_chat.server.runner import SessionDrained, SessionExpired, SessionRunner, SlowClient

log = logging.getLogger(__name__)

CLOSE_SECONDS = 2.0
"""How long a client may take to be told why it is let go; one that reads nothing never would be."""


class AsgiSocket:
    """A session's `Socket` over the channels of an accepted WebSocket.

    A hundred sessions send 5,000 frames a second: what checks the order of messages again and again is left out.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send

    async def receive(self) -> str | bytes | None:
        """Give the next of what the client sends; ``None`` once it is gone."""
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            return None
        frame: str | None = message.get("text")
        return frame if frame is not None else message.get("bytes") or b""

    async def send(self, frame: str) -> None:
        """Send a text frame; one that nobody is there to take is dropped."""
        try:
            await self._send({"type": "websocket.send", "text": frame})
        except (OSError, RuntimeError):  # it went, or was closed from here
            log.debug("The client is gone; an event was dropped.")
            await asyncio.Event().wait()  # the reader ends the session


class RealtimeEndpoint:
    """The ASGI application of a session."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold a session, if the client may have one."""
        await _admit(WebSocket(scope, receive, send), AsgiSocket(receive, send), self._service)


async def _admit(websocket: WebSocket, socket: AsgiSocket, service: Service) -> None:
    secret = service.secrets.find(offered_key(websocket.headers) or "", time.time())
    # A page of another origin is nobody's fault where somebody with the key has given it a secret.
    refused = None if secret is not None else refused_access(websocket, service.key)
    if refused is not None:
        log.info("A session was refused: HTTP %d.", refused.status_code)
        service.metrics.refused("access")
        await websocket.send_denial_response(refused)
        return
    turned_away = service.sessions.enter(websocket.client.host if websocket.client else "")
    if turned_away is not None:
        log.info("A session was refused: %s.", turned_away.reason)
        await websocket.send_denial_response(refused_session(turned_away))
        return
    ending = Ending.FAILED
    try:
        ending = await _hold(websocket, socket, service, secret)
    finally:
        service.sessions.leave(ending)


async def upgrade(request: Request, service: Service) -> Response:
    """Say what is missing to a request that is no WebSocket's."""
    message = (
        "A session is a WebSocket: connect to ws://, in place of http://, with a client of the Realtime API, such as "
        "`realtime-chat talk --server URL`, or with any WebSocket client."
    )
    return refused_access(request, service.key) or refusal(
        426, "upgrade_required", message, headers={"Upgrade": "websocket", "Connection": "Upgrade"}
    )


async def nowhere(websocket: WebSocket) -> None:
    """Refuse a WebSocket anywhere else."""
    await websocket.send_denial_response(refusal(404, "not_found", "Sessions are at /v1/realtime."))


async def _hold(websocket: WebSocket, socket: AsgiSocket, service: Service, secret: ClientSecret | None) -> Ending:
    offered = [entry.strip() for entry in websocket.headers.get("sec-websocket-protocol", "").split(",")]
    try:
        await websocket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)
    except (OSError, WebSocketDisconnect):
        return Ending.LEFT
    limits = service.sessions.limits
    seconds = limits.session_seconds
    update = None if secret is None else secret.session
    transcribes = websocket.query_params.get("intent") == "transcription"
    session = service.new_session(
        transcribes=transcribes if update is None else isinstance(update, TranscriptionSession),
        expires_at=int(time.time() + seconds),
    )
    conversation = Conversation(session, new_id, service.networks, history_bytes=limits.history_bytes)
    runner = SessionRunner(
        socket,
        conversation,
        service.engines,
        update=update,
        seconds=seconds,
        meter=service.metrics,
        dialect=dialect_of_request(websocket.headers),
    )
    log.info("Session %s begins.", session.id)
    try:
        await service.networks.add()
        with service.sessions.running(runner):
            await runner.run()
    except SlowClient as error:
        log.warning("%s", error)
        await _close(websocket, 1008, str(error))
        return Ending.SLOW
    except SessionExpired as error:
        await _close(websocket, 1001, str(error))
        return Ending.EXPIRED
    except SessionDrained as error:
        await _close(websocket, 1001, str(error))
        return Ending.DRAINED
    except Exception:
        log.exception("Session %s broke.", session.id)
        await _close(websocket, 1011, "The session broke; the server's log says how.")
        return Ending.FAILED
    finally:
        log.info("Session %s is over.", session.id)
    return Ending.LEFT


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await websocket.close(code, reason)
