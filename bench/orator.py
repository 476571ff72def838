"""A server that makes speeches: whatever it is told, it says what is in a sound file, as long as it is asked to.

    python bench/orator.py SPEECH.wav SECONDS

The real server with three engines that compute nothing, so that what is measured is the client. The sound comes
several times faster than it is heard, as it does from a service.

Printed, a line each: the URL; ``sent TIME``, when the first sound of an answer went out by the socket (what is made for
an answer that never comes to be does not); ``heard TIME BASE64`` for each piece of sound that came in by it; ``cut TIME
MS`` for each truncation. Times are those of `time.monotonic`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import numpy as np
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from realtime_chat.audio.files import read_audio
from realtime_chat.server.app import build_app
from realtime_chat.server.engines.engine_set import EngineSet
from realtime_chat.server.engines.scripted import ScriptedHearing
from realtime_chat.server.engines.seam import (
    SPEAKING_RATE,
    ChatMessage,
    Speech,
    TokenUsage,
    Toolbox,
    ToolCall,
    WordTime,
)

_PIECE_S = 0.1
_FASTER = 5


class Orating:
    """Thinks of one word, "speech"."""

    async def prepare(self, messages: Sequence[ChatMessage], *, tools: Toolbox | None = None) -> None:
        """Do nothing."""

    async def answer(
        self, messages: Sequence[ChatMessage], *, max_tokens: int | None = None, tools: Toolbox | None = None
    ) -> AsyncGenerator[str | ToolCall | TokenUsage, None]:
        """Write it."""
        del messages, max_tokens, tools
        yield "Speech."
        yield TokenUsage(1, 0, 1)


class Reciting:
    """Says what is in the file."""

    voices = ("file",)

    def __init__(self, pcm: bytes) -> None:
        self._pcm = pcm

    async def speak(self, text: str, *, voice: str = "", speed: float = 1.0) -> AsyncGenerator[Speech, None]:
        """Say it from the beginning, whatever ``text`` is."""
        del voice, speed
        step = int(SPEAKING_RATE * _PIECE_S) * 2
        for begin in range(0, len(self._pcm), step):
            piece = self._pcm[begin : begin + step]
            end = begin + step >= len(self._pcm)
            yield Speech(piece, (WordTime(len(text), len(self._pcm) // 2),) if end else ())
            await asyncio.sleep(_PIECE_S / _FASTER)


def listening(app: ASGIApp) -> ASGIApp:
    """Print what comes in by the socket, and when sound begins to go out."""

    async def listen(scope: Scope, receive: Receive, send: Send) -> None:
        begun = ""

        async def received() -> Message:
            message = await receive()
            at = time.monotonic()
            if text := message.get("text"):
                event = json.loads(text)
                if event["type"] == "input_audio_buffer.append":
                    print("heard", at, event["audio"], flush=True)
                elif event["type"] == "conversation.item.truncate":
                    print("cut", at, event["audio_end_ms"], flush=True)
            return message

        async def sent(message: Message) -> None:
            nonlocal begun
            text = message.get("text") or ""
            if '"response.output_audio.delta"' in text[:200]:
                at, answer = time.monotonic(), json.loads(text)["response_id"]
                if answer != begun:
                    begun = answer
                    print("sent", at, flush=True)
            await send(message)

        await app(scope, received, sent)

    return listen


def main() -> None:
    """Serve until the process is ended."""
    sound = read_audio(Path(sys.argv[1]))
    samples = int(float(sys.argv[2]) * SPEAKING_RATE)
    pcm = np.resize(np.frombuffer(sound, dtype="<i2"), samples).tobytes()
    engines = EngineSet("orator", ScriptedHearing, Orating, lambda: Reciting(pcm))

    class Server(uvicorn.Server):
        async def startup(self, sockets: list | None = None) -> None:
            await super().startup(sockets)
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            print(f"http://{host}:{port}/v1", flush=True)

    config = uvicorn.Config(
        listening(build_app(engines, None)), host="127.0.0.1", port=0, log_level="error", ws="websockets-sansio",
        ws_ping_interval=None, lifespan="off",
    )  # fmt: skip
    Server(config).run()


if __name__ == "__main__":
    main()
