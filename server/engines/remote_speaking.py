"""A voice behind any OpenAI-compatible speech API."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from realtime_chat.server.engines.errors import EngineRefused
from realtime_chat.server.engines.even_pace import USUAL, EvenPace
from realtime_chat.server.engines.remote import Remote, RemoteApi
from realtime_chat.server.engines.seam import SPEAKING_RATE, Speech
from realtime_chat.server.engines.sound_body import SoundBody
from realtime_chat.server.english.markdown import BREAK, blank

if TYPE_CHECKING:
    import httpx

SLOWEST, FASTEST = 0.25, 4.0
"""The API's own limits of ``speed``."""

_USUAL = "alloy"
"""The voice that such APIs know best: what a session has whose client names none."""

_MOST = 10 * 60 * SPEAKING_RATE
"""Samples of one text; the longest that is spoken at once takes a small part of it."""

_WRONG_FORMAT = (400, 415, 422)


class RemoteSpeaking:
    """`Speaking` by speaches, Kokoro, another realtime-chat, OpenAI, or any other such API.

    It is asked for raw PCM, which is spoken as it comes; where it refuses that, for WAV, at any rate. Such an API does
    not say when a word is over: the times of words are estimates (see `EvenPace`). Markdown is not sent; figures
    and abbreviations are, for the API to read.

    Args:
        remote: Where it is, and the model to ask for.
        voice: The voice that says everything. ``""`` leaves the choice to the client, whose voices the API must know.
        transport: How requests travel; None for the network.

    Raises:
        EngineError: The address is none, or the key holds characters that cannot be sent.
    """

    def __init__(self, remote: Remote, voice: str = "", *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._api = RemoteApi(
            "speaking", remote, path="/audio/speech", does="speech", option="tts", transport=transport
        )
        self._voice = voice
        self._format = "pcm"
        self._pace = USUAL

    async def aclose(self) -> None:
        """Close the connections."""
        await self._api.aclose()

    @property
    def voices(self) -> tuple[str, ...]:
        """The one that was chosen; which else there are only the API knows."""
        return (self._voice or _USUAL,)

    async def speak(self, text: str, *, voice: str = "", speed: float = 1.0) -> AsyncGenerator[Speech, None]:
        """Say ``text``; see `Speaking`. Closing the iterator closes the request."""
        plain = blank(text).replace(BREAK, "\n")
        if not any(c.isalnum() for c in plain):
            return  # nothing to be said; such APIs refuse it
        request: dict[str, Any] = {
            "input": plain.strip().encode(errors="replace").decode(),
            "voice": self._voice or voice or _USUAL,
            "speed": min(max(SLOWEST, speed), FASTEST),
        }
        if self._api.model:
            request["model"] = self._api.model
        try:
            async with aclosing(self._say(plain, request)) as speech:
                async for stretch in speech:
                    yield stretch
        except EngineRefused as refused:
            if self._format != "pcm" or refused.status not in _WRONG_FORMAT:
                raise
            async with aclosing(self._say(plain, request, "wav")) as speech:
                async for stretch in speech:
                    yield stretch
            self._format = "wav"  # it takes this one: the next text is not tried twice

    async def _say(self, text: str, request: dict[str, Any], form: str = "") -> AsyncGenerator[Speech, None]:
        speed = request["speed"]
        words = EvenPace(text, self._pace / speed)
        samples = 0
        async with self._api.post(json=request | {"response_format": form or self._format}) as response:
            try:
                sound = SoundBody(response.headers.get("content-type", ""))
                async for data in response.aiter_bytes():
                    if pcm := sound.feed(data):
                        samples += len(pcm) // 2
                        yield Speech(pcm, words.until(samples))
                    if samples > _MOST:
                        raise ValueError("sound without end")
                rest = sound.end()
            except ValueError as malformed:
                raise self._api.failed(f"sent {malformed}; see --tts-url and --tts-model") from malformed
        samples += len(rest) // 2
        if not samples:
            raise self._api.failed("sent no sound; see its log, and --tts-voice")
        self._pace = words.learned(samples) * speed
        yield Speech(rest, words.end(samples))
