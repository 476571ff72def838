import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hanging_server import HangingServer
from program import KEY, ScriptedServer
from websockets.sync.server import ServerConnection, serve

from realtime_chat.cli.config.keystore import Place
from realtime_chat.cli.credentials import KeyOrigin
from realtime_chat.cli.doctor import answering
from realtime_chat.cli.doctor.answering import judge_refusal, look_at_server
from realtime_chat.cli.doctor.finding import Finding, Verdict
from realtime_chat.cli.embedded import EmbeddedOptions
from realtime_chat.cli.errors import EmbeddedFailed
from realtime_chat.cli.options import Engines
from realtime_chat.cli.target import Kind, Target
from realtime_chat.session.errors import (
    BadAddress,
    ConnectionLost,
    InsecureAddress,
    Refused,
    ServerSilent,
    SessionError,
    SessionRejected,
    UnusableKey,
    WrongKey,
)

OPTIONS = EmbeddedOptions(engines=Engines.SCRIPTED, quiet=True)
ORIGIN = KeyOrigin("127.0.0.1", None, "REALTIME_CHAT_KEY")


def at(address: str, key: str | None = KEY) -> Target:
    return Target(Kind.URL, address, key, None, "whisper-1")


async def look(
    target: Target,
    *,
    options: EmbeddedOptions = OPTIONS,
    origin: KeyOrigin | None = ORIGIN,
    lacks_models: bool = False,
    speaks: bool = True,
) -> Finding:
    found = look_at_server(target, options, origin=origin, lacks_models=lambda: lacks_models, speaks=speaks)
    (finding,) = [finding async for finding in found]
    return finding


@pytest.mark.parametrize("speaks", [True, False])
async def test_a_server_that_gives_a_session(scripted: ScriptedServer, speaks: bool):
    finding = await look(at(scripted.url), speaks=speaks)
    assert finding.verdict is Verdict.OK, finding
    assert "a session with scripted after" in finding.what


async def test_a_wrong_key(scripted: ScriptedServer):
    finding = await look(at(scripted.url, "wrong-key"))
    assert finding.verdict is Verdict.FAIL
    assert "does not accept the key from REALTIME_CHAT_KEY (HTTP 401)" in finding.what
    assert finding.todo.startswith("set REALTIME_CHAT_KEY to a valid key")
    assert "wrong-key" not in finding.what + finding.todo


async def test_no_key(scripted: ScriptedServer):
    finding = await look(at(scripted.url, None), origin=None)
    assert "wants a key, and none is set" in finding.what
    assert finding.todo == "put one into REALTIME_CHAT_KEY"


async def test_nobody_listens():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    finding = await look(at(address))
    assert finding.verdict is Verdict.FAIL
    assert "nobody listens there" in finding.what
    assert "check that it runs" in finding.todo


@pytest.fixture
def web(request: pytest.FixtureRequest) -> Iterator[str]:
    """An HTTP server that answers everything with one status."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = b'{"error": {"message": "as \\u001b[2Jit is"}}'
            self.send_response(request.param)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("web", "what", "todo"),
    [
        (404, "has no such path or no such model (HTTP 404: as it is)", "most often ends in /v1"),
        (429, "no session now (HTTP 429: as it is)", "wait a little"),
        (503, "out of order (HTTP 503: as it is)", "try again later"),
        (200, "opens no WebSocket (HTTP 200", "address of a Realtime server"),
    ],
    indirect=["web"],
)
async def test_a_web_server(web: str, what: str, todo: str):
    finding = await look(at(web))
    assert finding.verdict is Verdict.FAIL
    assert what in finding.what
    assert todo in finding.todo


async def test_a_server_that_only_takes_the_connection(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(answering, "_READY_S", 0.2)

    def listen(connection: ServerConnection) -> None:
        for _ in connection:
            pass

    server = serve(listen, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    finding = await look(at(f"http://127.0.0.1:{server.socket.getsockname()[1]}/v1"))
    server.shutdown()
    thread.join()
    assert finding.verdict is Verdict.FAIL
    assert "gave no session within 0.2 s" in finding.what


async def test_a_server_that_hangs_later_gives_a_session():
    server = HangingServer()
    finding = await look(at(server.url))
    server.stop()
    assert finding.verdict is Verdict.OK


async def test_the_embedded_server():
    finding = await look(Target(Kind.EMBEDDED, "", None, None, "moonshine-tiny-en"), origin=None)
    assert finding.verdict is Verdict.OK
    assert finding.what.startswith("the embedded server was ready after ")


async def test_the_embedded_server_without_its_models():
    target = Target(Kind.EMBEDDED, "", None, None, "moonshine-tiny-en")
    finding = await look(target, lacks_models=True)
    assert finding.verdict is Verdict.SKIP


async def test_an_embedded_server_that_does_not_start(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("REALTIME_CHAT_MODELS", str(tmp_path))
    target = Target(Kind.EMBEDDED, "", None, None, "moonshine-tiny-en")
    finding = await look(target, options=EmbeddedOptions(quiet=True))
    assert finding.verdict is Verdict.FAIL
    assert "realtime-chat serve -v" in finding.todo
    assert EmbeddedFailed(finding.what).reason == finding.what


IN_KEYRING = KeyOrigin("openai", Place.KEYRING, "keys.json")
ADDRESS = "wss://api.openai.com/v1/realtime"


@pytest.mark.parametrize(
    ("error", "what", "todo"),
    [
        (WrongKey(ADDRESS, 401, ""), "the key from the system's keyring", "realtime-chat config key set openai"),
        (Refused(ADDRESS, 400, "odd"), "HTTP 400: odd", "--model"),
        (BadAddress("x", "it names no host"), "'x' is no address of a server: it names no host", "wss://"),
        (InsecureAddress("ws://far.example", "in the clear"), "the key was not sent", "wss://"),
        (UnusableKey(), "the key from the system's keyring holds a space", "copy it again"),
        (SessionRejected("model_not_found", "no such model"), "model_not_found", "--model"),
        (ServerSilent(ADDRESS, 15), "gave no session within 15 s", "GA protocol"),
        (ConnectionLost(1011, "oops"), "code 1011: oops", "try again"),
        (ConnectionLost(1006, ""), "code 1006", "try again"),
        (SessionError("new"), "new", "-v"),
    ],
)
def test_every_refusal_has_a_next_step(error: SessionError, what: str, todo: str):
    finding = judge_refusal(error, Target(Kind.OPENAI, ADDRESS, "sk-x", "m", "t"), IN_KEYRING)
    assert finding.verdict is Verdict.FAIL
    assert what in finding.what
    assert todo in finding.todo


def test_openai_without_a_key_names_its_variable():
    finding = judge_refusal(WrongKey(ADDRESS, 401, ""), Target(Kind.OPENAI, ADDRESS, None, "m", "t"), None)
    assert finding.todo == "put one into OPENAI_API_KEY"


def test_a_vendor_without_a_key_names_the_vendors_variable():
    target = Target(Kind.URL, "wss://api.x.ai/v1", None, "m", "t")
    assert judge_refusal(WrongKey(ADDRESS, 401, ""), target, None).todo == "put one into XAI_API_KEY"
