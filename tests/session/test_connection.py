"""Real sockets on this machine's loopback: every way in which a server can fail to be one."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from realtime_chat.session import connection as connection_module
from realtime_chat.session.connection import WebSocketConnection, connect
from realtime_chat.session.errors import (
    BadAddress,
    CannotConnect,
    ConnectionLost,
    InsecureAddress,
    Refused,
    SessionError,
    UnusableKey,
    WrongKey,
)

KEY = "sk-very-secret-0123456789"
Handler = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def websocket_server(handler: Handler, **options: Any) -> AsyncIterator[str]:
    async with serve(handler, "127.0.0.1", 0, **options) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"http://127.0.0.1:{port}/v1"


@asynccontextmanager
async def raw_server(answer: bytes | None) -> AsyncIterator[str]:
    """Answer whatever comes with ``answer`` and hang up; None: say nothing at all."""
    released = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if answer is None:
            await released.wait()
        else:
            await reader.read(65536)
            writer.write(answer)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        released.set()


async def quiet(_: ServerConnection) -> None:
    pass


async def drain(client: WebSocketConnection, frames: list[Any]) -> None:
    async for frame in client:
        frames.append(frame)  # noqa: PERF401 - what came before the error counts


async def failure(address: str, **options: Any) -> SessionError:
    with pytest.raises(SessionError) as caught:
        async with connect(address, **{"key": KEY, **options}):
            raise AssertionError("it connected")
    assert KEY not in str(caught.value) + repr(caught.value) + repr(vars(caught.value))
    assert str(caught.value).isprintable()
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value


async def test_frames_go_both_ways() -> None:
    seen: dict[str, Any] = {}

    async def echo(server: ServerConnection) -> None:
        assert server.request is not None
        seen.update(path=server.request.path, headers=server.request.headers)
        async for frame in server:
            await server.send(frame)
        seen["code"] = server.close_code

    async with websocket_server(echo) as address:
        async with connect(address, key=f" {KEY}\n", model="a b") as client:
            assert client.address == address.replace("http", "ws") + "/realtime"
            await client.send('{"type":"é"}')
            async for frame in client:
                assert frame == '{"type":"é"}'.encode()
                await client.close()
        assert KEY not in repr(client) + repr(vars(client))
    assert seen["path"] == "/v1/realtime?model=a+b"
    assert seen["headers"]["Authorization"] == f"Bearer {KEY}"
    assert "Sec-WebSocket-Extensions" not in seen["headers"]
    assert "OpenAI-Beta" not in seen["headers"]
    assert seen["code"] == 1000


@pytest.mark.parametrize("key", [None, "", " \n"])
async def test_no_key_is_no_header(key: str | None) -> None:
    async def tell(server: ServerConnection) -> None:
        assert server.request is not None
        await server.send(json.dumps("Authorization" in server.request.headers))

    async with websocket_server(tell) as address, connect(address, key=key) as client:
        async for frame in client:
            assert frame == b"false"
            break


async def test_large_frames_and_frames_that_are_no_text_arrive() -> None:
    frames = [b"x" * 15 * 2**20, b"\xff\x00", "text"]

    async def send(server: ServerConnection) -> None:
        for frame in frames:
            await server.send(frame)

    async with websocket_server(send) as address, connect(address) as client:
        arrived: list[Any] = []
        with pytest.raises(ConnectionLost) as caught:
            await drain(client, arrived)
    assert arrived == [frames[0], frames[1], b"text"]
    assert caught.value.code == 1000


@pytest.mark.parametrize("code", [1000, 1001, 1011, 3000, 4000])
async def test_a_server_that_ends_the_connection(code: int) -> None:
    async def end(server: ServerConnection) -> None:
        await server.close(code, "it is\x1b[1m over.")

    async with websocket_server(end) as address, connect(address) as client:
        with pytest.raises(ConnectionLost) as caught:
            await drain(client, [])
        assert (caught.value.code, caught.value.reason) == (code, "it is over")
        with pytest.raises(ConnectionLost):
            await client.send("x")


async def test_a_connection_that_breaks() -> None:
    async def end(server: ServerConnection) -> None:
        server.transport.abort()

    async with websocket_server(end) as address, connect(address) as client:
        with pytest.raises(ConnectionLost) as caught:
            await drain(client, [])
    assert caught.value.code == 1006


async def test_a_frame_that_is_too_large_ends_the_connection() -> None:
    async def send(server: ServerConnection) -> None:
        await server.send("x" * (16 * 2**20 + 1))
        await server.wait_closed()

    async with websocket_server(send) as address, connect(address) as client:
        with pytest.raises(ConnectionLost) as caught:
            await drain(client, [])
    assert caught.value.code == 1009


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, WrongKey), (403, WrongKey), (400, Refused), (404, Refused), (429, Refused), (500, Refused), (503, Refused)],
)
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (json.dumps({"error": {"message": "No \x1b[2J credits."}}), "No credits"),
        (json.dumps({"error": "so\nso"}), "so so"),
        (json.dumps({"detail": "gone"}), "gone"),
        (json.dumps({"message": "m" * 500}), "m" * 199 + "…"),
        (json.dumps([1]), ""),
        (json.dumps({"error": {"message": 7}}), ""),
        ("plain words", "plain words"),
        ("<html>a page</html>", ""),
        ("[" * 100_000, None),
        ("", ""),
    ],
    ids=range(10),
)
async def test_http_errors(status: int, kind: type[Refused], body: str, said: str | None) -> None:
    def refuse(server: ServerConnection, _: Request) -> Response:
        return server.respond(HTTPStatus(status), body)

    async with websocket_server(quiet, process_request=refuse) as address:
        error = await failure(address)
    assert type(error) is kind
    assert isinstance(error, Refused)
    assert error.status == status
    assert said is None or error.reason == said
    assert str(status) in str(error)


async def test_a_redirect_is_not_followed() -> None:
    def redirect(server: ServerConnection, _: Request) -> Response:
        response = server.respond(HTTPStatus.TEMPORARY_REDIRECT, "")
        response.headers["Location"] = "ws://127.0.0.1:9/elsewhere"
        return response

    async with websocket_server(quiet, process_request=redirect) as address:
        error = await failure(address)
    assert isinstance(error, Refused)
    assert error.status == 307


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "speak HTTP"),
        (b"\x00\xff\xfe garbage \r\n\r\n", "speak HTTP"),
        (b"", "speak HTTP"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "WebSocket"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "HTTP 200"),
    ],
    ids=["ssh", "garbage", "hangs up", "no upgrade", "a page"],
)
async def test_servers_of_something_else(answer: bytes, words: str) -> None:
    async with raw_server(answer) as address:
        assert words in str(await failure(address))


async def test_a_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "OPEN_SECONDS", 0.05)
    async with raw_server(None) as address:
        assert "did not answer within 0.05 s" in str(await failure(address))


async def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        error = await failure(f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert isinstance(error, CannotConnect)
    assert "nobody listens" in str(error)


async def test_tls_to_a_server_without_it() -> None:
    async with raw_server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as address:
        assert "TLS" in str(await failure(address.replace("http", "https")))


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "name is not known"),
        (ssl.SSLCertVerificationError("x"), "certificate"),
        (ConnectionResetError(104, "Connection reset by peer"), "Connection reset by peer"),
        (OSError(), "OSError"),
        (OSError(113, "No route to host"), "No route to host"),
        (ValueError(f"odd {KEY}"), "WebSocket"),
        (ImportError("python-socks is required"), "proxy"),
        (EOFError(), "HTTP"),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_what_the_network_raises(raised: Exception, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """These need another network than a test has: the library's call raises what it raises there."""
    if isinstance(raised, ssl.SSLCertVerificationError):
        raised.verify_message = "self-signed certificate"

    async def fail(*_: Any, **__: Any) -> None:
        raise raised

    monkeypatch.setattr(connection_module, "_client", lambda: fail)
    assert words in str(await failure("wss://example.test/v1"))


async def test_a_proxy_that_does_not_work_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "gopher://user:password@127.0.0.1:9")
    error = await failure("wss://example.test/v1")
    assert "proxy" in str(error)
    assert "password" not in str(error)


async def test_the_loopback_is_reached_without_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ws_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with websocket_server(quiet) as address, connect(address, key=KEY) as client:
        assert isinstance(client, WebSocketConnection)


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel", "nul\0", "esc\x1b"])
async def test_keys_that_are_none(key: str) -> None:
    error = await failure("wss://example.test/v1", key=key)
    assert isinstance(error, UnusableKey)
    assert key not in str(error)


async def test_a_key_does_not_travel_in_the_clear() -> None:
    error = await failure("ws://example.test/v1")
    assert isinstance(error, InsecureAddress)
    assert "example.test" in str(error)


async def test_an_address_that_is_none() -> None:
    assert isinstance(await failure("hello"), BadAddress)


async def test_the_key_is_in_no_log(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    caplog.set_level(logging.DEBUG)

    async def echo(server: ServerConnection) -> None:
        async for frame in server:
            await server.send(frame)

    apart = logging.getLogger("apart")
    monkeypatch.setattr(apart, "propagate", False)
    async with websocket_server(echo, logger=apart) as address, connect(address, key=KEY) as client:
        await client.send("hello")
    assert KEY not in caplog.text
    assert "hello" not in caplog.text
