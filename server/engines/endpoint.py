"""A language model behind any OpenAI-compatible chat-completions API."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from realtime_chat.protocol.printable import one_line
from realtime_chat.server.engines.clean import AnswerText
from realtime_chat.server.engines.seam import ChatMessage, TokenUsage
from realtime_chat.server.errors import EngineError

if TYPE_CHECKING:
    import httpx

_CONNECT_S = 5.0
_SILENCE_S = 120.0
"""A local server may first load the model; one that is silent for longer is gone."""


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
        import httpx

        address = _address(base_url)
        key = (api_key or "").strip()
        if not (key.isascii() and key.isprintable()):
            raise EngineError("thinking", "the language model's API key holds characters that no key has; set it anew")
        self._model = model
        self._shown = address
        self._key = key
        self._client = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(_SILENCE_S, connect=_CONNECT_S),
            transport=transport,
        )
        self._url = f"{base_url.rstrip('/')}/chat/completions"

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def prepare(self, messages: Sequence[ChatMessage]) -> None:
        """Do nothing: reading ahead would be paid for twice."""

    async def answer(
        self, messages: Sequence[ChatMessage], *, max_tokens: int | None = None
    ) -> AsyncGenerator[str | TokenUsage, None]:
        """Write the next message; see `Thinking`. Closing the iterator closes the request.

        An API that counts no tokens gives a `TokenUsage` of zeros.
        """
        import httpx

        request: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": m.role, "content": m.text.encode(errors="replace").decode()} for m in messages],
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if max_tokens is not None:
            request["max_tokens"] = max_tokens
        text = AnswerText()
        reader = _Reader()
        try:
            async with self._client.stream("POST", self._url, json=request) as response:
                if response.status_code != httpx.codes.OK:
                    raise self._refused(response.status_code, await _beginning(response))
                async for line in response.aiter_lines():
                    if piece := text.feed(reader.take(line)):
                        yield piece
        except httpx.TimeoutException as late:
            raise self._failed("did not answer in time; try again, or see whether it is overloaded") from late
        except (httpx.ConnectError, httpx.UnsupportedProtocol) as unreachable:
            raise self._failed("cannot be reached; see whether it runs and whether --llm-url is right") from unreachable
        except httpx.RequestError as lost:
            raise self._failed("broke the connection off in the middle of the answer; try again") from lost
        except _Malformed as malformed:
            raise self._failed(str(malformed)) from malformed
        if not reader.finished:
            raise self._failed("ended the stream in the middle of the answer; try again")
        if rest := text.end():
            yield rest
        yield reader.usage

    def _failed(self, what: str) -> EngineError:
        return EngineError("thinking", f"{self._shown} {what}")

    def _refused(self, status: int, body: str) -> EngineError:
        """Say what a status other than 200 means, and what to do."""
        if status in (401, 403):
            return self._failed(f"refused the API key (HTTP {status}); set the right one for --llm-url")
        said = _message(body)
        if self._key:
            said = said.replace(self._key, "***")
        said = f": {said}" if said else ""
        if status == 404:
            return self._failed(
                f"has no model called {one_line(self._model)}, or no chat completions at that path (HTTP 404{said}); "
                "see --llm-model and --llm-url"
            )
        if status == 429:
            return self._failed(f"allows no more requests now (HTTP 429{said}); wait, or see the account's limits")
        if status >= 500:
            return self._failed(f"has a fault of its own (HTTP {status}{said}); try again, or see its log")
        return self._failed(f"refused the request (HTTP {status}{said}); see --llm-url and --llm-model")


class _Malformed(Exception):
    """The stream is not one of chat completions; ``str()`` says what the endpoint did."""


class _Reader:
    """Reads the lines of a stream of chat completions.

    Attributes:
        finished: The answer has come to its end.
        usage: What it cost, once that came.
    """

    def __init__(self) -> None:
        self.finished = False
        self.usage = TokenUsage(0, 0, 0)
        self._reached_limit = False

    def take(self, line: str) -> str:
        """Take one line; give the text it adds.

        Raises:
            _Malformed: It is no part of such a stream, or it is an error.
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
        if error := chunk.get("error"):
            raise _Malformed(f"stopped with an error ({_message(json.dumps({'error': error}))}); try again")
        text = ""
        for choice in chunk.get("choices") or ():
            text += (choice.get("delta") or {}).get("content") or ""
            if reason := choice.get("finish_reason"):
                self.finished = True
                self._reached_limit = reason == "length"
        usage = chunk.get("usage")
        if usage or self._reached_limit:
            usage = usage or {}
            self.usage = TokenUsage(
                input_tokens=int(usage.get("prompt_tokens") or self.usage.input_tokens),
                cached_tokens=int((usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0),
                output_tokens=int(usage.get("completion_tokens") or self.usage.output_tokens),
                reached_limit=self._reached_limit,
            )
        return text


async def _beginning(response: httpx.Response) -> str:
    """The first few kilobytes of a body: enough for an error, whatever an endpoint sends."""
    body = b""
    async for part in response.aiter_bytes():
        body += part
        if len(body) > 4096:
            break
    return body[:4096].decode(errors="replace")


def _message(body: str) -> str:
    """What an error's body says, in one line fit for a terminal; "" where it is not JSON with a message."""
    try:
        error = json.loads(body)["error"]
        said = error["message"] if isinstance(error, dict) else error
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""
    return one_line(said)[:200].rstrip(".") if isinstance(said, str) else ""


def _address(base_url: str) -> str:
    """The part of ``base_url`` that may be shown: no user, password or query.

    Raises:
        EngineError: It is no http(s) address.
    """
    wrong = EngineError("thinking", "--llm-url is no http(s) address, such as http://localhost:11434/v1")
    try:
        parts = urlsplit(base_url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise wrong from None
    if not host or parts.scheme not in ("http", "https") or not base_url.isprintable():
        raise wrong
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}{parts.path}"
