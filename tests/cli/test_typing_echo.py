"""The echo of the terminal, on a pseudo-terminal, in programs that end or stop in the middle of it."""

import os
import signal
import socket
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from program import COMMAND, environment
from terminal_shell import TerminalShell

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[TerminalShell]:
    one = TerminalShell(tmp_path, environment(tmp_path / "home"))
    yield one
    one.close()


@pytest.fixture
def run(shell: TerminalShell, tmp_path: Path) -> Callable[[str], int]:
    """Runs a program in it to its end, and gives the exit code."""

    def run_it(source: str) -> int:
        (tmp_path / "source.py").write_text(f"{PREFACE}{textwrap.dedent(source)}")
        shell.run(sys.executable, tmp_path / "source.py")
        return shell.ended()

    return run_it


PREFACE = textwrap.dedent(
    """
    import os
    import signal
    import sys
    import termios

    from realtime_chat.cli.typing_echo import typing_echo

    def mode():
        return termios.tcgetattr(0)

    def is_echoing():
        return bool(mode()[3] & termios.ECHO)
    """
)

ASKS = textwrap.dedent(
    """
    import getpass
    import sys
    import threading
    from pathlib import Path

    def watch():
        sys.stdin.read()
        Path("gone").touch()

    Path("go").read_text()  # a named pipe: when somebody writes to it
    threading.Thread(target=watch).start()
    Path("password").write_text(getpass.getpass("PW: "))
    """
)
"""Asks for a password when it is told to; says in a file that whatever is piped into it is over."""


def test_a_program_behind_the_pipe_has_the_echo_that_it_chose(shell, tmp_path):
    (tmp_path / "asks.py").write_text(ASKS)
    os.mkfifo(tmp_path / "go")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        server = f"ws://127.0.0.1:{silent.getsockname()[1]}/v1"
        shell.press(f"{' '.join(COMMAND)} text hi --server {server} | {sys.executable} asks.py; echo o''ver\n")
        shell.shows("Connecting to")
        (tmp_path / "go").write_text("go")
        shell.shows("PW:")
        shell.signal(signal.SIGTERM)  # the first of the pipeline leads it
        shell.wait_for((tmp_path / "gone").exists, "the end of what is piped")
    shell.press("secret\n")
    shell.shows("over")
    assert (tmp_path / "password").read_text() == "secret"
    assert "secret" not in shell.text
    shell.assert_is_as_it_was()


@pytest.mark.parametrize("end", ["\x03", "\x1a"])
def test_where_the_answer_goes_elsewhere_what_is_typed_is_echoed(shell, tmp_path, end):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        server = f"ws://127.0.0.1:{silent.getsockname()[1]}/v1"
        shell.run("/bin/sh", "-c", 'exec "$@" > answer', "sh", *COMMAND, "text", "hi", "--server", server)
        shell.shows("Connecting to")
        shell.press("typed")
        shell.shows("typed")
        shell.press(f"\x15{end}")
        shell.ended()
        assert "Connecting" not in shell.text
        shell.assert_is_as_it_was()


def test_it_is_off_and_on_again(run):
    assert run("typing_echo.off(); off = is_echoing(); typing_echo.on(); sys.exit(off or not is_echoing())") == 0


def test_where_another_program_has_changed_the_mode_since_it_is_left_alone(shell, run):
    code = run(
        """
        before = mode()
        typing_echo.off()
        its = mode()
        its[3] &= ~termios.ICANON
        termios.tcsetattr(0, termios.TCSANOW, its)
        its = mode()  # as it is read: some of it is told in another form
        typing_echo.on()
        is_left = mode() == its
        termios.tcsetattr(0, termios.TCSANOW, before)
        sys.exit(not is_left)
        """
    )
    assert code == 0
    shell.assert_is_as_it_was()


@pytest.mark.parametrize("end", ["sys.exit(3)", "raise RuntimeError"])
def test_a_program_that_never_turns_it_on_leaves_it_on(shell, run, end):
    assert run(f"typing_echo.off()\n{end}") != 0
    shell.assert_is_as_it_was()


def test_nor_does_an_interrupt_while_a_command_ends(shell, run):
    code = run(
        """
        from realtime_chat.cli import endings

        def interrupted():
            raise RuntimeError  # as Ctrl-C would, but that ends the shell's line too

        endings.erase_waiting = interrupted
        endings.ends_well(typing_echo.off)()
        """
    )
    assert code != 0
    shell.assert_is_as_it_was()


@pytest.mark.parametrize(
    "change",
    [
        "then(); typing_echo.off()",  # the signal comes when the echo has just been turned off
        "typing_echo.off(); first(); typing_echo.on()",  # and when it is about to be turned on
    ],
)
def test_a_signal_that_comes_while_it_is_changed_leaves_it_on(shell, run, change):
    code = run(
        f"""
        real = termios.tcsetattr

        def then():
            def change(*arguments):
                termios.tcsetattr = real
                real(*arguments)
                signal.raise_signal(signal.SIGQUIT)
            termios.tcsetattr = change

        def first():
            def change(*arguments):
                termios.tcsetattr = real
                signal.raise_signal(signal.SIGQUIT)
                real(*arguments)
            termios.tcsetattr = change

        {change}
        """
    )
    assert code == 128 + signal.SIGQUIT
    shell.assert_is_as_it_was()
