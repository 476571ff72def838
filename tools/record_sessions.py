"""Record what our own server says, for the tests of the client: writes tests/data/session-NAME.jsonl.

    python tools/record_sessions.py [NAME ...]

Each session is held in memory with scripted engines, by a client that does what its scene says. A line is an event
and who sent it: ``{"from": "server", "event": {...}}``. Ids are counted, so that the same server says the same again.
No sound is kept: a base64 field becomes ``{"silence": BYTES}``.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from synthetic_voice import silence, voice

from realtime_chat.server.conversation import Conversation
from realtime_chat.server.defaults import default_session
from realtime_chat.server.engines.engine_set import EngineSet
from realtime_chat.server.engines.scripted import ScriptedHearing, ScriptedSpeaking, ScriptedThinking
from realtime_chat.server.runner import SessionRunner

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "data"
SECONDS = 30
CHUNK = 4_800
"""Bytes of 100 ms of sound."""

SOUND_FIELDS = ("audio", "delta")


def _wait(kind: str) -> dict[str, Any]:
    return {"wait": kind}


def _update(**session: Any) -> list[dict[str, Any]]:
    return [{"type": "session.update", "session": {"type": "realtime", **session}}, _wait("session.updated")]


def _say(text: str, number: int = 1) -> list[dict[str, Any]]:
    content = [{"type": "input_text", "text": text}]
    # Called as this program's own client calls it, so that a replay of that client speaks of the same item.
    item = {"type": "message", "id": f"typed_{number}", "role": "user", "content": content}
    return [{"type": "conversation.item.create", "item": item}, {"type": "response.create"}]


def _speak(pcm: bytes) -> list[dict[str, Any]]:
    pieces = [pcm[at : at + CHUNK] for at in range(0, len(pcm), CHUNK)]
    return [{"type": "input_audio_buffer.append", "audio": base64.b64encode(piece).decode()} for piece in pieces]


_HEARS = {"input": {"transcription": {"model": "scripted"}, "turn_detection": {"type": "server_vad"}}}
_SPOKEN = silence(500) + voice(800) + silence(1_500)
_DONE = _wait("response.done")
_TOOL = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}

SCENES: dict[str, list[dict[str, Any]]] = {
    "spoken": [
        *_update(audio=_HEARS),
        *_speak(_SPOKEN),
        _DONE,
        *_speak(_SPOKEN),
        _DONE,
    ],
    "typed": [*_update(), *_say("Say hello."), _DONE, *_say("And once more.", 2), _DONE],
    "written": [*_update(output_modalities=["text"]), *_say("Say hello."), _DONE, *_say("And once more.", 2), _DONE],
    "interrupted": [
        *_update(audio=_HEARS),
        *_say("Please tell me a long story."),
        *[_wait("response.output_audio.delta")] * 4,
        *_speak(silence(500) + voice(800)),
        _wait("input_audio_buffer.speech_started"),
        {"type": "conversation.item.truncate", "item_id": "{answer}", "content_index": 0, "audio_end_ms": 200},
        *_speak(silence(1_500)),
        _wait("conversation.item.truncated"),
        _DONE,
    ],
    "cancelled": [
        *_update(),
        *_say("Please tell me a long story."),
        _wait("response.output_audio.delta"),
        {"type": "response.cancel"},
        _DONE,
        {"type": "response.cancel"},
        _wait("error"),
    ],
    "function": [
        *_update(output_modalities=["text"], tools=[_TOOL]),
        *_say("Please use get_weather."),
        _DONE,
        # Called as the first call is called here.
        {
            "type": "conversation.item.create",
            "item": {"type": "function_call_output", "call_id": "call_0", "output": "sunny"},
        },
        {"type": "response.create"},
        _DONE,
    ],
}


class Client:
    """Does what its scene says and notes both sides."""

    def __init__(self, scene: list[dict[str, Any]]) -> None:
        self.lines: list[dict[str, Any]] = []
        self._scene = iter(scene)
        self._came: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._answer = ""

    async def receive(self) -> str | None:
        """Give the next event, waiting where the scene waits."""
        for step in self._scene:
            if "wait" in step:
                async with asyncio.timeout(SECONDS):
                    while (event := await self._came.get())["type"] != step["wait"]:
                        pass
                continue
            event = {**step, "item_id": self._answer} if "item_id" in step else step
            self.lines.append({"from": "client", "event": _without_sound(event)})
            return json.dumps(event)
        return None

    async def send(self, frame: str) -> None:
        """Take an event of the server."""
        event = json.loads(frame)
        self._answer = event["item_id"] if event["type"] == "response.output_audio.delta" else self._answer
        self.lines.append({"from": "server", "event": _without_sound(event)})
        self._came.put_nowait(event)


def _without_sound(event: dict[str, Any]) -> dict[str, Any]:
    is_sound = event["type"] in ("response.output_audio.delta", "input_audio_buffer.append")
    return {
        name: {"silence": len(base64.b64decode(value))} if is_sound and name in SOUND_FIELDS else value
        for name, value in event.items()
    }


async def record(scene: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Hold a session and give its lines."""
    numbers: defaultdict[str, Iterator[int]] = defaultdict(itertools.count)
    session = default_session("sess_0", "scripted", "alloy", 0)
    conversation = Conversation(session, lambda prefix: f"{prefix}_{next(numbers[prefix])}")
    # So slow that somebody can interrupt.
    engines = EngineSet(
        "scripted", ScriptedHearing, lambda: ScriptedThinking(delay=0.002), lambda: ScriptedSpeaking(delay=0.005)
    )
    await engines.load()
    client = Client(scene)
    await SessionRunner(client, conversation, engines).run()
    return client.lines


def main() -> None:
    """Record the scenes that are named, or all."""
    DATA.mkdir(exist_ok=True)
    for name in sys.argv[1:] or SCENES:
        lines = asyncio.run(record(SCENES[name]))
        path = DATA / f"session-{name}.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        print(f"{path.relative_to(ROOT)}: {len(lines)} events")


if __name__ == "__main__":
    main()
