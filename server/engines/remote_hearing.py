"""Speech recognition behind any OpenAI-compatible transcription API."""

from __future__ import annotations

import asyncio
import io
import json
import wave
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from realtime_chat.protocol.printable import one_line
from realtime_chat.server.engines.remote import Remote, RemoteApi, read_at_most
from realtime_chat.server.engines.seam import HEARING_RATE
from realtime_chat.server.engines.voiced import voiced

if TYPE_CHECKING:
    import httpx

_LONGEST_ANSWER = 1 << 20
"""Bytes: ten minutes of speech are some ten thousand characters."""


class RemoteHearing:
    """`Hearing` by speaches, vLLM, another realtime-chat, OpenAI, or any other such API.

    A growing utterance is sent anew as often as the session wants its words so far, each time whole, and never twice
    at a time: an API that takes long, or is far away, gives fewer words early, and the same words in the end.

    Args:
        remote: Where it is, and the model to ask for.
        transport: How requests travel; None for the network.

    Raises:
        EngineError: The address is none, or the key holds characters that cannot be sent.
    """

    def __init__(self, remote: Remote, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._api = RemoteApi(
            "hearing", remote, path="/audio/transcriptions", does="transcription", option="stt", transport=transport
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._api.aclose()

    async def transcribe(self, speech: NDArray[np.float32]) -> str:
        """Give the words of ``speech``; see `Hearing`. Where there is no voice nothing is sent."""
        if not await asyncio.to_thread(_has_voice, speech):
            return ""  # such models invent words for silence
        form = {"response_format": "json"} | ({"model": self._api.model} if self._api.model else {})
        sound = await asyncio.to_thread(_as_wav, speech)
        async with self._api.post(data=form, files={"file": ("speech.wav", sound, "audio/wav")}) as response:
            body = await read_at_most(_LONGEST_ANSWER, response)
        try:
            return one_line(json.loads(body)["text"])
        except (ValueError, TypeError, KeyError, RecursionError) as malformed:
            raise self._api.failed("sent something that is no transcription; see --stt-url") from malformed


def _has_voice(speech: NDArray[np.float32]) -> bool:
    return voiced(np.nan_to_num(speech))[1] > 0


def _as_wav(speech: NDArray[np.float32]) -> bytes:
    """Give ``speech`` as a WAV file of 16 bits: what every such API takes, in half the bytes."""
    samples = np.clip(np.rint(np.nan_to_num(speech) * 32767.0), -32768, 32767).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(HEARING_RATE)
        file.writeframes(samples.tobytes())
    return buffer.getvalue()
