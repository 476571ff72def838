"""``POST /v1/audio/transcriptions``: a recording's words, without a session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import numpy as np
from numpy.typing import NDArray
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from realtime_chat.server.engines.seam import HEARING_RATE
from realtime_chat.server.engines.sound_body import SoundBody
from realtime_chat.server.errors import ServerError
from realtime_chat.server.http.refusals import TooLong, body_of, refusal
from realtime_chat.server.http.service import Service

MAX_BODY = 25 * 1024 * 1024
"""Bytes of a request, as at OpenAI."""

MAX_SECONDS = 10 * 60
"""The longest recording: as much as a session's input buffer takes."""

_FORMATS = ("json", "text")
_BLOCK = 1 << 18


async def transcriptions(request: Request, service: Service) -> Response:
    """Recognise a recording."""
    try:
        form = await _form(request)
        speech = await asyncio.to_thread(_speech, form.get("file", ""))
    except TooLong:
        return refusal(413, "request_too_large", f"A request may have {MAX_BODY >> 20} MiB: send a shorter recording.")
    except MultiPartException as error:
        return refusal(400, "invalid_value", f"Not a form with a recording: {error.message}")
    except ValueError as error:
        return refusal(400, "invalid_value", f"Invalid 'file': {error}.", param="file")
    form_of_answer = form.get("response_format") or "json"
    if form_of_answer not in _FORMATS:
        reason = f"Invalid 'response_format': this server gives {' or '.join(_FORMATS)}."
        return refusal(400, "invalid_value", reason, param="response_format")
    if form.get("stream") in ("true", "1"):
        return refusal(400, "invalid_value", "Invalid 'stream': this server gives the words at once.", param="stream")
    try:
        text = await (await service.engines.hearing()).transcribe(speech)
    except ServerError as error:
        service.metrics.erred("engine_failed")
        return refusal(503, "engine_failed", str(error), kind="server_error")
    if form_of_answer == "text":
        return PlainTextResponse(f"{text}\n")
    usage = {"type": "duration", "seconds": round(len(speech) / HEARING_RATE, 3)}
    return JSONResponse({"text": text, "usage": usage})


async def _form(request: Request) -> dict[str, str | bytes]:
    """Read the fields of a form; of a file, its content.

    Raises:
        TooLong: It is longer than `MAX_BODY`.
        MultiPartException: It is no form.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise MultiPartException("give multipart/form-data.")
    body = await body_of(request, MAX_BODY)

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    try:
        form = await MultiPartParser(request.headers, stream(), max_files=1, max_fields=20).parse()
    except ValueError as malformed:
        raise MultiPartException("it cannot be read.") from malformed
    try:
        return {name: await _content(value) for name, value in form.items()}
    finally:
        await form.close()


async def _content(value: UploadFile | str) -> str | bytes:
    return value if isinstance(value, str) else await value.read()


def _speech(recording: str | bytes) -> NDArray[np.float32]:
    """Give a recording as `Hearing` takes it.

    Raises:
        ValueError: It is no WAV, or too long; ``str()`` says so.
    """
    if not isinstance(recording, bytes) or not recording.startswith(b"RIFF"):
        raise ValueError("give a recording as a WAV file, of 16-bit or floating-point samples")
    sound = SoundBody(rate=HEARING_RATE)
    pcm = bytearray()
    for at in range(0, len(recording), _BLOCK):
        pcm += sound.feed(recording[at : at + _BLOCK])
        if len(pcm) > MAX_SECONDS * HEARING_RATE * 2:
            raise ValueError(f"this server takes up to {MAX_SECONDS // 60} minutes")
    pcm += sound.end()
    return np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768)
