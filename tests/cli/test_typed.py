"""`text` on a terminal, with a server that never ends an answer by itself."""

import re
import signal

import hanging_server
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


def test_what_is_said_after_half_an_answer_begins_its_own_line(program: Program, server: HangingServer):
    child = pexpect.spawn(
        COMMAND[0], [*COMMAND[1:], "text", "Hello", "--server", server.url], env=program.env, timeout=30
    )
    child.expect(b"Wait and")
    server.break_off(1000, "")
    child.expect(rb"\r\nThe server ended the connection")
    child.expect(pexpect.EOF)
    child.close()


def test_ctrl_c_after_half_an_answer_ends_its_line(program: Program, server: HangingServer):
    process = program.start("text", "Hello", "--server", server.url)
    process.stdin.close()
    assert process.stdout.read(8) == b"Wait and"
    process.send_signal(signal.SIGINT)
    assert process.stdout.read() == b"\n"
    assert process.wait(30) == 130
    assert process.stderr.read() == b""
    process.stdout.close()
    process.stderr.close()


def test_each_line_that_fails_is_said_once(program: Program, server: HangingServer, monkeypatch):
    begins = hanging_server._answers

    def fails(event_type, response_id, item_id):
        if event_type != "response.create":
            return begins(event_type, response_id, item_id)
        error = {"type": "server_error", "code": "busy", "message": f"No time for {response_id}: try again."}
        response = {"id": response_id, "object": "realtime.response", "output": [], "status": "in_progress"}
        failed = {**response, "status": "failed", "status_details": {"type": "failed", "error": error}}
        return [
            {"type": "response.created", "response": response},
            {"type": "response.done", "response": failed},
        ]

    monkeypatch.setattr(hanging_server, "_answers", fails)
    done = program("text", "--lines", "--server", server.url, stdin=b"one\ntwo\n")
    assert (done.returncode, done.stdout) == (1, b"")
    first, second = done.stderr.decode().splitlines()
    assert "No time for resp_1: try again." in first
    assert "No time for resp_2: try again." in second
    assert first.count("try again") == second.count("try again") == 1
