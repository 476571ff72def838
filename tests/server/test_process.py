"""The server's process: what its parent sees of it, and how it ends."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys

import httpx
import pytest
import websockets
import websockets.sync.client
from serving_thread import run_server

from realtime_chat.server.errors import AddressInUse, ModelMissing, OpenToAll
from realtime_chat.server.limits import Limits
from realtime_chat.server.process import ServeOptions, serve

SECONDS = 30


def start(*arguments: str, **env: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "realtime_chat.server.process", "--embedded", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=os.environ | env)


def first_line(process: subprocess.Popen[bytes]) -> dict:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def test_it_says_one_line_and_ends_with_its_parents_pipe():
    process = start("--engines", "scripted", REALTIME_CHAT_SERVER_KEY="secret-of-the-child")
    ready = first_line(process)
    assert ready["ready"] is True
    refused = httpx.post(ready["url"] + "/audio/speech", json={"input": "x"})
    assert refused.status_code == 401
    with open(f"/proc/{process.pid}/cmdline", "rb") as file:  # noqa: PTH123  - not a file one opens by path
        assert b"secret" not in file.read()
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out, err) == (0, b"", b"")


def test_its_log_holds_no_key():
    process = start("--engines", "scripted", "--verbose", REALTIME_CHAT_SERVER_KEY="secret-of-the-child")
    url = first_line(process)["url"]
    for key in ("secret-of-the-child", "secret-of-a-stranger"):
        httpx.post(url + "/audio/speech", json={"input": "x"}, headers={"Authorization": f"Bearer {key}"})
        address = url.replace("http", "ws") + "/realtime"
        headers = {"Authorization": f"Bearer {key}"}
        with (
            contextlib.suppress(websockets.exceptions.InvalidStatus),
            websockets.sync.client.connect(address, additional_headers=headers) as socket,
        ):
            socket.recv()
    _, err = process.communicate(timeout=SECONDS)
    assert b"secret" not in err


def test_ctrl_c_is_left_to_the_parent():
    process = start("--engines", "scripted")
    url = first_line(process)["url"]
    process.send_signal(signal.SIGINT)
    assert httpx.get(url.removesuffix("/v1") + "/health").status_code == 200
    process.communicate(timeout=SECONDS)
    assert process.returncode == 0


def test_it_says_why_it_cannot_begin(tmp_path):
    process = start(REALTIME_CHAT_MODELS=str(tmp_path))
    told = first_line(process)
    assert told["ready"] is False
    assert "realtime-chat models pull" in told["error"]
    process.communicate(timeout=SECONDS)
    assert process.returncode == 1


def test_an_address_in_use():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        options = ServeOptions(port=taken.getsockname()[1], engines="scripted")
        with pytest.raises(AddressInUse, match="--port"):
            serve(options, print)


def test_an_address_that_does_not_exist():
    with pytest.raises(AddressInUse):
        serve(ServeOptions(host="192.0.2.1", port=0, engines="scripted", key="k"), print)


def test_an_address_that_others_reach_needs_a_key():
    with pytest.raises(OpenToAll, match="REALTIME_CHAT_SERVER_KEY"):
        serve(ServeOptions(host="0.0.0.0", engines="scripted"), print)  # noqa: S104  - refused, which is the point


def test_models_that_are_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("REALTIME_CHAT_MODELS", str(tmp_path))
    with pytest.raises(ModelMissing, match="models pull"):
        serve(ServeOptions(port=0), print)


def test_a_session_does_not_keep_it_from_ending_with_its_parent():
    process = start("--engines", "scripted")
    url = first_line(process)["url"]
    with websockets.sync.client.connect(url.replace("http", "ws") + "/realtime") as socket:
        socket.recv()
        process.communicate(timeout=SECONDS)
        assert process.returncode == 0
        with pytest.raises(websockets.exceptions.ConnectionClosed) as gone:
            socket.recv()
        assert gone.value.rcvd.code == 1012  # 1001 is what a server sends that waits for answers


def test_options_never_show_their_keys():
    assert "secret" not in repr(ServeOptions(key="secret-of-the-server"))


def test_limits_are_those_of_the_options():
    options = ServeOptions(port=0, engines="scripted", limits=Limits(sessions=1))
    for url in run_server(options):
        address = url.replace("http", "ws") + "/realtime"
        with websockets.sync.client.connect(address) as socket:
            socket.recv()
            with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
                websockets.sync.client.connect(address)
            assert refused.value.response.status_code == 429
