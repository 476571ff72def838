"""So many requests at a time: over real sockets, with engines that answer when they are let."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from serving_loop import HeldThinking, held, serving

from realtime_chat.server.engines.engine_set import EngineSet
from realtime_chat.server.engines.errors import EngineError
from realtime_chat.server.engines.scripted import ScriptedHearing, ScriptedSpeaking, ScriptedThinking
from realtime_chat.server.engines.seam import TokenUsage
from realtime_chat.server.http.engine_route import Places
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


def test_places_are_as_many_as_there_are():
    places = Places(2)
    assert [places.take() for _ in range(3)] == [True, True, False]
    places.leave()
    assert [places.take() for _ in range(2)] == [True, False]
