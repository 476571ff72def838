"""``POST /v1/audio/speech``: a text said aloud, without a session."""

from __future__ import annotations

import io
import wave
from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from realtime_chat.server.engines.seam import SPEAKING_RATE, Speech
from realtime_chat.server.errors import ServerError
from realtime_chat.server.http.refusals import TooLong, body_of, refusal
from realtime_chat.server.http.service import Service

MAX_SPEECH_CHARS = 4_096
"""The longest text ``/v1/audio/speech`` takes, as at OpenAI."""

_MAX_BODY = 8 * MAX_SPEECH_CHARS
"""Bytes of a request: each character may be an escape of six."""


class SpeechRequest(Struct):
    """The body of ``POST /v1/audio/speech``."""

    input: str
    voice: str = ""
    model: str = ""
    speed: float = 1.0
    response_format: str = "wav"


async def speech(request: Request, service: Service) -> Response:
    """Say a text."""
    try:
        wanted = msgspec.json.decode(await body_of(request, _MAX_BODY), type=SpeechRequest)
    except TooLong:
        return refusal(400, "invalid_value", f"Invalid 'input': give 1 to {MAX_SPEECH_CHARS} characters.")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return refusal(400, "invalid_value", f"Not a speech request: {error}.")
    if wanted.response_format not in ("wav", "pcm"):
        return refusal(400, "invalid_value", "Invalid 'response_format': this server gives wav or pcm.")
    if not wanted.input.strip() or len(wanted.input) > MAX_SPEECH_CHARS:
        return refusal(400, "invalid_value", f"Invalid 'input': give 1 to {MAX_SPEECH_CHARS} characters.")
    if not 0.25 <= wanted.speed <= 4:
        return refusal(400, "invalid_value", "Invalid 'speed': must be between 0.25 and 4.")
    try:
        speaking = await service.engines.speaking()
        said = speaking.speak(wanted.input, voice=wanted.voice, speed=wanted.speed)
        if wanted.response_format == "pcm":
            first = await anext(said, Speech(b""))  # what fails at once is still a refusal
            return StreamingResponse(_stream(first, said), media_type="audio/pcm")
        pcm = b"".join([stretch.pcm async for stretch in said])
    except ServerError as error:
        service.metrics.erred("engine_failed")
        return refusal(503, "engine_failed", str(error), kind="server_error")
    return Response(as_wav(pcm), media_type="audio/wav")


async def _stream(first: Speech, rest: AsyncGenerator[Speech, None]) -> AsyncGenerator[bytes, None]:
    """Give the sound as it is made. A voice that fails breaks the connection off, so that nobody takes it for all."""
    yield first.pcm
    async with aclosing(rest):
        async for stretch in rest:
            yield stretch.pcm


def as_wav(pcm: bytes) -> bytes:
    """Put a WAV header before PCM16 mono at `SPEAKING_RATE`."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SPEAKING_RATE)
        file.writeframes(pcm)
    return buffer.getvalue()
