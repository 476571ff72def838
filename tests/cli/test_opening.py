"""Before a conversation: on a terminal, with a server that takes a connection and says nothing."""

import signal
import socket
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import closing
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

    def begin(*arguments: str, command: str = "talk", program_words=COMMAND, **changes: str) -> TerminalShell:
        shell = TerminalShell(tmp_path, program.env | changes)
        shells.append(shell)
        files = ("--input", tmp_path / "silence.wav", "--output", tmp_path / "answer.wav") if command == "talk" else ()
        shell.run(*program_words, command, "--server", silent_server, *files, *arguments)
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


PATIENT = """
import math
from realtime_chat.cli import opening
from realtime_chat.cli.main import main
opening.PATIENCE_S = math.inf
main()
"""
"""The program, but who waits is told nothing later than at once."""


@pytest.mark.parametrize("command", [("talk",), ("text",), ("text", "hello")])
def test_what_is_waited_for_is_shown_at_once_and_gone_afterwards(opening, silent_server, tmp_path, command):
    (tmp_path / "patient.py").write_text(PATIENT)
    shell = opening(*command[1:], command=command[0], program_words=[sys.executable, tmp_path / "patient.py"])
    shell.shows(f"Connecting to {silent_server}/realtime …")
    shell.press("\x03")
    assert shell.ended() == 130
    assert not any(words in shell.text for words in ("Connecting", "Starting", "^C"))
    shell.assert_is_as_it_was()


FIRST = textwrap.dedent(
    """
    import sys
    from pathlib import Path

    from realtime_chat.cli.main import main

    class Watched:
        def __init__(self, stream):
            self._stream = stream

        def write(self, text):
            if not Path("first").exists():
                loaded = {"numpy", "asyncio", "msgspec"} & set(sys.modules)
                Path("first").write_text(f"{text.strip()} {sorted(loaded)}")
            return self._stream.write(text)

        def __getattr__(self, name):
            return getattr(self._stream, name)

    sys.stderr = Watched(sys.stderr)
    main()
    """
)
"""The program, but the first thing that it says is noted, with what had been loaded by then."""


@pytest.mark.parametrize("command", ["talk", "text"])
def test_something_is_shown_before_anything_heavy_is_loaded(opening, tmp_path, command):
    (tmp_path / "first.py").write_text(FIRST)
    shell = opening(command=command, program_words=[sys.executable, tmp_path / "first.py"])
    shell.shows("Connecting to")
    assert (tmp_path / "first").read_text().endswith("Starting… []")
    shell.press("\x03")
    assert shell.ended() == 130


@pytest.mark.parametrize("arguments", [[], ["hello"]])
def test_what_is_typed_meanwhile_is_not_echoed(opening, arguments):
    shell = opening(*arguments, command="text")
    shell.shows("Connecting to")
    shell.press("ahead of time\x03")
    assert shell.ended() == 130
    assert not any(words in shell.text for words in ("^C", "ahead of time"))
    shell.assert_is_as_it_was()


@pytest.mark.parametrize("command", ["talk", "text"])
def test_the_shell_has_its_terminal_as_it_was_while_the_program_is_stopped(opening, command):
    shell = opening(command=command)
    shell.shows("Connecting to")
    shell.press("\x1a")
    shell.ended()
    assert "Connecting" not in shell.text
    shell.assert_is_as_it_was()
    shell.press("clear; echo fore''ign\n")
    shell.shows("foreign")
    shell.run("fg")
    shell.shows("Connecting to")
    shell.press("\x03")
    assert shell.ended() == 130
    assert "foreign" in shell.text
    assert "Connecting" not in shell.text
    shell.assert_is_as_it_was()


def test_ctrl_backslash_leaves_the_terminal_as_it_was(opening):
    shell = opening(command="text")
    shell.shows("Connecting to")
    shell.press("\x1c")
    assert shell.ended() == 128 + signal.SIGQUIT
    shell.assert_is_as_it_was()


def test_a_file_that_takes_the_answer_gets_nothing_else(client, scripted, tmp_path):
    with closing(TerminalShell(tmp_path, client.env)) as shell:
        shell.run("/bin/sh", "-c", '"$@" > answer', "sh", *COMMAND, "text", "hello", "--server", scripted.url)
        assert shell.ended() == 0
        assert b"Starting" in shell.said
        assert "Starting" not in shell.text
    assert (tmp_path / "answer").read_text() == "You said: hello\n"


def test_whoever_wants_it_quiet_is_told_nothing(opening):
    shell = opening("--quiet")
    assert shell.ended() == 3
    shell.shows("Cannot reach")
    assert "Connecting" not in shell.text
    assert b"Starting" not in shell.said
