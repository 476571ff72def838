import signal

import httpx
from program import KEY, Program, ScriptedServer


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
