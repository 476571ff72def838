"""The program, and a scripted server that it can talk to."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from program import KEY, Program, ScriptedServer, environment


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
