"""So many requests at a time: over real sockets, with engines that answer when they are let."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from serving_loop import HeldThinking, held, serving

from realtime_chat.server.engines.engine_set import EngineSet
from realtime_chat.server.engines.errors import EngineError
from realtime_chat.server.engines.scripted import ScriptedHearing, ScriptedSpeaking, ScriptedThinking
from realtime_chat.server.engines.seam import TokenUsage
from realtime_chat.server.http import engine_route, refusals
from realtime_chat.server.http.engine_route import Bodies, Places
from realtime_chat.server.limits import Limits

CHAT = {"messages": [{"role": "user", "content": "Say hello"}]}
STREAM = CHAT | {"stream": True}


class Endless(ScriptedThinking):
    """Writes until nobody listens any more."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = asyncio.Event()

    async def answer(self, messages, **options):
        try:
            while True:
                yield "and so on "
                await asyncio.sleep(0)
        finally:
            self.closed.set()


def of(thinking: ScriptedThinking) -> EngineSet:
    return EngineSet("mind", ScriptedHearing, lambda: thinking, ScriptedSpeaking)


def client(server, **options) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"{server.url}/", trust_env=False, timeout=30, **options)


async def answered(http: httpx.AsyncClient) -> None:
    """Wait until there is a place again."""
    async with asyncio.timeout(30):
        while (await http.post("audio/speech", json={"input": "Hello"})).status_code == 429:
            pass


@pytest.mark.parametrize("body", [CHAT, STREAM])
async def test_those_beyond_the_limit_are_told_to_come_again(body):
    thinking = HeldThinking()
    async with serving(held(thinking), limits=Limits(requests=1)) as server, client(server) as http:
        first = asyncio.create_task(http.post("chat/completions", json=body))
        await thinking.asked.wait()
        for path, fields in (
            ("chat/completions", {"json": CHAT}),
            ("audio/speech", {"json": {"input": "Hello"}}),
            ("audio/transcriptions", {"files": {"file": b"RIFF"}}),
        ):
            refused = await http.post(path, **fields)
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
            error = refused.json()["error"]
            assert (error["type"], error["code"], error["param"]) == ("rate_limit_error", "too_many_requests", None)
            assert "Try again in 1 s." in error["message"]
        for path in ("models", "metrics"):
            assert (await http.get(f"{server.origin}/{path}" if path == "metrics" else path)).status_code == 200
        counted = text_string_to_metric_families((await http.get(f"{server.origin}/metrics")).text)
        samples = [one for family in counted for one in family.samples if one.name == "realtime_chat_errors_total"]
        assert [(one.labels["code"], one.value) for one in samples] == [("too_many_requests", 3)]
        thinking.let.set()
        assert (await first).status_code == 200
        assert (await http.post("chat/completions", json=CHAT)).status_code == 200


async def test_a_stream_holds_its_place_until_the_client_goes_away():
    thinking = Endless()
    async with serving(of(thinking), limits=Limits(requests=1)) as server, client(server) as http:
        async with http.stream("POST", "chat/completions", json=STREAM) as stream:
            assert stream.status_code == 200
            assert (await http.post("audio/speech", json={"input": "Hello"})).status_code == 429
        await answered(http)
        async with asyncio.timeout(30):
            await thinking.closed.wait()


async def test_whoever_is_refused_for_anything_else_holds_no_place():
    class Broken(ScriptedThinking):
        async def answer(self, messages, **options):
            raise EngineError("thinking", "it broke")
            yield TokenUsage(0, 0, 0)

    class Defective(ScriptedSpeaking):
        async def speak(self, text, **options):
            raise ZeroDivisionError
            yield

    engines = EngineSet("mind", ScriptedHearing, Broken, Defective)
    async with serving(engines, limits=Limits(requests=1), key="the-key") as server, client(server) as http:
        for _ in range(3):
            assert (await http.post("chat/completions", json=CHAT)).status_code == 401
            keyed = {"Authorization": "Bearer the-key"}
            assert (await http.post("chat/completions", json={}, headers=keyed)).status_code == 400
            assert (await http.post("chat/completions", json=CHAT, headers=keyed)).status_code == 503
            assert (await http.post("chat/completions", json=STREAM, headers=keyed)).status_code == 503
            assert (await http.post("audio/speech", json={"input": "x"}, headers=keyed)).status_code == 500
            assert (await http.get("chat/completions", headers=keyed)).status_code == 405


async def test_without_a_place_strangers_are_strangers_all_the_same():
    async with serving(limits=Limits(requests=0), key="the-key") as server, client(server) as http:
        assert (await http.post("chat/completions", json=CHAT)).status_code == 401
        http.headers["Authorization"] = "Bearer the-key"
        assert (await http.post("chat/completions", json=CHAT)).status_code == 429


LONG = 1_000_000


@asynccontextmanager
async def stalled(server, path: str = "chat/completions", *, key: str = "", sent: bytes = b""):
    """A request whose body, or the rest of it, does not come, though the server waits for it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.origin.rpartition(":")[2]))
    try:
        async with asyncio.timeout(30):
            head = f"POST /v1/{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {LONG}\r\nExpect: 100-continue\r\n"
            writer.write(f"{head}Authorization: Bearer {key}\r\n\r\n".encode())
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
            writer.write(sent)
            yield reader, writer
    finally:
        writer.transport.abort()


async def refusal(reader: asyncio.StreamReader) -> tuple[bytes, dict]:
    """Read the head of an answer, and the error in it."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return head, json.loads(await reader.readexactly(length))["error"]


@pytest.mark.parametrize("sent", [b"", b'{"input": "'])
async def test_bodies_that_do_not_come_hold_no_place(sent):
    async with serving(limits=Limits(requests=1)) as server, client(server) as http, AsyncExitStack() as stack:
        for path in ("chat/completions", "audio/speech", "chat/completions"):
            await stack.enter_async_context(stalled(server, path, sent=sent))
        assert (await http.post("audio/speech", json={"input": "Hello"})).status_code == 200


async def test_the_place_is_taken_when_the_body_is_there():
    thinking = HeldThinking()
    async with serving(held(thinking), limits=Limits(requests=1)) as server, client(server) as http:
        async with stalled(server) as (reader, writer):
            first = asyncio.create_task(http.post("chat/completions", json=CHAT))
            await thinking.asked.wait()
            writer.write(b" " * LONG)
            head, error = await refusal(reader)
            assert head.startswith(b"http/1.1 429 ")
            assert error["code"] == "too_many_requests"
        thinking.let.set()
        assert (await first).status_code == 200


@pytest.mark.parametrize("path", ["chat/completions", "audio/speech"])
async def test_a_body_that_does_not_come_in_time_is_refused(monkeypatch, path):
    monkeypatch.setattr(refusals, "BODY_SECONDS", 0.05)
    async with serving() as server, stalled(server, path) as (reader, _):
        head, error = await refusal(reader)
        assert head.startswith(b"http/1.1 408 ")
        assert b"connection: close" in head
        assert (error["type"], error["code"]) == ("invalid_request_error", "request_timeout")
        assert "128 KiB a second" in error["message"]
        assert await reader.read() == b""


async def test_whoever_goes_away_in_the_middle_of_a_body_breaks_nothing(caplog):
    async with serving(limits=Limits(requests=1)) as server, client(server) as http:
        async with stalled(server, sent=b'{"mess'):
            pass
        async with asyncio.timeout(30):
            await server.sessions.drain(30)  # until no request is waited for
        assert (await http.get(f"{server.origin}/health")).json() == {"status": "draining"}
        assert caplog.records == []


@pytest.mark.parametrize(("bodies", "size"), [(2, 10**9), (10**9, 2_500)])
async def test_where_too_much_is_coming_those_that_have_stalled_make_room(monkeypatch, bodies, size):
    monkeypatch.setattr(engine_route, "MOST_BODIES", bodies)
    monkeypatch.setattr(engine_route, "MOST_BYTES", size)
    async with serving() as server, client(server) as http, AsyncExitStack() as stack:
        stalls = [await stack.enter_async_context(stalled(server, sent=b" " * 1_000)) for _ in range(3)]
        head, error = await refusal(stalls[0][0])
        assert head.startswith(b"http/1.1 429 ")
        assert error["code"] == "too_many_requests"
        assert (await http.post("audio/speech", json={"input": "Hello"})).status_code == 200


async def test_an_answer_that_nobody_reads_holds_its_place_no_longer(monkeypatch):
    monkeypatch.setattr(engine_route, "UNREAD_SECONDS", 0.05)
    thinking = Endless()
    async with serving(of(thinking), limits=Limits(requests=1)) as server, client(server) as http:
        async with client(server).stream("POST", "chat/completions", json=STREAM) as stream:
            assert stream.status_code == 200
            await answered(http)
        async with asyncio.timeout(30):
            await thinking.closed.wait()


STEPS = st.lists(st.tuples(st.integers(0, 5), st.sampled_from([None, 0, 1, 3, 7])), max_size=30)


@given(STEPS, st.integers(1, 4), st.integers(7, 20))
def test_bodies_have_as_much_room_as_there_is(steps, most, most_bytes):
    """Each step is a body that grows, or ends."""
    bodies = Bodies(most, most_bytes)
    refused: list[int] = []
    coming: dict[int, int] = {}

    class Told:
        def __init__(self, number: int) -> None:
            self.number = number

        def make_room(self) -> None:
            refused.append(self.number)

    uploads = [Told(number) for number in range(6)]
    for number, size in steps:
        refused.clear()
        if size is None:
            bodies.end(uploads[number])
            coming.pop(number, None)
            continue
        if coming.get(number, 0) + size > most_bytes:  # no body is as long as that
            continue
        coming[number] = coming.pop(number, 0) + size
        bodies.grow(uploads[number], size)
        silent = list(coming)[: len(refused)]
        assert refused == silent
        for one in silent:
            del coming[one]
        assert number in coming
        assert len(coming) <= most
        assert sum(coming.values()) <= most_bytes


def test_places_are_as_many_as_there_are():
    places = Places(2)
    assert [places.take() for _ in range(3)] == [True, True, False]
    places.leave()
    assert [places.take() for _ in range(2)] == [True, False]
