"""The server as a process, clients as processes, and between them a wire that is listened to."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from program import KEY, ScriptedServer, environment
from strict_frames import CLIENTS as HOME
from strict_frames import missing_node, node_environment
from synthetic_voice import silence, voice
from wire_tap import Wire, WireTap

PROGRAMS = Path(__file__).parent / "clients"
PYTHON = HOME / "bin" / "python"

CLIENTS: dict[str, tuple[str, str]] = {
    "openai": (sys.executable, "openai_sdk.py"),
    "openai-agents": (str(PYTHON), "openai_agents.py"),
    "agents-realtime": ("node", "agents_realtime.mjs"),
    "livekit": (str(PYTHON), "livekit_plugin.py"),
    "pipecat": (str(PYTHON), "pipecat_service.py"),
}

SECONDS = 300


@dataclass(frozen=True)
class Held:
    """A conversation that was held.

    Attributes:
        report: What the client made of it; its fields are those of ``clients/driver.py``.
        failure: Why the client did not come to the end, ``None`` if it did.
        wire: What went over the wire.
    """

    report: dict[str, Any]
    failure: str | None
    wire: Wire


Conversations = dict[str, Held]


def missing(client: str) -> str:
    """Say why a client cannot be run here, "" if it can."""
    program = CLIENTS[client][0]
    if program == "node":
        return missing_node()
    return "" if Path(program).exists() else "`make clients` installs it"


@pytest.fixture(scope="session")
def tap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WireTap]:
    """A wire to a server with scripted engines."""
    server = ScriptedServer(tmp_path_factory.mktemp("server"))
    address = urlsplit(server.url)
    tap = WireTap(str(address.hostname), address.port or 0)
    yield tap
    tap.close()
    assert server.stop() == 0


@pytest.fixture(scope="session")
def converse(tap: WireTap, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Conversations]:
    """Has a client hold its conversations, once, and gives them by their names."""
    sound = tmp_path_factory.mktemp("sound") / "turn.pcm"
    sound.write_bytes(silence(500) + voice(1_000) + silence(4_500))
    env = environment(tmp_path_factory.mktemp("home")) | node_environment()
    held: dict[str, Conversations] = {}

    def run(client: str) -> Conversations:
        if reason := missing(client):
            pytest.skip(reason)
        program, name = CLIENTS[client]
        before = len(tap.wires)
        command = [program, str(PROGRAMS / name), tap.url, KEY, str(sound)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=SECONDS, check=False)
        assert done.returncode == 0, done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        wires = {wire.model: wire for wire in tap.wires[before:]}
        return {
            line["scene"]: Held(line, line["failure"], wires[line["scene"]]) for line in lines if line["scene"] in wires
        }

    def once(client: str) -> Conversations:
        if client not in held:
            held[client] = run(client)
        return held[client]

    return once
