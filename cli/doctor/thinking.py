"""The endpoint of ``--llm-url``: whether it is there, takes the key and has the model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from realtime_chat.cli.credentials import LLM, variable_of
from realtime_chat.cli.doctor.finding import Finding, Verdict
from realtime_chat.protocol.printable import one_line

if TYPE_CHECKING:
    import httpx

ENDPOINT = "--llm-url"

_SECONDS = 10.0
_MOST_NAMES = 8


async def look_at_endpoint(
    url: str, model: str | None, key: str | None, *, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[Finding]:
    """Ask the endpoint for its models, which costs nothing.

    Args:
        url: Its base.
        model: The one that is to think; None where the endpoint chooses.
        key: The key to show there.
        transport: How requests travel; None for the network.
    """
    import httpx

    host = urlsplit(url).netloc.rpartition("@")[2]
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        async with httpx.AsyncClient(headers=headers, timeout=_SECONDS, transport=transport) as client:
            response = await client.get(f"{url.rstrip('/')}/models")
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        todo = "see whether it runs, and whether the address is right"
        yield Finding(ENDPOINT, Verdict.FAIL, f"{host} cannot be reached ({type(error).__name__})", todo)
        return
    yield _judged(host, response, model)


def _judged(host: str, response: httpx.Response, model: str | None) -> Finding:
    status = response.status_code
    if status in {401, 403}:
        return Finding(
            ENDPOINT,
            Verdict.FAIL,
            f"{host} refuses the key (HTTP {status})",
            f"put the right one into {variable_of(LLM)}",
        )
    if status == 404:
        todo = "check its path, which most often ends in /v1; a few servers have no list and work all the same"
        return Finding(ENDPOINT, Verdict.WARN, f"{host} has no list of models at that path (HTTP 404)", todo)
    if status != 200:
        return Finding(ENDPOINT, Verdict.FAIL, f"{host} is out of order (HTTP {status})", "look at its log")
    names = _names(response)
    if names is None:
        todo = "check that the address is that of an OpenAI-compatible API"
        return Finding(ENDPOINT, Verdict.WARN, f"{host} answers with something else than a list of models", todo)
    # Ollama's names have a tag at the end, which may be left out.
    if model is not None and not any(name in {model, f"{model}:latest"} for name in names):
        some = ", ".join(names[:_MOST_NAMES]) or "none"
        todo = f"give one it has to --llm-model ({some}), or bring that one there"
        return Finding(ENDPOINT, Verdict.FAIL, f"{host} has no model called {one_line(model)}", todo)
    return Finding(ENDPOINT, Verdict.OK, f"{host} answers, and has {model or f'{len(names)} models'}")


def _names(response: httpx.Response) -> list[str] | None:
    try:
        found: Any = response.json()
    except ValueError:
        return None
    rows = found.get("data") if isinstance(found, dict) else None
    if not isinstance(rows, list):
        return None
    return [one_line(str(row.get("id", ""))) for row in rows if isinstance(row, dict)]
