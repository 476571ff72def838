import json
import re
import signal
import subprocess
from pathlib import Path

import httpx
import pytest
import websockets
import websockets.sync.client
from program import KEY, SECONDS, Program, ScriptedServer

from realtime_chat.server.http.openapi import description
from realtime_chat.server.limits import Reason


def test_it_serves_until_it_is_ended(tmp_path):
    server = ScriptedServer(tmp_path / "home")
    assert httpx.get(server.url.removesuffix("/v1") + "/health", trust_env=False).json() == {"status": "ready"}
    assert server.stop() == 0


def test_a_port_that_is_taken(program: Program, scripted: ScriptedServer):
    port = scripted.url.rsplit(":", 1)[1].split("/")[0]
    done = program("serve", "--engines", "scripted", "--port", port)
    assert done.returncode == 1
    assert port.encode() in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_it_is_not_open_to_all_without_a_key(program: Program):
    done = program("serve", "--engines", "scripted", "--port", "0", "--host", "::")
    assert done.returncode == 1
    assert b"REALTIME_CHAT_SERVER_KEY" in done.stderr


@pytest.mark.parametrize("key", ["a", "schl\u00fcssel-des-servers"])
def test_a_key_that_is_none(program: Program, key):
    arguments = ("serve", "--engines", "scripted", "--port", "0", "--host", "0.0.0.0")  # noqa: S104 - it must not listen
    done = program(*arguments, REALTIME_CHAT_SERVER_KEY=key)
    assert done.returncode == 1
    assert b"REALTIME_CHAT_SERVER_KEY" in done.stderr
    assert done.stderr.count(b"\n") == 1
    assert len(key) == 1 or key.encode() not in done.stderr


def test_missing_models(program: Program):
    done = program("serve")
    assert done.returncode == 1
    assert b"models pull" in done.stderr


def test_ctrl_c_ends_it_quietly(program: Program):
    process = program.start("serve", "--engines", "scripted", "--port", "0", "-v", REALTIME_CHAT_SERVER_KEY=KEY)
    for line in process.stderr:
        if b"Listening on" in line:
            break
    process.send_signal(signal.SIGINT)
    _, log = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in log
    assert KEY.encode() not in log


@pytest.mark.parametrize("verbose", [[], ["-v"]])
def test_its_log_holds_no_key_of_anybody(program: Program, verbose):
    process = program.start(
        "serve", "--engines", "scripted", "--port", "0", *verbose, REALTIME_CHAT_SERVER_KEY="key-of-the-server"
    )
    first = process.stderr.readline()
    while b"Listening on" not in first:
        first = process.stderr.readline()
    url = re.search(rb"http://\S+", first).group().decode()
    assert program("text", "Hello", "--server", url, REALTIME_CHAT_KEY="key-of-a-stranger").returncode == 3
    assert program("text", "Hello", "--server", url, REALTIME_CHAT_KEY="key-of-the-server").returncode == 0
    process.terminate()
    _, log = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert b"key-of" not in log
    assert b"uthorization" not in log
    if not verbose:
        assert log == b""


def listening(program: Program, *arguments: str, **changes: str) -> tuple[subprocess.Popen[bytes], str]:
    """A server of one's own, and its URL."""
    process = program.start("serve", "--engines", "scripted", "--port", "0", *arguments, **changes)
    first = process.stderr.readline()
    found = re.search(rb"http://\S+", first)
    assert found, first
    return process, found.group().decode()


def session_at(url: str, **headers: str) -> websockets.sync.client.ClientConnection:
    return websockets.sync.client.connect(url.replace("http", "ws", 1) + "/realtime", additional_headers=headers)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_sessions_are_told_when_it_ends(program: Program, number, code):
    process, url = listening(program)
    with session_at(url) as session:
        assert json.loads(session.recv())["type"] == "session.created"
        process.send_signal(number)
        with pytest.raises(websockets.ConnectionClosedOK) as gone:
            session.recv()
    assert (gone.value.rcvd.code, gone.value.rcvd.reason) == (1001, "The server is going away.")
    _, log = process.communicate(timeout=SECONDS)
    assert (process.returncode, log) == (code, b"")


def test_a_key_in_a_file(program: Program, tmp_path):
    file = tmp_path / "key"
    file.write_text("key-of-the-file-of-the-server\n")
    file.chmod(0o600)
    process, url = listening(program, "--api-key-file", str(file), REALTIME_CHAT_SERVER_KEY="another-key-altogether")
    with pytest.raises(websockets.InvalidStatus) as refused:
        session_at(url, Authorization="Bearer another-key-altogether")
    assert refused.value.response.status_code == 401
    with session_at(url, Authorization="Bearer key-of-the-file-of-the-server") as session:
        session.recv()
    process.terminate()
    process.communicate(timeout=SECONDS)
    file.chmod(0o644)
    done = program("serve", "--engines", "scripted", "--port", "0", "--api-key-file", str(file))
    assert done.returncode == 1
    assert b"chmod 600" in done.stderr
    assert b"key-of-the-file" not in done.stderr


def test_limits_are_options(program: Program):
    limits = ("--max-sessions", "1", "--session-minutes", "0.01", "--drain-seconds", "0")
    process, url = listening(program, *limits, "--sessions-per-minute", "2")
    with session_at(url) as session:
        assert json.loads(session.recv())["type"] == "session.created"
        with pytest.raises(websockets.InvalidStatus) as refused:
            session_at(url)
        assert (refused.value.response.status_code, refused.value.response.headers["retry-after"]) == (429, "10")
        assert json.loads(session.recv())["error"]["code"] == "session_expired"
        with pytest.raises(websockets.ConnectionClosedOK):
            session.recv()
    process.terminate()
    process.communicate(timeout=SECONDS)
    assert process.returncode == 0


def test_every_limit_is_in_the_help_and_the_documents(program: Program):
    shown = program("serve", "--help", COLUMNS="200").stdout.decode()
    page = (Path(__file__).parents[2] / "docs" / "serve.md").read_text(encoding="utf-8")
    for option in (
        "--api-key-file",
        "--max-sessions",
        "--sessions-per-minute",
        "--client-sessions-per-minute",
        "--session-minutes",
        "--history-megabytes",
        "--max-requests",
        "--drain-seconds",
    ):
        assert option in shown
        assert option in page
    for path in description()["paths"]:
        assert path in page
    for reason in Reason:
        assert f"`{reason}`" in page
