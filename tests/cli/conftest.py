"""The program, and a scripted server that it can talk to."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from program import KEY, NO_KEYRING, Program, ScriptedServer, environment

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
