"""A hundred people talk to one server at once, or as many as are wanted.

    python bench/load.py [SECONDS [SESSIONS]]

A process of its own runs `realtime-chat serve --engines scripted`, so that what is measured is the server and not a
model. A hundred sessions send sound in frames of 20 ms, as a microphone gives them: a second of voice, then three of
silence, upon which the server answers aloud. Once a second each of them also asks for something behind a frame. The
answer comes when the frame was handled, so its time is that of the frame, and of the way there and back.

Four times: the memory that some hundred sessions took is kept for the next, so that what the last hundred adds is a
leak, if anything is.
"""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import websockets
from machine import stolen_seconds
from program import Server, server
from table import table
from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Frame, Opcode

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from synthetic_voice import silence, voice

T = TypeVar("T")

SESSIONS = 100
SECONDS = 10.0
ROUNDS = 4
FRAME_S = 0.02
FRAME_BYTES = 960
"""Bytes of 20 ms: PCM16 mono 24 kHz."""

ECHO_FRAMES = 50
"""Frames from one question behind a frame to the next: a second."""

LAST = "last"
"""The id of what a session sends last."""

SETTLE_S = 3.0
"""How long the server may take to clear away what is over."""


def _frames() -> list[bytes]:
    """Give what a person sends in four seconds, as it goes over the wire.

    Made once: what this program needs for itself is not there for the server.
    """
    pcm = voice(1_000) + silence(3_000)
    pieces = [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES)]
    events = [{"type": "input_audio_buffer.append", "audio": base64.b64encode(piece).decode()} for piece in pieces]
    return [Frame(Opcode.TEXT, json.dumps(event).encode()).serialize(mask=True) for event in events]


FRAMES = _frames()


def _question(name: str) -> str:
    """Give an event that is answered with an error, and changes nothing."""
    return json.dumps({"type": "conversation.item.retrieve", "item_id": "none", "event_id": name})


class Load:
    """What the sessions of a round saw.

    Attributes:
        sessions: How many there are.
        handled: Seconds from sending a frame until the server was seen to have handled it.
        late: Seconds by which this program sent frames later than it should have.
        frames: Frames sent.
        answers: Answers that were completed.
        stolen: The host's share of one core meanwhile.
    """

    def __init__(self, sessions: int = 1) -> None:
        self.sessions = sessions
        self.handled: list[float] = []
        self.late: list[float] = []
        self.frames = 0
        self.answers = 0
        self.stolen = 0.0

    async def hold(self, url: str, number: int, begin: float, end: float) -> None:
        """Hold a session, with its frames and its pauses in between those of the others."""
        asked: dict[str, float] = {}
        async with connect(url, compression=None, max_size=None) as connection:
            reader = asyncio.create_task(self._read(connection, asked))
            shift = number * len(FRAMES) // self.sessions
            due = begin + number * FRAME_S / self.sessions
            sent = 0
            while due < end:
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                self.late.append(time.monotonic() - due)
                connection.transport.write(FRAMES[(sent + shift) % len(FRAMES)])
                if (sent + shift) % ECHO_FRAMES == 0:
                    name = f"echo-{sent}"
                    asked[name] = time.monotonic()
                    await connection.send(_question(name))
                sent += 1
                due += FRAME_S
            self.frames += sent
            await connection.send(_question(LAST))
            async with asyncio.timeout(30):
                await reader

    async def _read(self, connection: ClientConnection, asked: dict[str, float]) -> None:
        while True:
            frame = await connection.recv(decode=False)
            now = time.monotonic()
            head = bytes(frame[:40])
            if b'"error"' in head:
                name = json.loads(frame)["error"]["event_id"]
                if name == LAST:
                    return
                self.handled.append(now - asked.pop(name))
            elif b'"response.done"' in head:
                self.answers += json.loads(frame)["response"]["status"] == "completed"


async def _refusal(url: str) -> str:
    """Say how one more session is refused while all are taken."""
    try:
        async with connect(url):
            return "was taken"
    except websockets.InvalidStatus as refused:
        response = refused.response
        code = json.loads(response.body or b"{}")["error"]["code"]
        return f"HTTP {response.status_code} {code}, Retry-After {response.headers.get('Retry-After')} s"


async def _round(url: str, seconds: float, load: Load, running: Server) -> tuple[float, str]:
    """Hold all sessions; give the memory with all of them there, and how one more is refused."""
    begin = time.monotonic() + 3
    stolen = stolen_seconds()
    async with asyncio.TaskGroup() as group:
        for number in range(load.sessions):
            group.create_task(load.hold(url, number, begin, begin + seconds))
        await asyncio.sleep(2.5)
        refusal = await _refusal(url)
        await asyncio.sleep(max(0.0, begin + seconds - 0.5 - time.monotonic()))
        megabytes = running.megabytes()
    load.stolen = (stolen_seconds() - stolen) / (time.monotonic() - begin + 3)
    await asyncio.sleep(SETTLE_S)
    return megabytes, refusal


def _of_each(load: Load) -> str:
    return f"{share(load.handled, 0.99):.1f} ms ({load.stolen:.1%})"


def share(values: list[float], part: float) -> float:
    """Give the value below which this part of all lies, in milliseconds."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] * 1_000


async def _measure(running: Server, seconds: float, sessions: int) -> list[tuple[str, str]]:
    url = running.url.replace("http://", "ws://") + "/realtime?model=scripted"
    await Load().hold(url, 0, time.monotonic(), time.monotonic() + 5)  # whatever is loaded late is loaded now
    loads = [Load(sessions) for _ in range(ROUNDS)]
    memory = [running.megabytes()]
    most = 0.0
    refusals: set[str] = set()
    used = sum(running.process.cpu_times()[:2])
    for load in loads:
        megabytes, refusal = await _round(url, seconds, load, running)
        memory.append(running.megabytes())
        most = max(most, megabytes)
        refusals.add(refusal)
    cores = (sum(running.process.cpu_times()[:2]) - used) / (ROUNDS * seconds)
    handled = [value for load in loads for value in load.handled]
    late = [value for load in loads for value in load.late]
    return [
        ("sessions at once", f"{sessions}, {ROUNDS} times, for {seconds:.0f} s each"),
        ("frames of 20 ms", f"{sum(load.frames for load in loads):,}, {sessions / FRAME_S:,.0f} a second"),
        ("answers spoken", f"{sum(load.answers for load in loads):,}"),
        ("time to handle a frame: median", f"{share(handled, 0.5):.1f} ms"),
        ("p95", f"{share(handled, 0.95):.1f} ms"),
        ("p99", f"{share(handled, 0.99):.1f} ms"),
        ("worst", f"{share(handled, 1):.1f} ms ({len(handled):,} measured)"),
        ("this program sent late by, p99", f"{share(late, 0.99):.1f} ms"),
        ("server's processor time", f"{cores:.2f} cores"),
        ("p99 of each time, and the share of a core that the host took", "; ".join(_of_each(load) for load in loads)),
        ("server's memory before", f"{memory[0]:.0f} MB"),
        ("with all sessions", f"{most:.0f} MB at most"),
        ("after each time", f"{', '.join(f'{megabytes:.0f}' for megabytes in memory[1:])} MB"),
        ("one session more", "; ".join(refusals)),
    ]


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run it as the server runs."""
    if sys.platform == "win32":
        return asyncio.run(work)
    import uvloop

    return uvloop.run(work)


def main() -> None:
    """Measure and print."""
    seconds = float(sys.argv[1]) if sys.argv[1:] else SECONDS
    sessions = int(sys.argv[2]) if sys.argv[2:] else SESSIONS
    gc.freeze()
    with server("--engines", "scripted", "--max-sessions", str(sessions)) as running:
        rows = _run(_measure(running, seconds, sessions))
    print(table(("many sessions", ""), rows))


if __name__ == "__main__":
    main()
