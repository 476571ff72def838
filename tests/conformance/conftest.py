"""The server as a process, clients as processes, and between them a wire that is listened to.

The server has scripted engines, and for a turn in speech and one in writing of one client the real ones. With
``--engines=real`` (`make conformance ENGINES=real`) all that the clients do, they do with the real ones.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from program import KEY, Server, environment
from stock_clients import CLIENTS, missing, node_environment
from synthetic_voice import silence, voice
from wire_tap import Wire, WireTap

from realtime_chat.server.models.manifest import DEFAULT
from realtime_chat.server.models.store import ModelStore, Status, default_root

PROGRAMS = Path(__file__).parent / "clients"

SECONDS = 660
"""By then each of a client's conversations has come to its end, or to the end of its time (see clients/driver.py)."""

BRIEF = ("voice", "text")
"""The conversations that ``ALWAYS_REAL`` also holds with the real engines when nobody asks for them."""

ALWAYS_REAL = "openai"

SPOKEN = "What is the capital of France?"
"""What the real engines are asked aloud: the answer is short."""

ANSWER_TOKENS = 60
"""What an answer of the real engines may have, about 15 s of speech: a small model that is to tell a story goes on and
on. Not every client has words for it, so it is the session of the key that they are given."""


def pytest_configure(config: pytest.Config) -> None:
    """Know the marker of these tests."""
    config.addinivalue_line("markers", "scene(name): the conversation of clients/ that a test is about")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Have every client talk to the engines that are asked for, and one briefly to the real ones."""
    if "engines" not in metafunc.fixturenames:
        return
    wanted = metafunc.config.getoption("engines")
    marks = {"scripted": (), "real": pytest.mark.engines}
    if "client" not in metafunc.fixturenames:
        metafunc.parametrize("engines", [pytest.param(wanted, marks=marks[wanted])], indirect=True)
        return
    pairs = [(client, wanted) for client in CLIENTS]
    scene = metafunc.definition.get_closest_marker("scene")
    if wanted == "scripted" and (scene is None or scene.args[0] in BRIEF):
        pairs.append((ALWAYS_REAL, "real"))
    cases = [pytest.param(*pair, marks=marks[pair[1]], id="-".join(pair)) for pair in pairs]
    metafunc.parametrize(("client", "engines"), cases, indirect=["engines"], scope="session")


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


@dataclass(frozen=True)
class Place:
    """A server, and what there is to say to it.

    Attributes:
        tap: The wire to it.
        key: What it wants to know.
        turn: A spoken turn: PCM16 mono 24 kHz, and no silence after it.
    """

    tap: WireTap
    key: str
    turn: bytes


@pytest.fixture(scope="session")
def engines(request: pytest.FixtureRequest) -> str:
    """The engines of the server: ``scripted`` or ``real``."""
    return str(request.param)


@pytest.fixture(scope="session")
def place(engines: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A server with these engines."""
    if engines == "real":
        need_models()
    server = Server(tmp_path_factory.mktemp("server"), engines, REALTIME_CHAT_MODELS=str(default_root()))
    address = urlsplit(server.url)
    tap = WireTap(str(address.hostname), address.port or 0)
    key, turn = (KEY, voice(1_000)) if engines == "scripted" else (bounded_key(server.url), spoken(server.url))
    yield Place(tap, key, turn)
    tap.close()
    assert server.stop() == 0


def need_models() -> None:
    """Skip the test where the models of the real engines are not."""
    store = ModelStore(default_root())
    for model in DEFAULT:
        if store.status(model) is not Status.PRESENT:
            pytest.skip(f"{model.name} is not here: run `realtime-chat models pull`")


def bounded_key(url: str) -> str:
    """Give a key whose sessions keep to ``ANSWER_TOKENS``."""
    session = {"type": "realtime", "max_output_tokens": ANSWER_TOKENS}
    wanted = {"session": session, "expires_after": {"anchor": "created_at", "seconds": 7_200}}
    return str(asked(url, "/realtime/client_secrets", wanted).json()["value"])


def spoken(url: str) -> bytes:
    """Give ``SPOKEN`` as the server's own voice says it."""
    return asked(url, "/audio/speech", {"input": SPOKEN, "response_format": "pcm"}).content


def asked(url: str, path: str, wanted: dict[str, Any]) -> httpx.Response:
    """Ask the server itself, past the wire."""
    headers = {"Authorization": f"Bearer {KEY}"}
    return httpx.post(url + path, json=wanted, headers=headers, timeout=SECONDS, trust_env=False).raise_for_status()


@pytest.fixture(scope="session")
def converse(
    place: Place, engines: str, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Callable[[str], Conversations]:
    """Has a client hold its conversations, once, and gives them by their names."""
    sound = tmp_path_factory.mktemp("sound") / "turn.pcm"
    sound.write_bytes(silence(500) + place.turn + silence(4_500))
    env = environment(tmp_path_factory.mktemp("home")) | node_environment()
    scenes = () if engines == pytestconfig.getoption("engines") else BRIEF
    held: dict[str, Conversations] = {}

    def run(client: str) -> Conversations:
        if reason := missing(client):
            pytest.skip(reason)
        program, name = CLIENTS[client]
        before = len(place.tap.wires)
        command = [program, str(PROGRAMS / name), place.tap.url, place.key, str(sound), *scenes]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=SECONDS, check=False)
        assert done.returncode == 0, done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        wires = {wire.model: wire for wire in place.tap.wires[before:]}
        return {
            line["scene"]: Held(line, line["failure"], wires[line["scene"]]) for line in lines if line["scene"] in wires
        }

    def once(client: str) -> Conversations:
        if client not in held:
            held[client] = run(client)
        return held[client]

    return once
