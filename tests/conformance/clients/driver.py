"""What the programs that hold conversations through stock clients have in common. It needs nothing but Python.

    python CLIENT.py BASE_URL KEY SOUND

Each program holds the conversations that are named in ``SCENES``, each over a connection of its own whose model is
called like the scene, and prints what its client made of each as a line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

SECONDS = 120
"""How long a conversation may take before something must be wrong."""

CHUNK = 4_800
"""Bytes of 100 ms of sound: PCM16 mono 24 kHz."""

SILENCE = 45 * CHUNK
"""Bytes of silence that a spoken turn ends with."""

PLAYED_MS = 1_200
"""How much of an answer is heard before it is interrupted."""

WHOLE = ("completed", "incomplete")
"""Status of a response that was not interrupted; a model that goes on and on comes to the limit of its tokens."""

LONG = "Please tell me a long story."

QUESTION = "Please use get_weather."
"""What makes the scripted engines call a tool that they need not call: its name."""

WEATHER: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
"""The schema of the arguments of ``get_weather``."""


@dataclass
class Report:
    """What a client made of a conversation.

    Attributes:
        heard: The person's words, turn by turn.
        said: The server's words, answer by answer.
        audio_bytes: Sound that came.
        cut_ms: Where an answer was cut.
        kept: Its words after that.
        calls: Functions that were called, with their arguments.
        errors: What was told as an error: ``code: message``.
    """

    heard: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    audio_bytes: int = 0
    cut_ms: int | None = None
    kept: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    """Where the server is and what can be said to it.

    Attributes:
        base_url: Ends in ``/v1``.
        key: What the server wants to know.
        sound: A spoken turn, PCM16 mono 24 kHz, with four and a half seconds of silence after the voice.
    """

    base_url: str
    key: str
    sound: bytes

    @property
    def websocket_url(self) -> str:
        """The address of sessions, with no query."""
        return self.base_url.replace("http://", "ws://") + "/realtime"

    @property
    def speech(self) -> list[bytes]:
        """The spoken turn up to the end of the voice, in pieces of 100 ms."""
        return _chunks(self.sound[:-SILENCE])

    @property
    def silence(self) -> list[bytes]:
        """What comes after it."""
        return _chunks(self.sound[-SILENCE:])


def _chunks(sound: bytes) -> list[bytes]:
    return [sound[at : at + CHUNK] for at in range(0, len(sound), CHUNK)]


Scene = Callable[[Place, Report], Awaitable[None]]


async def _hold(scene: Scene, place: Place, report: Report) -> None:
    async with asyncio.timeout(SECONDS):
        await scene(place, report)


def main(**scenes: Scene) -> None:
    """Hold the conversations one after the other; one that fails does not keep the others from being held."""
    base_url, key, sound = sys.argv[1:4]
    place = Place(base_url, key, Path(sound).read_bytes())
    for name, scene in scenes.items():
        if sys.argv[4:] and name not in sys.argv[4:]:
            continue
        report = Report()
        failure = None
        try:
            asyncio.run(_hold(scene, place, report))
        except Exception:  # noqa: BLE001  - whatever a client raises is what is to be told
            failure = traceback.format_exc()
        sys.stdout.write(json.dumps({"scene": name, "failure": failure, **asdict(report)}) + "\n")
        sys.stdout.flush()
