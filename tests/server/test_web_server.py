"""How the server ends, and what one client can do to the others, over real sockets."""

from __future__ import annotations

import asyncio
import json
import signal
import socket as sockets
import sys
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import httpx
import pytest
import websockets
from hypothesis import given
from hypothesis import strategies as st
from serving_loop import HeldThinking, ask, events_until, held, left, serving
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from realtime_chat.server import runner, web_server
from realtime_chat.server.http import realtime
from realtime_chat.server.limits import Limits, Phase

SECONDS = 30
CHAT = {"messages": [{"role": "user", "content": "Say hello"}]}


async def closed(socket) -> websockets.frames.Close:
    """Read what is left, and give how the server closed."""
    async with asyncio.timeout(SECONDS):
        with suppress(websockets.ConnectionClosedError):  # what the iterator says where it is not an ordinary end
            async for _ in socket:
                pass
        await socket.wait_closed()
    assert socket.close_code is not None
    return websockets.frames.Close(socket.close_code, socket.close_reason)


async def refusal_of(server, **options) -> tuple[int, int, dict]:
    """The status, the seconds to wait and the error that a session is refused with."""
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with server.connect(**options):
            pass
    response = refused.value.response
    return response.status_code, int(response.headers["retry-after"]), json.loads(response.body)["error"]


async def test_an_answer_under_way_is_finished_and_then_the_server_ends():
    thinking = HeldThinking()
    async with serving(held(thinking)) as server, server.connect() as busy, server.connect() as idle:
        await ask(busy)
        await asyncio.wait_for(thinking.asked.wait(), SECONDS)
        server.server.handle_exit(signal.SIGTERM, None)
        end = await closed(idle)
        assert (end.code, end.reason) == (1001, "The server is going away.")
        status, wait, error = await refusal_of(server)
        assert (status, error["code"], error["type"]) == (503, "server_draining", "server_error")
        assert 1 <= wait <= 30
        assert not server.task.done()
        thinking.let.set()
        events = await events_until(busy, "response.done")
        assert events[-1]["response"]["status"] == "completed"
        assert (await closed(busy)).code == 1001
        await asyncio.wait_for(asyncio.shield(server.task), SECONDS)


async def test_an_answer_that_takes_too_long_is_not_waited_for():
    thinking = HeldThinking()
    async with serving(held(thinking), drain_seconds=0.1) as server, server.connect() as busy:
        await ask(busy)
        await asyncio.wait_for(thinking.asked.wait(), SECONDS)
        server.server.handle_exit(signal.SIGTERM, None)
        assert (await closed(busy)).code == 1001
        await asyncio.wait_for(asyncio.shield(server.task), SECONDS)


def told_of_draining(sessions, monkeypatch) -> asyncio.Event:
    """Give what is set as soon as ``sessions`` are told to take no more."""
    begun, drain = asyncio.Event(), sessions.drain

    async def noted(seconds: float) -> None:
        begun.set()  # whoever waits for it goes on when this waits, too
        await drain(seconds)

    monkeypatch.setattr(sessions, "drain", noted)
    return begun


@pytest.mark.parametrize("body", [CHAT, CHAT | {"stream": True}])
async def test_a_request_under_way_is_answered_and_then_the_server_ends(monkeypatch, body):
    monkeypatch.setattr(web_server, "END_SECONDS", 0)
    thinking = HeldThinking()
    async with serving(held(thinking)) as server, httpx.AsyncClient(trust_env=False, timeout=SECONDS) as client:
        answer = asyncio.create_task(client.post(f"{server.url}/chat/completions", json=body))
        await asyncio.wait_for(thinking.asked.wait(), SECONDS)
        draining = told_of_draining(server.sessions, monkeypatch)
        server.server.handle_exit(signal.SIGTERM, None)
        await asyncio.wait_for(draining.wait(), SECONDS)
        assert server.sessions.phase is Phase.DRAINING
        refused = await client.post(f"{server.url}/audio/speech", json={"input": "Hello"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "server_draining")
        assert 1 <= int(refused.headers["retry-after"]) <= 30
        assert not server.task.done()
        thinking.let.set()
        assert (await answer).status_code == 200
        assert "stop" in (await answer).text
        await asyncio.wait_for(asyncio.shield(server.task), SECONDS)


async def test_a_request_that_takes_too_long_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(web_server, "END_SECONDS", 0)
    thinking = HeldThinking()
    async with (
        serving(held(thinking), drain_seconds=0.1) as server,
        httpx.AsyncClient(trust_env=False, timeout=SECONDS) as client,
    ):
        answer = asyncio.create_task(client.post(f"{server.url}/chat/completions", json=CHAT))
        await asyncio.wait_for(thinking.asked.wait(), SECONDS)
        server.server.handle_exit(signal.SIGTERM, None)
        await asyncio.wait_for(asyncio.shield(server.task), SECONDS)
        with suppress(httpx.TransportError):
            assert (await answer).status_code == 500


async def test_the_second_ctrl_c_ends_it_at_once(monkeypatch):
    monkeypatch.setattr(web_server, "IMPATIENT_SECONDS", 10**6)  # this process is to live on
    thinking = HeldThinking()
    async with serving(held(thinking), drain_seconds=10**6) as server, server.connect() as busy:
        await ask(busy)
        await asyncio.wait_for(thinking.asked.wait(), SECONDS)
        server.server.handle_exit(signal.SIGINT, None)
        server.server.handle_exit(signal.SIGINT, None)
        await asyncio.wait_for(asyncio.shield(server.task), SECONDS)
        assert (await closed(busy)).code == 1012


async def test_the_session_that_is_one_too_many():
    async with serving(limits=Limits(sessions=2)) as server:
        async with server.connect() as first, server.connect():
            status, wait, error = await refusal_of(server)
            assert (status, wait, error["type"], error["code"]) == (429, 10, "rate_limit_error", "too_many_sessions")
            await ask(first)
            assert (await events_until(first, "response.done"))[-1]["response"]["status"] == "completed"
        await left(server, 0)
        async with server.connect() as again:
            await events_until(again, "session.created")


async def test_sessions_in_too_quick_succession():
    async with serving(limits=Limits(client_sessions_per_minute=3)) as server:
        for _ in range(3):
            async with server.connect() as socket:
                await events_until(socket, "session.created")
        status, wait, error = await refusal_of(server)
        assert (status, error["code"]) == (429, "rate_limit_exceeded")
        assert 1 <= wait <= 20
        assert f"{wait} s" in error["message"]


async def test_nobody_gets_more_sessions_by_saying_that_they_come_from_elsewhere():
    async with serving(limits=Limits(client_sessions_per_minute=1)) as server:
        async with server.connect(additional_headers={"X-Forwarded-For": "192.0.2.1"}):
            pass
        status, _, error = await refusal_of(server, additional_headers={"X-Forwarded-For": "192.0.2.2"})
        assert (status, error["code"]) == (429, "rate_limit_exceeded")


async def test_a_client_that_says_nothing_is_asked_whether_it_is_there_and_need_not_answer(monkeypatch):
    monkeypatch.setattr(web_server, "PING_SECONDS", 0.01)
    async with serving() as server, asyncio.timeout(SECONDS):
        client = ClientProtocol(parse_uri(f"{server.url.replace('http', 'ws', 1)}/realtime"))
        reader, writer = await asyncio.open_connection(client.uri.host, client.uri.port)
        client.send_request(client.connect())
        writer.writelines(client.data_to_send())
        pings = 0
        while pings < 5:
            client.receive_data(await reader.read(4096))
            frames = [event for event in client.events_received() if isinstance(event, websockets.frames.Frame)]
            pings += sum(frame.opcode is websockets.frames.Opcode.PING for frame in frames)
        assert server.sessions.count == 1  # though none of the pongs was ever sent
        client.data_to_send()
        client.send_text(b'{"type": "input_audio_buffer.clear"}')
        writer.writelines(client.data_to_send())
        while b"input_audio_buffer.cleared" not in await reader.read(4096):
            pass
        writer.transport.abort()
        await left(server, 0)


@asynccontextmanager
async def connected(server):
    """A connection on which nothing is said yet."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.origin.rpartition(":")[2]))
    try:
        async with asyncio.timeout(SECONDS):
            yield reader, writer
    finally:
        writer.transport.abort()


HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"


UNWANTED = b"POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"


async def answered(reader) -> dict:
    """Read one answer, and give its body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = head.partition("content-length: ")[2].partition("\r\n")[0]
    return json.loads(await reader.readexactly(int(length)))


async def test_connections_that_say_nothing_are_closed_and_sessions_are_not(monkeypatch):
    monkeypatch.setattr(web_server, "HEAD_SECONDS", 0.01)
    async with serving() as server, server.connect() as session, connected(server) as (reader, writer):
        await events_until(session, "session.created")
        assert await reader.read() == b""
        writer.close()
        async with connected(server) as (second, _):
            assert await second.read() == b""
        await ask(session)
        assert (await events_until(session, "response.done"))[-1]["response"]["status"] == "completed"


@pytest.mark.parametrize("before", [b"", HEALTH])
async def test_a_head_that_never_ends_is_refused(monkeypatch, before):
    """At the beginning of a connection, and after an answer."""
    monkeypatch.setattr(web_server, "HEAD_SECONDS", 0.3)
    async with serving() as server, connected(server) as (reader, writer):
        if before:
            writer.write(before)
            assert await answered(reader) == {"status": "ready"}
        writer.write(b"POST /v1/audio/speech HTTP/1.1\r\nX: ")
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert b"\r\nconnection: close" in head.lower()
        error = json.loads(body)["error"]
        assert (error["type"], error["code"]) == ("invalid_request_error", "request_timeout")


@pytest.mark.parametrize("begins", [b"GET /health HTTP/1.1\r\nX: ", UNWANTED])
async def test_it_does_not_help_to_say_a_letter_now_and_then(monkeypatch, begins):
    """Of a head, or of a body that nobody reads, as it was refused."""
    monkeypatch.setattr(web_server, "HEAD_SECONDS", 0.01)
    async with serving(key="k") as server, connected(server) as (reader, writer):
        writer.write(begins)
        if begins is UNWANTED:
            assert (await answered(reader))["error"]["code"] == "invalid_api_key"
        reading = asyncio.create_task(reader.read())
        with suppress(ConnectionError):  # what comes after the end is answered with a reset
            while not reading.done():
                writer.write(b"x")
                await asyncio.sleep(0.001)
            await reading


async def test_connections_that_say_nothing_are_in_nobodys_way(monkeypatch):
    monkeypatch.setattr(web_server, "MOST_WAITING", 2)
    monkeypatch.setattr(web_server, "HEAD_SECONDS", 10**6)
    async with serving() as server, server.connect() as session, AsyncExitStack() as stack:
        await events_until(session, "session.created")
        silent = [await stack.enter_async_context(connected(server)) for _ in range(5)]
        closed = [asyncio.create_task(reader.read()) for reader, _ in silent]
        while sum(one.done() for one in closed) < 3:
            await asyncio.wait([one for one in closed if not one.done()], return_when=asyncio.FIRST_COMPLETED)
        async with server.connect() as other:
            for socket in (session, other):
                await ask(socket)
                assert (await events_until(socket, "response.done"))[-1]["response"]["status"] == "completed"
        for one in closed:
            one.cancel()


MOMENTS = st.lists(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 1)), max_size=8)


@given(MOMENTS, st.integers(1, 3), st.integers(1, 4))
def test_whoever_waits_too_long_goes_and_nobody_else(moments, seconds, most):
    """A moment a second; who waits then, and after which request."""
    waiting = web_server.Waiting(seconds, most)
    for now, moment in enumerate(moments):
        waited = {}
        for one, request in moment.items():
            past = [before.get(one) == request for before in moments[:now]]
            waited[one] = [*past[::-1], False].index(False)
        gone = waiting.overdue(moment, now)
        assert set(gone) >= {one for one in moment if waited[one] > seconds}
        assert len(moment) - len(gone) <= most
        early = [one for one in gone if waited[one] <= seconds]
        assert len(early) <= max(0, len(moment) - most)
        assert all(waited[one] >= waited[other] for one in gone for other in moment if other not in gone)


async def test_the_system_notices_clients_that_have_vanished():
    async with serving() as server, server.connect() as socket:
        await events_until(socket, "session.created")
        (connection,) = server.server.server_state.connections
        accepted = connection.transport.get_extra_info("socket")
        assert accepted.getsockopt(sockets.SOL_SOCKET, sockets.SO_KEEPALIVE) != 0
        if sys.platform == "linux":
            timeout = accepted.getsockopt(sockets.IPPROTO_TCP, sockets.TCP_USER_TIMEOUT)
            assert timeout == web_server.VANISHED_SECONDS * 1000


async def test_those_who_may_not_in_take_no_place():
    async with serving(key="k", limits=Limits(sessions=1, client_sessions_per_minute=1)) as server:
        for _ in range(5):
            with pytest.raises(websockets.InvalidStatus):
                async with server.connect(additional_headers={"Authorization": "Bearer wrong"}):
                    pass
        async with server.connect(additional_headers={"Authorization": "Bearer k"}) as socket:
            await events_until(socket, "session.created")


async def test_a_session_whose_time_is_over():
    async with serving(limits=Limits(session_seconds=0.2)) as server, server.connect() as socket:
        created = (await events_until(socket, "session.created"))[-1]
        assert created["session"]["expires_at"] > 0
        assert (await events_until(socket, "error"))[-1]["error"]["code"] == "session_expired"
        assert (await closed(socket)).code == 1001


async def test_a_message_that_is_too_long_costs_only_its_own_session():
    async with serving() as server, server.connect(max_size=None) as greedy, server.connect() as modest:
        await events_until(greedy, "session.created")
        with suppress(websockets.ConnectionClosed):
            await greedy.send("x" * (web_server.MAX_MESSAGE + 1))
        await asyncio.wait_for(greedy.wait_closed(), SECONDS)
        assert greedy.close_code == 1009
        await ask(modest)
        await events_until(modest, "response.done")


async def test_a_broken_session_disturbs_nobody(monkeypatch, caplog):
    async with serving() as server, server.connect() as healthy:
        await events_until(healthy, "session.created")

        async def run(_self):
            raise ZeroDivisionError

        with monkeypatch.context() as patch:
            patch.setattr(runner.SessionRunner, "run", run)
            async with server.connect() as broken:
                assert (await closed(broken)).code == 1011
        assert "ZeroDivisionError" in caplog.text
        assert server.sessions.count == 1
        await ask(healthy)
        await events_until(healthy, "response.done")


async def test_a_client_that_reads_nothing_is_let_go_and_leaves_nothing(monkeypatch, caplog):
    monkeypatch.setattr(runner, "MAX_UNSENT", 20)
    monkeypatch.setattr(realtime, "CLOSE_SECONDS", 0.05)
    monkeypatch.setattr(web_server, "STUCK_SECONDS", 0.1)
    long = {"type": "realtime", "instructions": "x" * 400_000}
    update = json.dumps({"type": "session.update", "session": long})  # and as much comes back
    async with serving() as server, server.connect() as healthy, asyncio.timeout(SECONDS):
        deaf = await server.connect(max_queue=1, max_size=None, compression=None)
        await events_until(deaf, "session.created")
        assert server.sessions.count == 2
        with suppress(websockets.ConnectionClosed):
            while server.sessions.count > 1:
                await deaf.send(update)
        assert "The client does not read" in caplog.text
        while len(server.server.server_state.connections) > 1:  # noqa: ASYNC110  - uvicorn tells nobody
            await asyncio.sleep(0.01)
        assert server.sessions.count == 1
        deaf.transport.abort()
        await ask(healthy)
        assert (await events_until(healthy, "response.done"))[-1]["response"]["status"] == "completed"
