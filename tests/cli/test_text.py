"""`text` as a process, against a scripted server over a real WebSocket."""

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import threading
from pathlib import Path

import pexpect
import pytest
from program import COMMAND, KEY, SECONDS, Program, ScriptedServer


def lines_of(output):
    return [json.loads(line) for line in output.decode().splitlines()]


def test_what_is_piped_in_is_the_message_and_the_answer_alone_comes_out(client: Program, scripted: ScriptedServer):
    done = client("text", "--server", scripted.url, stdin="Grüße an alle!\n".encode())
    assert done.stdout.decode() == "You said: Grüße an alle!\n"
    assert done.stderr == b""
    assert done.returncode == 0


def test_without_a_command_what_is_piped_in_is_answered_too(client: Program, scripted: ScriptedServer):
    done = client("--server", scripted.url, stdin=b"Hello")
    assert (done.stdout, done.returncode) == (b"You said: Hello\n", 0)


def test_a_prompt_comes_first(client: Program, scripted: ScriptedServer):
    done = client("text", "Summarise this", "--server", scripted.url, stdin=b"A text.\n")
    assert done.stdout == b"You said: Summarise this A text.\n"


@pytest.mark.parametrize("stdin", [b"", None])
def test_a_prompt_alone(client: Program, scripted: ScriptedServer, stdin):
    done = client("text", "Hello", "--server", scripted.url, stdin=stdin)
    assert (done.stdout, done.returncode) == (b"You said: Hello\n", 0)


@pytest.mark.parametrize("dialect", ["beta", "conversation"])
def test_the_server_may_be_spoken_to_in_another_dialect(client: Program, scripted: ScriptedServer, dialect):
    done = client("text", "Hello", "--server", scripted.url, "--dialect", dialect)
    assert (done.stdout, done.stderr, done.returncode) == (b"You said: Hello\n", b"", 0)
    configured = client("text", "Hello", "--server", scripted.url, REALTIME_CHAT_DIALECT=dialect)
    assert (configured.stdout, configured.returncode) == (b"You said: Hello\n", 0)


def test_a_server_that_nobody_has_tried_is_announced_in_one_line(client: Program):
    refused = client("text", "Hello", "--server", "speech-to-speech")
    assert b"untested" in refused.stderr.splitlines()[0]
    assert b"untested" not in client("text", "Hello", "--server", "speech-to-speech", "--quiet").stderr


def test_each_line_is_a_turn(client: Program, scripted: ScriptedServer):
    done = client("text", "--lines", "--server", scripted.url, stdin=b"one\n\ntwo\nthree")
    assert done.stdout == b"You said: one\nYou said: two\nYou said: three\n"
    assert done.returncode == 0


def test_a_line_is_answered_before_the_next_one_comes(client: Program, scripted: ScriptedServer):
    process = client.start("text", "--lines", "--server", scripted.url)
    with process:
        for word in (b"one", b"two"):
            process.stdin.write(word + b"\n")
            process.stdin.flush()
            assert process.stdout.readline() == b"You said: " + word + b"\n"
        process.stdin.close()
    assert process.returncode == 0


def test_lines_without_end_do_not_fill_the_memory(client: Program, scripted: ScriptedServer):
    process = client.start("text", "--lines", "--server", scripted.url)
    feeder = threading.Thread(target=feed, args=[process.stdin])
    feeder.start()
    for _ in range(20):
        assert process.stdout.readline() == b"You said: yes\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(SECONDS) == 130
    feeder.join(SECONDS)
    assert process.stderr.read() == b""
    for stream in (process.stdout, process.stderr):
        stream.close()


def feed(stdin):
    """Be `yes`."""
    with contextlib.suppress(BrokenPipeError), stdin:
        while True:
            stdin.write(b"yes\n" * 1024)


@pytest.mark.parametrize("options", [[], ["--lines"]])
def test_a_message_that_is_too_long(client: Program, scripted: ScriptedServer, options):
    done = client("text", *options, "--server", scripted.url, stdin=b"x" * (1024 * 1024 + 1))
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"1 MiB" in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_json_lines(client: Program, scripted: ScriptedServer):
    done = client("text", "Hello", "--json", "--server", scripted.url)
    said = lines_of(done.stdout)
    assert said[0]["type"] == "ready"
    assert said[-1] == {"type": "closed", "cause": "quit", "reason": ""}
    assert [line["text"] for line in said if line["type"] == "transcript" and line["final"]] == [
        "Hello",
        "You said: Hello",
    ]
    (turn,) = [line for line in said if line["type"] == "turn"]
    assert turn["usage"]["output_tokens"] > 0


@pytest.mark.parametrize("stdin", [b"", b" \n", None])
def test_no_message_at_all(program: Program, stdin):
    done = program("text", stdin=stdin)
    assert done.returncode == 2
    assert done.stderr.startswith(b"There is no message")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("options", [[], ["--lines"]])
def test_a_message_that_is_no_text(client: Program, scripted: ScriptedServer, options):
    done = client("text", *options, "--server", scripted.url, stdin=b"\xff\xfe\n")
    assert done.returncode == 2
    assert done.stderr.startswith(b"Standard input is not UTF-8")


def test_nobody_listens(program: Program):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        done = program("text", "Hello", "--server", f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
    assert done.returncode == 3
    assert done.stderr.startswith(b"Cannot reach ws://127.0.0.1")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("verbose", [[], ["-v"]])
def test_a_wrong_key_is_refused_and_never_shown(program: Program, scripted: ScriptedServer, verbose):
    done = program("text", "Hello", *verbose, "--server", scripted.url, REALTIME_CHAT_KEY="sk-wrong-key")
    assert done.returncode == 3
    assert b"does not accept the key" in done.stderr
    assert b"sk-wrong-key" not in done.stderr + done.stdout


def test_the_log_holds_no_key(client: Program, scripted: ScriptedServer):
    done = client("text", "Hello", "-v", "--server", scripted.url)
    assert done.stdout == b"You said: Hello\n"
    assert KEY.encode() not in done.stderr


@pytest.mark.parametrize("key", ["", "  "])
def test_a_blank_key_means_the_embedded_server(program: Program, key):
    done = program("text", "Hello", OPENAI_API_KEY=key)
    assert done.returncode == 1
    assert b"models pull" in done.stderr
    assert b"OPENAI_API_KEY" in program("text", "Hello", "-v", OPENAI_API_KEY=key).stderr


def test_openai_without_a_key(program: Program):
    done = program("text", "Hello", "--server", "openai")
    assert done.returncode == 1
    assert b"OPENAI_API_KEY" in done.stderr


@pytest.mark.parametrize(
    ("reply", "code", "words"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 3, b"HTTP 404"),
        (b"HTTP/1.1 429 Too Many\r\nContent-Length: 7\r\n\r\n\x1b[31mno", 3, b"HTTP 429"),
        (b"nonsense\r\n\r\n", 3, b"does not speak HTTP"),
    ],
)
def test_a_server_that_is_none(program: Program, reply, code, words):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(reply)

        thread = threading.Thread(target=answer)
        thread.start()
        done = program("text", "Hello", "--server", f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
        thread.join()
    assert done.returncode == code
    assert words in done.stderr
    assert b"\x1b" not in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_reader_that_has_had_enough(client: Program, scripted: ScriptedServer):
    process = client.start("text", "--lines", "--server", scripted.url)
    process.stdin.write(b"one\n")
    process.stdin.flush()
    process.stdout.readline()
    process.stdout.close()
    process.stdin.write(b"two\n")
    process.stdin.close()
    assert process.wait(SECONDS) == 0
    assert process.stderr.read() == b""
    process.stderr.close()


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_it_quietly(client: Program, scripted: ScriptedServer, number):
    process = client.start("text", "--lines", "--server", scripted.url)
    process.stdin.write(b"one\n")
    process.stdin.flush()
    assert process.stdout.readline()
    process.send_signal(number)
    assert process.wait(SECONDS) == 130
    assert process.stderr.read() == b""
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_no_room_for_the_answer(client: Program, scripted: ScriptedServer):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, "text", "Hello", "--server", scripted.url],
            env=client.env,
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=SECONDS,
            check=False,
        )
    assert done.returncode == 1
    assert b"No space left" in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr


@pytest.fixture
def terminal(client: Program, scripted: ScriptedServer):
    child = pexpect.spawn(
        COMMAND[0], [*COMMAND[1:], "text", "--server", scripted.url], env=client.env, timeout=30, encoding="utf-8"
    )
    child.expect("Ctrl-D ends")
    child.expect(">")
    yield child
    child.close(force=True)


def typed_lines(client: Program):
    return Path(client.env["HOME"]) / ".local/state/realtime-chat/typed-lines"


def test_a_conversation_at_the_prompt(terminal, client: Program):
    terminal.send("Helo\x1b[Dl\r")  # arrow left: the line can be edited
    terminal.expect("You said: Hello")
    terminal.expect(">")
    terminal.send("\x1b[A")  # arrow up: the history
    terminal.expect("Hello")
    terminal.send("\r")
    terminal.expect("You said: Hello")
    terminal.expect(">")
    terminal.send("\x04")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    path = typed_lines(client)
    assert "+Hello" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_ctrl_c_at_the_prompt_clears_the_line_then_quits(terminal):
    terminal.send("never sent")
    terminal.expect("never sent")
    terminal.send("\x03")
    terminal.send("sent\r")
    terminal.expect("You said: sent")
    terminal.expect(">")
    terminal.send("\x03")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 130
