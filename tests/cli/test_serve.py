import re
import signal

import httpx
import pytest
from program import KEY, SECONDS, Program, ScriptedServer


def test_it_serves_until_it_is_ended(tmp_path):
    server = ScriptedServer(tmp_path / "home")
    assert httpx.get(server.url.removesuffix("/v1") + "/health", trust_env=False).json() == {"status": "ok"}
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
