"""``POST /v1/chat/completions``: the language model's next message, without a session."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from realtime_chat.server.engines.errors import EngineRefused
from realtime_chat.server.engines.seam import TokenUsage, ToolCall
from realtime_chat.server.errors import ServerError
from realtime_chat.server.http.chat_request import ChatRequest, Unfit
from realtime_chat.server.http.refusals import TooLong, body_of, refusal
from realtime_chat.server.http.service import Service, new_id

MAX_BODY = 4 * 1024 * 1024
"""Bytes of a request: more than any model here can read."""

_LIMIT = "rate_limit_error"

Pieces = AsyncGenerator[str | ToolCall | TokenUsage, None]


async def chat(request: Request, service: Service) -> Response:
    """Answer a conversation, at once or as it is written."""
    try:
        wanted = msgspec.json.decode(await body_of(request, MAX_BODY), type=ChatRequest)
        messages, tools, limit = wanted.conversation(), wanted.toolbox(), wanted.limit()
    except TooLong:
        return refusal(413, "request_too_large", f"A request may have {MAX_BODY >> 20} MiB: send fewer messages.")
    except Unfit as error:
        return refusal(400, error.code, str(error), param=error.param)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return refusal(400, "invalid_value", f"Not a chat request: {error}.")
    completion = _Completion(service.engines.name)
    try:
        pieces = (await service.engines.thinking()).answer(messages, max_tokens=limit, tools=tools)
        if wanted.stream:
            first = await anext(pieces)  # what fails at once is still a refusal
            include_usage = wanted.stream_options is not None and wanted.stream_options.include_usage is True
            events = _events(first, pieces, completion, service, include_usage=include_usage)
            return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})
        async with aclosing(pieces):
            async for piece in pieces:
                completion.take(piece)
    except ServerError as error:
        service.metrics.erred("engine_failed")
        kind, code = _named(error)
        return refusal(429 if kind == _LIMIT else 503, code, str(error), kind=kind)
    return JSONResponse(completion.whole())


def _named(error: ServerError) -> tuple[str, str]:
    """Give the type and the code of an error: a limit of whoever thinks is told as one."""
    if isinstance(error, EngineRefused) and error.code:
        return _LIMIT, error.code
    return "server_error", "engine_failed"


class _Completion:
    """An answer as this API tells it."""

    def __init__(self, model: str) -> None:
        self._head = {"id": new_id("chatcmpl"), "created": int(time.time()), "model": model}
        self._text = ""
        self._calls: list[dict[str, Any]] = []
        self._usage = TokenUsage(0, 0, 0)

    def take(self, piece: str | ToolCall | TokenUsage) -> dict[str, Any]:
        """Take the next piece; give what it adds to the message."""
        if isinstance(piece, TokenUsage):
            self._usage = piece
            return {}
        if isinstance(piece, str):
            self._text += piece
            return {"content": piece}
        function = {"name": piece.name, "arguments": piece.arguments}
        self._calls.append({"id": new_id("call"), "type": "function", "function": function})
        return {"tool_calls": [{"index": len(self._calls) - 1, **self._calls[-1]}]}

    def whole(self) -> dict[str, Any]:
        """Give all of it."""
        message: dict[str, Any] = {
            "role": "assistant",
            "content": self._text if self._text or not self._calls else None,
        }
        if self._calls:
            message["tool_calls"] = self._calls
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self._reason}
        return {**self._head, "object": "chat.completion", "choices": [choice], "usage": self._tokens}

    def chunk(self, delta: dict[str, Any], *, is_last: bool = False) -> dict[str, Any]:
        """Give a piece of it."""
        choice = {"index": 0, "delta": delta, "finish_reason": self._reason if is_last else None}
        return {**self._head, "object": "chat.completion.chunk", "choices": [choice]}

    def usage_chunk(self) -> dict[str, Any]:
        """Give what it cost."""
        return {**self._head, "object": "chat.completion.chunk", "choices": [], "usage": self._tokens}

    @property
    def _reason(self) -> str:
        if self._usage.reached_limit:
            return "length"
        if self._usage.was_filtered:
            return "content_filter"
        return "tool_calls" if self._calls else "stop"

    @property
    def _tokens(self) -> dict[str, Any]:
        usage = self._usage
        return {
            "prompt_tokens": usage.input_tokens,
            "completion_tokens": usage.output_tokens,
            "total_tokens": usage.input_tokens + usage.output_tokens,
            "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        }


async def _events(
    first: str | ToolCall | TokenUsage,
    pieces: Pieces,
    completion: _Completion,
    service: Service,
    *,
    include_usage: bool,
) -> AsyncGenerator[bytes, None]:
    yield _event(completion.chunk({"role": "assistant", "content": ""}))
    async with aclosing(pieces):
        try:
            if delta := completion.take(first):
                yield _event(completion.chunk(delta))
            async for piece in pieces:
                if delta := completion.take(piece):
                    yield _event(completion.chunk(delta))
        except ServerError as error:
            service.metrics.erred("engine_failed")
            kind, code = _named(error)
            yield _event({"error": {"type": kind, "code": code, "message": str(error)}})
            return
    yield _event(completion.chunk({}, is_last=True))
    if include_usage:
        yield _event(completion.usage_chunk())
    yield b"data: [DONE]\n\n"


def _event(content: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(content) + b"\n\n"
