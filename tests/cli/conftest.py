"""The program, and a scripted server that it can talk to."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from event_talk import EventTalk
from program import COMMAND, KEY, NO_KEYRING, Program, ScriptedServer, environment
from sound_cards import SoundCards
from sound_pieces import wav
from synthetic_voice import silence, voice
from terminal_shell import TerminalShell
from virtual_sound import VirtualSound

from realtime_chat.cli.config import places


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(environment(tmp_path / "home"))


@pytest.fixture(scope="session")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptedServer]:
    server = ScriptedServer(tmp_path_factory.mktemp("server") / "home")
    yield server
    assert server.stop() == 0


@pytest.fixture
def client(tmp_path: Path, scripted: ScriptedServer) -> Program:
    """The program with the scripted server's key; give it ``--server`` with the server's address."""
    return Program(environment(tmp_path / "home", REALTIME_CHAT_KEY=KEY))


@pytest.fixture(autouse=True)
def own_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the configuration, which is the test's own and not that of whoever runs it; so is the keyring."""
    folder = tmp_path / "config"
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", NO_KEYRING)
    monkeypatch.setattr(places, "config_folder", lambda: folder)
    monkeypatch.delenv("REALTIME_CHAT_CONFIG", raising=False)
    return folder


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a person's ``question.wav`` and ``objection.wav``, and the model's ``speech.wav``."""
    folder = tmp_path_factory.mktemp("sounds")
    wav(folder / "question.wav", voice(1000, pitch=190) + silence(100))
    wav(folder / "objection.wav", voice(1500, pitch=220) + silence(100))
    wav(folder / "speech.wav", voice(6000, pitch=105))
    return folder


@pytest.fixture
def event_talk(client: Program) -> Iterator[Callable[..., EventTalk]]:
    """Begins a talk that tells its events."""
    talks: list[EventTalk] = []

    def begin(url: str, devices: VirtualSound | SoundCards, *arguments: object) -> EventTalk:
        words = ("talk", "--json", "--server", url, *map(str, arguments))
        talks.append(EventTalk(client.start(*words, **devices.env)))
        return talks[-1]

    yield begin
    for one in talks:
        if not one.process.stdout.closed:
            one.close()


@pytest.fixture
def shell_talk(client: Program, tmp_path: Path) -> Iterator[Callable[..., TerminalShell]]:
    """Begins a talk on a terminal."""
    shells: list[TerminalShell] = []

    def begin(url: str, devices: VirtualSound | SoundCards, *arguments: object, knows_releases=False) -> TerminalShell:
        shells.append(TerminalShell(tmp_path, client.env | devices.env, knows_releases=knows_releases))
        shells[-1].run(*COMMAND, "talk", "--server", url, *arguments)
        shells[-1].shows("listening", "q quit")
        return shells[-1]

    yield begin
    for one in shells:
        one.close()
