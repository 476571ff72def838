"""Before a conversation: on a terminal, with a server that takes a connection and says nothing."""

import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from program import COMMAND, Program
from synthetic_voice import silence
from terminal_shell import TerminalShell

from realtime_chat.audio.files import write_wav

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")


@pytest.fixture
def silent_server() -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"ws://127.0.0.1:{listener.getsockname()[1]}/v1"


@pytest.fixture
def opening(program: Program, silent_server: str, tmp_path: Path) -> Iterator[Callable[..., TerminalShell]]:
    """Begins to talk to it."""
    write_wav(tmp_path / "silence.wav", silence(1000))
    shells: list[TerminalShell] = []

    def begin(*arguments: str, command: str = "talk", **changes: str) -> TerminalShell:
        shell = TerminalShell(tmp_path, program.env | changes)
        shells.append(shell)
        files = ("--input", tmp_path / "silence.wav", "--output", tmp_path / "answer.wav") if command == "talk" else ()
        shell.run(*COMMAND, command, "--server", silent_server, *files, *arguments)
        return shell

    yield begin
    for shell in shells:
        shell.close()


@pytest.mark.parametrize("changes", [{}, {"TERM": "dumb"}, {"NO_COLOR": "1"}])
def test_whoever_waits_is_told_what_for_and_can_quit(opening, silent_server, changes):
    shell = opening(**changes)
    shell.shows(f"Connecting to {silent_server}/realtime … q quits.")
    shell.press("?tvm\x1b[A")
    shell.press("q")
    assert shell.ended() == 0
    assert "^[" not in shell.text
    assert "?tvm" not in shell.text
    shell.assert_is_as_it_was()


@pytest.mark.parametrize("end", [lambda shell: shell.press("\x03"), lambda shell: shell.signal(signal.SIGTERM)])
def test_it_can_be_ended_as_ever(opening, end):
    shell = opening()
    shell.shows("Connecting to")
    end(shell)
    assert shell.ended() == 130
    assert "^C" not in shell.text
    shell.assert_is_as_it_was()


def test_a_typed_conversation_says_what_it_waits_for_too(opening, silent_server):
    shell = opening("hello", command="text")
    shell.shows(f"Connecting to {silent_server}/realtime …")
    shell.signal(signal.SIGINT)
    assert shell.ended() == 130


def test_whoever_wants_it_quiet_is_told_nothing(opening):
    shell = opening("--quiet")
    assert shell.ended() == 3
    shell.shows("Cannot reach")
    assert "Connecting" not in shell.text
