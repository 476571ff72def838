"""A spoken question made of a written one, for `talk --ask`: a server's voice stands in for a person's."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from realtime_chat.cli.errors import SpeechRefused
from realtime_chat.cli.serving import Served
from realtime_chat.protocol.printable import one_line
from realtime_chat.session.address import endpoint
from realtime_chat.session.errors import WrongKey

_SECONDS = 120.0
"""The voice may have to be loaded first."""

_LONGEST_REASON = 200


async def speak_question(
    text: str, server: Served, path: Path, *, transport: httpx.AsyncBaseTransport | None = None
) -> None:
    """Have ``server`` say ``text``, and write the sound to ``path`` as WAV.

    Args:
        text: The question.
        server: A server that has the API's ``/audio/speech``.
        path: Where the sound goes.
        transport: What carries the request; ``None`` is the network.

    Raises:
        SpeechRefused: It does not.
        WrongKey: It does not know the key.
        BadAddress: Its address is none.
    """
    place = endpoint(server.address)
    scheme, _, rest = place.shown.removesuffix("/realtime").partition("://")
    url = f"{'https' if scheme == 'wss' else 'http'}://{rest}/audio/speech"
    if server.key and not (place.is_secure or place.is_loopback):
        raise SpeechRefused(url, "the key would travel unencrypted")
    headers = {"Authorization": f"Bearer {server.key}"} if server.key else {}
    body = {"input": text, "voice": "", "response_format": "wav"}
    try:
        # A loopback server is not behind a proxy. A redirect, which could lead the key astray, is not followed.
        async with httpx.AsyncClient(timeout=_SECONDS, trust_env=not place.is_loopback, transport=transport) as client:
            answer = await client.post(url, json=body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SpeechRefused(url, one_line(str(error)) or type(error).__name__) from error
    if answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        raise WrongKey(url, answer.status_code, _said(answer).removeprefix(": "))
    if answer.status_code != httpx.codes.OK:
        raise SpeechRefused(url, f"HTTP {answer.status_code}{_said(answer)}")
    await asyncio.to_thread(path.write_bytes, answer.content)


def _said(answer: httpx.Response) -> str:
    try:
        message = answer.json()["error"]["message"]
    except (ValueError, LookupError, TypeError):
        return ""
    return f": {one_line(str(message))[:_LONGEST_REASON].rstrip('.')}"
