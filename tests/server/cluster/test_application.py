"""The application on a real Ray of this machine, with the config file that docs/scaling.md shows."""

from __future__ import annotations

import asyncio
import base64
import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import websockets
from serving_loop import ask, events_until
from synthetic_voice import silence, voice

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(
        importlib.util.find_spec("ray") is None, reason="Ray is not installed: pip install 'ray[serve]==2.60.0'"
    ),
]

ROOT = Path(__file__).resolve().parents[3]
KEY = "the-key-of-this-cluster"
KEYED = {"Authorization": f"Bearer {KEY}"}
START_S = 180
DRIVER = Path(__file__).with_name("drive_handles.py")


class Cluster:
    """A Ray of this machine, with the application on it."""

    def __init__(self, folder: Path, config: str, **environment: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        (folder / "config.yaml").write_text(config.replace("port: 8000", f"port: {port}"))
        (folder / "home").mkdir()
        # Of its own: Ray keeps a token and its sockets there; the paths of sockets must be short.
        self._ray = tempfile.TemporaryDirectory(prefix="ray")
        self.env = os.environ | {
            "HOME": str(folder / "home"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "RAY_TMPDIR": self._ray.name,
            "RAY_USAGE_STATS_ENABLED": "0",
            "REALTIME_CHAT_SERVER_KEY": KEY,
            **environment,
        }
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [Path(sys.executable).with_name("serve"), "run", str(folder / "config.yaml")],
                env=self.env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.url = f"http://127.0.0.1:{port}/v1"

    def wait(self, replicas: int) -> None:
        """Wait until there are as many replicas that take sessions."""
        end = time.monotonic() + START_S
        seen: set[str] = set()
        with httpx.Client(trust_env=False, timeout=10) as client:
            while len(seen) < replicas:
                assert self._process.poll() is None, self.log.read_text()
                assert time.monotonic() < end, self.log.read_text()
                try:
                    seen.add(client.get(self.url.removesuffix("/v1") + "/health").headers["x-served-by"])
                except (httpx.HTTPError, KeyError):
                    time.sleep(0.5)

    def connect(self, **options):
        return websockets.connect(
            f"{self.url.replace('http', 'ws', 1)}/realtime", additional_headers=KEYED, proxy=None, **options
        )

    def stop(self) -> None:
        """End it: `serve run` ends the Ray that it started."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(60)
        finally:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
            self._ray.cleanup()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[Cluster]:
    config = re.search(r"^```yaml\n(.*?)^```", (ROOT / "docs/scaling.md").read_text(), re.MULTILINE | re.DOTALL)
    assert config
    text = config[1].replace("engines: real", "engines: scripted")
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), text)
    try:
        cluster.wait(replicas=2)
        yield cluster
    finally:
        cluster.stop()


async def spoken_turn(socket) -> list[dict]:
    sound = base64.b64encode(silence(500) + voice(1_000) + silence(900)).decode()
    await socket.send(json.dumps({"type": "input_audio_buffer.append", "audio": sound}))
    return await events_until(socket, "response.done")


async def test_two_replicas_have_a_client_each_who_stays(cluster):
    async with cluster.connect() as one, cluster.connect(subprotocols=["realtime"]) as two:
        assert one.response.headers["X-Served-By"] != two.response.headers["X-Served-By"]
        assert two.subprotocol == "realtime"
        for turn in range(3):
            both = await asyncio.gather(spoken_turn(one), spoken_turn(two))
            for events in both:
                response = events[-1]["response"]
                assert response["status"] == "completed"
                said = response["output"][0]["content"][0]["transcript"]
                assert said.startswith("You said: I heard 1.")
                sound = [e["delta"] for e in events if e["type"] == "response.output_audio.delta"]
                assert sum(len(base64.b64decode(delta)) for delta in sound) > 24_000
                created = [event for event in events if event["type"] == "session.created"]
                assert len(created) == (1 if turn == 0 else 0)  # the session is the same to the end


async def test_an_answer_is_interrupted_and_another_one_given(cluster):
    async with cluster.connect() as client:
        await ask(client, "a long story")
        await events_until(client, "response.output_audio.delta")
        await client.send(json.dumps({"type": "response.cancel"}))
        assert (await events_until(client, "response.done"))[-1]["response"]["status"] in ("cancelled", "completed")
        await ask(client, "another")
        assert (await events_until(client, "response.done"))[-1]["response"]["status"] == "completed"


async def test_who_may_not_connect_is_told_at_the_upgrade(cluster):
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with websockets.connect(f"{cluster.url.replace('http', 'ws', 1)}/realtime", proxy=None):
            pass
    assert refused.value.response.status_code == 401
    assert json.loads(refused.value.response.body)["error"]["code"] == "invalid_api_key"


async def test_the_routes_beside_it(cluster):
    async with httpx.AsyncClient(trust_env=False, timeout=60, headers=KEYED) as client:
        spoken = await client.post(f"{cluster.url}/audio/speech", json={"input": "Hello there"})
        heard = await client.post(f"{cluster.url}/audio/transcriptions", files={"file": spoken.content})
        assert heard.json()["text"] == "I heard 0.7 seconds of speech."
        asked = {"messages": [{"role": "user", "content": "hello"}]}
        answer = (await client.post(f"{cluster.url}/chat/completions", json=asked)).json()
        assert answer["choices"][0]["message"]["content"] == "You said: hello"
        assert (await client.post(f"{cluster.url}/realtime/client_secrets", json={})).status_code == 501


def test_the_seams_keep_their_promises_over_handles(cluster, tmp_path):
    done = subprocess.run(
        [sys.executable, str(DRIVER), str(tmp_path / "stopped")],
        env=cluster.env,
        capture_output=True,
        text=True,
        timeout=START_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "stream": ["one"],
        "stopped": ["answer", "transcribe"],
        "refused": "The thinking engine failed: it broke.",
        "broken": "The thinking engine failed: its replica broke; Ray's log of the replica says how.",
        "gone": "EngineError",
        "context": 77,
        "voices": ["a", "b"],
        "order": "a1 d1 a2 b1 a3 a4 a5 c1 ",
    }


def test_no_key_no_cluster(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "REALTIME_CHAT_SERVER_KEY"}
    source = "from realtime_chat.server.cluster import app; app({'engines': 'scripted'})"
    done = subprocess.run(
        [sys.executable, "-c", source], env=environment, capture_output=True, text=True, timeout=START_S, check=False
    )
    assert "put the key that clients must know into REALTIME_CHAT_SERVER_KEY" in done.stderr
