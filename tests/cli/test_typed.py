"""`text` on a terminal, with a server that never ends an answer by itself."""

import re

import pexpect
import pytest
from hanging_server import HangingServer
from program import COMMAND, Program


@pytest.fixture
def server():
    hanging = HangingServer()
    yield hanging
    hanging.stop()


@pytest.fixture
def terminal(program: Program, server: HangingServer):
    child = pexpect.spawn(
        COMMAND[0], [*COMMAND[1:], "text", "--server", server.url], env=program.env, timeout=30, encoding="utf-8"
    )
    child.expect("Ctrl-D ends")
    child.expect(">")
    yield child
    child.close(force=True)


def test_ctrl_c_stops_the_answer_and_the_conversation_goes_on(terminal, server: HangingServer):
    for _ in range(2):
        terminal.send("Tell me\r")
        terminal.expect("Wait and")
        terminal.sendintr()
        terminal.expect(r"\r\n.*>")
        assert "\x1b[31m" not in terminal.before
    terminal.send("\x04")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0


def test_a_connection_that_breaks_ends_the_prompt(terminal, server: HangingServer):
    terminal.send("half a li")
    terminal.expect("half a li")
    server.break_off()
    terminal.expect(r"The server ended the connection \(code 1011, on purpose\)")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 3
    assert "Traceback" not in terminal.before


def test_a_connection_that_breaks_in_mid_answer(program: Program, server: HangingServer):
    process = program.start("text", "Hello", "--server", server.url)
    process.stdin.close()
    assert process.stdout.read(8) == b"Wait and"
    server.break_off(1000, "")
    assert process.wait(30) == 3
    assert re.fullmatch(rb"The server ended the connection \(code 1000\): [^\n]+\n", process.stderr.read())
    process.stdout.close()
    process.stderr.close()
