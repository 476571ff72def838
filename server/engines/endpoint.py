"""A language model behind any OpenAI-compatible chat-completions API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from realtime_chat.server.engines.api_error import error_of
from realtime_chat.server.engines.call_assembly import CallAssembly, UnusableCall, unfit
from realtime_chat.server.engines.clean import AnswerText
from realtime_chat.server.engines.json_schema import json_object
from realtime_chat.server.engines.remote import Remote, RemoteApi
from realtime_chat.server.engines.seam import ChatMessage, TokenUsage, Toolbox, ToolCall

if TYPE_CHECKING:
    import httpx


class EndpointThinking:
    """`Thinking` by Ollama, vLLM, LM Studio, llama-server, or any other such API.

    Args:
        base_url: What ``/chat/completions`` is appended to, such as ``http://localhost:11434/v1``.
        model: The model's name there.
        api_key: Sent as a bearer token; None or blank where the API wants none. It appears in no error.
        transport: How requests travel; None for the network.

    Raises:
        EngineError: ``base_url`` is no http(s) address, or the key holds characters that cannot be sent.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key: str | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._api = RemoteApi(
            "thinking",
            Remote(base_url, model, api_key),
            path="/chat/completions",
            does="chat completions",
            option="llm",
            transport=transport,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._api.aclose()

    async def prepare(self, messages: Sequence[ChatMessage], *, tools: Toolbox | None = None) -> None:
        """Do nothing: reading ahead would be paid for twice."""

    async def answer(
        self, messages: Sequence[ChatMessage], *, max_tokens: int | None = None, tools: Toolbox | None = None
    ) -> AsyncGenerator[str | ToolCall | TokenUsage, None]:
        """Write the next message; see `Thinking`. Closing the iterator closes the request.

        An API that counts no tokens gives a `TokenUsage` of zeros. To heed the choice of tools is up to the API. Where
        the arguments of a call do not fit it is told so and asked once more, and what that costs is counted; where they
        do not fit again, that is an error. See `unfit` for what cannot be checked.
        """
        request: dict[str, Any] = {
            "model": self._api.model,
            "messages": [_message(message) for message in messages],
            "stream": True,
            "stream_options": {"include_usage": True},
            **(_tools(tools) if tools is not None and tools.tools else {}),
        }
        if max_tokens is not None:
            request["max_tokens"] = max_tokens
        reader = _Reader(self._api)
        said: list[str] = []
        async with aclosing(self._text(request, reader)) as pieces:
            async for piece in pieces:
                said.append(piece)
                yield piece
        calls, wrong = await self._calls(reader, tools)
        usage = reader.usage
        if wrong:
            request["messages"] += [_message(message) for message in _correction("".join(said), calls, wrong)]
            if max_tokens is not None:
                request["max_tokens"] = max(1, max_tokens - usage.output_tokens)
            text, calls, more = await self._once_more(request, tools)
            if text and not calls:  # what comes with calls is an excuse for what nobody has noticed
                yield text
            usage = _both(usage, more)
        for call in calls:
            yield call
        yield usage

    async def _once_more(
        self, request: dict[str, Any], tools: Toolbox | None
    ) -> tuple[str, list[ToolCall], TokenUsage]:
        """Give the text and the calls of an answer in place of one that called something wrongly, and what it cost."""
        reader = _Reader(self._api)
        async with aclosing(self._text(request, reader)) as pieces:
            text = "".join([piece async for piece in pieces])
        calls, wrong = await self._calls(reader, tools)
        for call in calls:
            if call in wrong:
                raise self._api.failed(
                    f"called {call.name} with arguments that do not fit its JSON Schema, and again when told so; a "
                    "simpler schema, or another --llm-model, helps"
                )
        return text, calls, reader.usage

    async def _text(self, request: dict[str, Any], reader: _Reader) -> AsyncGenerator[str, None]:
        """Send a request and give the text of its answer; the rest of it is in ``reader`` then."""
        text = AnswerText()
        try:
            async with self._api.post(json=request) as response:
                async for line in response.aiter_lines():
                    if piece := text.feed(reader.take(line)):
                        yield piece
        except _Malformed as malformed:
            raise self._api.failed(str(malformed)) from malformed
        if not reader.finished:
            raise self._api.failed("ended the stream in the middle of the answer; try again")
        if rest := text.end():
            yield rest

    async def _calls(self, reader: _Reader, tools: Toolbox | None) -> tuple[list[ToolCall], frozenset[ToolCall]]:
        """Give the calls of an answer, and those of them that do not fit; of one that was cut off, those that do."""
        cut = reader.usage.reached_limit or reader.usage.was_filtered
        try:
            calls = reader.calls.calls(tools, cut=cut)
        except UnusableCall as unusable:
            raise self._api.failed(str(unusable)) from unusable
        if tools is None or not calls:
            return [], frozenset()
        wrong = await asyncio.to_thread(unfit, calls, tools)
        if cut:
            return [call for call in calls if call not in wrong], frozenset()
        return calls, wrong


def _correction(text: str, calls: Sequence[ToolCall], wrong: frozenset[ToolCall]) -> list[ChatMessage]:
    """Give the messages that tell the model what it called, and that it must be done again."""
    made = [replace(call, call_id=f"call_{number}") for number, call in enumerate(calls)]
    told = [
        f"Not called: the arguments do not fit the JSON Schema of {call.name}."
        if call in wrong
        else "Not called: the arguments of another call do not fit."
        for call in calls
    ]
    again = "Make every call of this answer again, with arguments that fit."
    return [
        ChatMessage("assistant", text, tuple(made)),
        *(ChatMessage("tool", f"{why} {again}", call_id=call.call_id) for why, call in zip(told, made, strict=True)),
    ]


def _both(first: TokenUsage, second: TokenUsage) -> TokenUsage:
    """Give what two requests cost; the second is the one that the answer ended with."""
    return replace(
        second,
        input_tokens=first.input_tokens + second.input_tokens,
        cached_tokens=first.cached_tokens + second.cached_tokens,
        output_tokens=first.output_tokens + second.output_tokens,
    )


def _message(message: ChatMessage) -> dict[str, Any]:
    """Give a message as the API takes it."""
    wire: dict[str, Any] = {"role": message.role, "content": _text(message.text)}
    if message.role == "tool":
        wire["tool_call_id"] = message.call_id
    if message.calls:
        wire["tool_calls"] = [
            {
                "id": call.call_id,
                "type": "function",
                # Several APIs refuse a whole conversation over arguments that are no JSON object.
                "function": {
                    "name": _text(call.name),
                    "arguments": _text(call.arguments) if json_object(call.arguments) is not None else "{}",
                },
            }
            for call in message.calls
        ]
    return wire


def _text(text: str) -> str:
    """Give ``text`` without lone surrogates, which no JSON reader takes."""
    return text.encode(errors="replace").decode()


def _tools(toolbox: Toolbox) -> dict[str, Any]:
    """Give the part of a request that offers tools; what is the default anyway is left to the API."""
    request: dict[str, Any] = {
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": {"type": "object", "properties": {}, **tool.parameters},
                },
            }
            for tool in toolbox.tools
        ]
    }
    if toolbox.only is not None:
        request["tool_choice"] = {"type": "function", "function": {"name": toolbox.only}}
    elif toolbox.choice != "auto":
        request["tool_choice"] = toolbox.choice
    if not toolbox.parallel:
        request["parallel_tool_calls"] = False
    return request


class _Malformed(Exception):
    """The stream is not one of chat completions; ``str()`` says what the endpoint did."""


class _Reader:
    """Reads the lines of a stream of chat completions.

    Attributes:
        finished: The answer has come to its end.
        usage: What it cost, once that came.
        calls: The calls, as they come.
    """

    def __init__(self, api: RemoteApi) -> None:
        self._api = api
        self.finished = False
        self.usage = TokenUsage(0, 0, 0)
        self.calls = CallAssembly()
        self._ended = ""

    def take(self, line: str) -> str:
        """Take one line; give the text it adds.

        Raises:
            _Malformed: It is no part of such a stream.
            EngineError: It is an error of the API's.
        """
        if not line or line.startswith(":"):
            return ""
        field, _, value = line.partition(":")
        if field in ("event", "id", "retry"):
            return ""
        if field != "data":
            raise _Malformed("sent something that is no stream of chat completions; see --llm-url")
        if value.strip() == "[DONE]":
            self.finished = True
            return ""
        try:
            return self._chunk(json.loads(value))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as malformed:
            raise _Malformed("sent a malformed piece of an answer; see --llm-url") from malformed

    def _chunk(self, chunk: dict[str, Any]) -> str:
        if error := error_of(chunk):
            raise self._api.stopped(error)
        text = ""
        for choice in chunk.get("choices") or ():
            delta = choice.get("delta") or {}
            text += (delta.get("content") or "") + (delta.get("refusal") or "")
            self.calls.take(delta.get("tool_calls"))
            if reason := choice.get("finish_reason"):
                self.finished = True
                self._ended = str(reason)
        usage = chunk.get("usage")
        if usage or self._ended in ("length", "content_filter"):
            usage = usage or {}
            self.usage = TokenUsage(
                input_tokens=int(usage.get("prompt_tokens") or self.usage.input_tokens),
                cached_tokens=int((usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0),
                output_tokens=int(usage.get("completion_tokens") or self.usage.output_tokens),
                reached_limit=self._ended == "length",
                was_filtered=self._ended == "content_filter",
            )
        return text
