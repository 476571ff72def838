"""An OpenAI-compatible API in which an engine runs, and how to say in one sentence what is wrong with it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from realtime_chat.protocol.printable import one_line
from realtime_chat.server.engines.api_error import TOO_MANY, error_in, limit_of, message_of, status_of
from realtime_chat.server.engines.errors import EngineError, EngineRefused

if TYPE_CHECKING:
    import httpx

CONNECT_S = 5.0
SILENCE_S = 120.0
"""A local server may first load the model; one that is silent for longer is gone."""


@dataclass(frozen=True)
class Remote:
    """Where an engine runs, and as what.

    Attributes:
        base_url: What the path is appended to, such as ``http://localhost:11434/v1``.
        model: The model's name there; ``""`` leaves it to the API.
        api_key: Sent as a bearer token; None or blank where the API wants none. It appears in no error.
    """

    base_url: str
    model: str = ""
    api_key: str | None = None

    def __repr__(self) -> str:
        return "Remote(…)"


@dataclass(frozen=True)
class Elsewhere:
    """Which engines run behind an API; None for each that runs here.

    Attributes:
        hearing: The one that recognises speech.
        thinking: The language model.
        speaking: The voice.
        voice: The name of the voice that says everything; ``""`` leaves it to the client.
    """

    hearing: Remote | None = None
    thinking: Remote | None = None
    speaking: Remote | None = None
    voice: str = ""


HERE = Elsewhere()


class RemoteApi:
    """One path of an API, over connections that are kept.

    Args:
        engine: The engine that runs there, as in `EngineError.engine`.
        remote: Where and as what.
        path: Below the base, such as ``/chat/completions``.
        does: What is found at that path, in words.
        option: What the options for it begin with: ``llm`` for ``--llm-url`` and ``--llm-model``.
        silence: Seconds without a byte after which it is given up.
        transport: How requests travel; None for the network.

    Attributes:
        client: The connections.
        model: The model's name there.

    Raises:
        EngineError: The base is no http(s) address, or the key holds characters that cannot be sent.
    """

    def __init__(
        self,
        engine: str,
        remote: Remote,
        *,
        path: str,
        does: str,
        option: str,
        silence: float = SILENCE_S,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        import httpx

        self._engine = engine
        self._does = does
        self._option = f"--{option}"
        self._shown = self._address(remote.base_url)
        self._key = (remote.api_key or "").strip()
        if not (self._key.isascii() and self._key.isprintable()):
            reason = f"the API key holds characters that no key has; set the one for {self._option}-url anew"
            raise EngineError(engine, reason)
        self._url = f"{remote.base_url.rstrip('/')}{path}"
        self.model = remote.model
        self.client = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
            timeout=httpx.Timeout(silence, connect=CONNECT_S),
            transport=transport,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self.client.aclose()

    @asynccontextmanager
    async def post(self, **content: Any) -> AsyncGenerator[httpx.Response, None]:
        """Send a request and give its answer, whose body is yet to be read; leaving the block closes it.

        Args:
            **content: What httpx takes: ``json``, or ``data`` and ``files``.

        Raises:
            EngineRefused: The API answers that it will not.
            EngineError: It cannot be reached, is silent, or breaks off, also within the block.
        """
        import httpx

        with self._translated():
            async with self.client.stream("POST", self._url, **content) as response:
                if response.status_code != httpx.codes.OK:
                    body = await read_at_most(4096, response)
                    error = error_in(body.decode(errors="replace"))
                    raise self._refused(response.status_code, f"HTTP {response.status_code}", error)
                yield response

    def failed(self, what: str) -> EngineError:
        """Give the error that says ``what`` the API did."""
        return EngineError(self._engine, f"{self._shown} {what}")

    def stopped(self, error: Any) -> EngineError:
        """Give the error for one that came in the middle of an answer: that of the same one as a status of HTTP.

        Args:
            error: What the API says of it, as JSON values.
        """
        known = status_of(error)
        if known is not None:
            return self._refused(*known, error)
        said = self._shown_message(error)
        return self.failed(f"stopped with an error{f' ({said})' if said else ''}; try again")

    def _shown_message(self, error: Any) -> str:
        """What an error says, in one line fit for a terminal; "" where it says nothing."""
        said = one_line(message_of(error))
        if self._key:
            said = said.replace(self._key, "***")
        return said[:200].rstrip(".")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        import httpx

        try:
            yield
        except httpx.TimeoutException as late:
            raise self.failed("did not answer in time; try again, or see whether it is overloaded") from late
        except (httpx.ConnectError, httpx.UnsupportedProtocol) as unreachable:
            reason = f"cannot be reached; see whether it runs and whether {self._option}-url is right"
            raise self.failed(reason) from unreachable
        except (httpx.RequestError, httpx.InvalidURL) as lost:
            raise self.failed("broke the connection off in the middle of the answer; try again") from lost

    def _refused(self, status: int, known_by: str, error: Any) -> EngineRefused:
        code = limit_of(error) if status == TOO_MANY else ""
        return EngineRefused(self._engine, f"{self._shown} {self._meaning(status, known_by, error)}", status, code)

    def _meaning(self, status: int, known_by: str, error: Any) -> str:
        """Say what a status other than 200 means, and what to do."""
        url, model = f"{self._option}-url", f"{self._option}-model"
        if status in (401, 403):
            return f"refused the API key ({known_by}); set the right one for {url}"
        said = self._shown_message(error)
        said = f"({known_by}: {said})" if said else f"({known_by})"
        if status == 404:
            lacks = f"has no model called {one_line(self.model)}, or no" if self.model else "has no"
            return f"{lacks} {self._does} at that path {said}; see {model} and {url}"
        if status == TOO_MANY:
            return f"allows no more requests now {said}; wait, or see the account's limits"
        if status >= 500:
            return f"has a fault of its own {said}; try again, or see its log"
        return f"refused the request {said}; see {url} and {model}"

    def _address(self, base_url: str) -> str:
        """Give the part of ``base_url`` that may be shown: no user, password or query."""
        wrong = EngineError(
            self._engine, f"{self._option}-url is no http(s) address, such as http://localhost:11434/v1"
        )
        try:
            parts = urlsplit(base_url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise wrong from None
        if not host or parts.scheme not in ("http", "https") or not base_url.isprintable():
            raise wrong
        return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}{parts.path}"


async def read_at_most(size: int, response: httpx.Response) -> bytes:
    """Give the first ``size`` bytes of a body, whatever an API sends."""
    body = b""
    async for part in response.aiter_bytes():
        body += part
        if len(body) > size:
            break
    return body[:size]
