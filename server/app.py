"""The server as an ASGI application: the Realtime WebSocket, a voice by HTTP, and a sign of life."""

from __future__ import annotations

import asyncio
import io
import logging
import secrets
import time
import wave
from collections.abc import AsyncGenerator

import msgspec
from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from realtime_chat.server.access import SUBPROTOCOL, Access, check_access
from realtime_chat.server.conversation import Conversation
from realtime_chat.server.defaults import default_session
from realtime_chat.server.engines.engine_set import EngineSet
from realtime_chat.server.engines.seam import SPEAKING_RATE
from realtime_chat.server.errors import ServerError
from realtime_chat.server.runner import SESSION_SECONDS, SessionExpired, SessionRunner, SlowClient

log = logging.getLogger(__name__)

MAX_SPEECH_CHARS = 4_096
"""The longest text ``/audio/speech`` takes, as at OpenAI."""

_MAX_BODY = 8 * MAX_SPEECH_CHARS
"""Bytes of its request: each character may be an escape of six."""

_REFUSALS = {
    Access.NO_KEY: (401, "invalid_api_key", "Incorrect or missing API key."),
    Access.FOREIGN_PAGE: (403, "origin_not_allowed", "Pages of another origin may not use this server."),
    Access.FOREIGN_NAME: (403, "host_not_allowed", "Without a key this server answers to loopback addresses only."),
}


class SpeechRequest(Struct):
    """The body of ``POST /v1/audio/speech``."""

    input: str
    voice: str = ""
    model: str = ""
    speed: float = 1.0
    response_format: str = "wav"


class StarletteSocket:
    """A session's `Socket` over Starlette's WebSocket."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket

    async def frames(self) -> AsyncGenerator[str | bytes, None]:
        """Yield what the client sends until it goes."""
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            frame = message.get("text")
            yield frame if frame is not None else message.get("bytes") or b""

    async def send(self, frame: str) -> None:
        """Send a text frame; one that nobody is there to take is dropped."""
        try:
            await self._websocket.send_text(frame)
        except (WebSocketDisconnect, RuntimeError):
            log.debug("The client is gone; an event was dropped.")
            await asyncio.Event().wait()  # the reader ends the session


def new_id(prefix: str) -> str:
    """Make an id that nobody can guess."""
    return f"{prefix}_{secrets.token_hex(10)}"


def build_app(engines: EngineSet, key: str | None = None) -> Starlette:
    """Make the application.

    Args:
        engines: What hears, thinks and speaks.
        key: What clients must know; ``None`` takes everybody who can reach the port.
    """

    async def realtime(websocket: WebSocket) -> None:
        access = check_access(websocket.headers, key)
        if access is not Access.GRANTED:
            log.info("A session was refused: %s.", access.name)
            await websocket.send_denial_response(_refusal(*_REFUSALS[access]))
            return
        offered = [entry.strip() for entry in websocket.headers.get("sec-websocket-protocol", "").split(",")]
        await websocket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)
        # Whatever model the client asks for in the address, the session says which one really answers.
        session = default_session(new_id("sess"), engines.name, "alloy", int(time.time() + SESSION_SECONDS))
        conversation = Conversation(session, new_id)
        log.info("Session %s begins.", session.id)
        try:
            await SessionRunner(StarletteSocket(websocket), conversation, engines).run()
        except SlowClient as error:
            log.warning("%s", error)
            await websocket.close(1008, str(error))
        except SessionExpired as error:
            await websocket.close(1001, str(error))
        finally:
            log.info("Session %s is over.", session.id)

    async def nowhere(websocket: WebSocket) -> None:
        await websocket.send_denial_response(_refusal(404, "not_found", "Sessions are at /v1/realtime."))

    async def speech(request: Request) -> Response:
        access = check_access(request.headers, key)
        if access is not Access.GRANTED:
            return _refusal(*_REFUSALS[access])
        try:
            wanted = msgspec.json.decode(await _body(request), type=SpeechRequest)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return _refusal(400, "invalid_value", f"Not a speech request: {error}.")
        if wanted.response_format not in ("wav", "pcm"):
            return _refusal(400, "invalid_value", "Invalid 'response_format': this server gives wav or pcm.")
        if not wanted.input.strip() or len(wanted.input) > MAX_SPEECH_CHARS:
            return _refusal(400, "invalid_value", f"Invalid 'input': give 1 to {MAX_SPEECH_CHARS} characters.")
        if not 0.25 <= wanted.speed <= 4:
            return _refusal(400, "invalid_value", "Invalid 'speed': must be between 0.25 and 4.")
        try:
            speaking = await engines.speaking()
            said = speaking.speak(wanted.input, voice=wanted.voice, speed=wanted.speed)
            pcm = b"".join([stretch.pcm async for stretch in said])
        except ServerError as error:
            return _refusal(503, "engine_failed", str(error))
        if wanted.response_format == "pcm":
            return Response(pcm, media_type="audio/pcm")
        return Response(as_wav(pcm), media_type="audio/wav")

    async def health(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    return Starlette(
        routes=[
            WebSocketRoute("/v1/realtime", realtime),
            WebSocketRoute("/{path:path}", nowhere),
            Route("/v1/audio/speech", speech, methods=["POST"]),
            Route("/health", health),
        ]
    )


def as_wav(pcm: bytes) -> bytes:
    """Put a WAV header before PCM16 mono at `SPEAKING_RATE`."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SPEAKING_RATE)
        file.writeframes(pcm)
    return buffer.getvalue()


async def _body(request: Request) -> bytes:
    """Read a request's body; what is too long for any speech request is cut, and so is none."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY:
            break
    return body[:_MAX_BODY]


def _refusal(status: int, code: str, message: str) -> Response:
    body = {"error": {"type": "invalid_request_error", "code": code, "message": message, "param": None}}
    return JSONResponse(body, status)
