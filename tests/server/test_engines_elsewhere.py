"""One server uses the engines of another for a whole spoken turn."""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import asynccontextmanager

import httpx
import local_api
import pytest
from local_api import LocalApi
from serving_loop import ask, events_until, serving
from starlette.responses import Response
from synthetic_voice import silence, voice

from realtime_chat.server.engines.choose import real_engines, scripted_engines
from realtime_chat.server.engines.remote import Elsewhere, Remote
from realtime_chat.server.models.manifest import DEFAULT
from realtime_chat.server.models.store import ModelStore, Status, default_root

KEY = "the-key-of-the-other-server"


@asynccontextmanager
async def two_servers(engines):
    """The one in front, whose every engine is the other's; and the other."""
    async with serving(engines, key=KEY) as behind:
        remote = Remote(behind.url, "", KEY)
        front = scripted_engines(Elsewhere(remote, remote, remote))
        try:
            async with serving(front) as server:
                yield server, behind
        finally:
            await front.aclose()


async def say(socket, pcm: bytes) -> list[dict]:
    """Speak, and give what comes until the answer is over."""
    transcription = {"audio": {"input": {"transcription": {"model": "any"}}}, "type": "realtime"}
    await socket.send(json.dumps({"type": "session.update", "session": transcription}))
    sound = base64.b64encode(pcm + silence(900)).decode()
    await socket.send(json.dumps({"type": "input_audio_buffer.append", "audio": sound}))
    return await events_until(socket, "response.done")


def sound_of(events: list[dict]) -> bytes:
    return b"".join(base64.b64decode(e["delta"]) for e in events if e["type"] == "response.output_audio.delta")


async def test_a_spoken_turn():
    async with two_servers(scripted_engines()) as (front, _), front.connect() as socket:
        events = await say(socket, silence(500) + voice(1_000))
        heard = next(e["transcript"] for e in events if e["type"].endswith("input_audio_transcription.completed"))
        assert heard.startswith("I heard 1.")
        spoken = events[-1]["response"]["output"][0]["content"][0]["transcript"]
        assert spoken == f"You said: {heard}"
        assert len(sound_of(events)) / 48_000 == pytest.approx(0.06 * len(spoken), rel=0.05)


async def test_the_transcript_is_cut_at_the_estimated_word():
    async with two_servers(scripted_engines()) as (front, _), front.connect() as socket:
        await ask(socket, "one two three four five six seven eight nine ten")
        events = await events_until(socket, "response.done")
        item = events[-1]["response"]["output"][0]
        whole = item["content"][0]["transcript"].split()
        half_ms = len(sound_of(events)) // 48 // 2
        cut = {"type": "conversation.item.truncate", "item_id": item["id"], "content_index": 0}
        await socket.send(json.dumps(cut | {"audio_end_ms": half_ms}))
        await events_until(socket, "conversation.item.truncated")
        await socket.send(json.dumps({"type": "conversation.item.retrieve", "item_id": item["id"]}))
        retrieved = (await events_until(socket, "conversation.item.retrieved"))[-1]["item"]
        left = retrieved["content"][0]["transcript"].split()
        assert left == whole[: len(left)]
        assert len(left) == pytest.approx(len(whole) / 2, abs=2)


async def test_the_other_server_ends():
    async with two_servers(scripted_engines()) as (front, behind), front.connect() as socket:
        await ask(socket)
        assert (await events_until(socket, "response.done"))[-1]["response"]["status"] == "completed"
        behind.server.should_exit = True
        await behind.task
        await ask(socket)
        failed = (await events_until(socket, "response.done"))[-1]["response"]
        assert failed["status"] == "failed"
        assert "cannot be reached" in failed["status_details"]["error"]["message"]
        assert KEY not in str(failed)


@pytest.mark.parametrize("code", ["insufficient_quota", "rate_limit_exceeded"])
async def test_a_limit_that_an_api_meets_within_its_answer_is_told_as_such(code):
    api = LocalApi(Response)
    pieces = ({"choices": [{"index": 0, "delta": {"content": "Well, "}}]}, {"error": {"message": "No.", "code": code}})
    api.stream(*(f"data: {json.dumps(p)}\n\n".encode() for p in pieces), content_type="text/event-stream")
    async with local_api.serving(api):
        engines = scripted_engines(Elsewhere(thinking=Remote(api.url)))
        async with serving(engines) as server, server.connect() as socket:
            await ask(socket)
            response = (await events_until(socket, "response.done"))[-1]["response"]
        await engines.aclose()
    assert (response["status"], response["status_details"]["error"]["code"]) == ("failed", code)


@pytest.mark.engines
async def test_a_spoken_turn_with_the_real_engines():
    store = ModelStore(default_root())
    if any(store.status(model) is not Status.PRESENT for model in DEFAULT):
        pytest.skip("the models are not here: run `realtime-chat models pull`")
    engines = real_engines(store)
    await engines.load()
    async with two_servers(engines) as (front, behind), front.connect() as socket:
        async with httpx.AsyncClient(trust_env=False, timeout=60, headers={"Authorization": f"Bearer {KEY}"}) as http:
            wanted = {"input": "What is the capital of France?", "response_format": "pcm"}
            question = (await http.post(f"{behind.url}/audio/speech", json=wanted)).content
        events = await asyncio.wait_for(say(socket, silence(500) + question), 120)
        heard = next(e["transcript"] for e in events if e["type"].endswith("input_audio_transcription.completed"))
        response = events[-1]["response"]
        assert heard.strip()
        assert response["status"] == "completed"
        assert response["usage"]["output_tokens"] > 0
        assert response["output"][0]["content"][0]["transcript"]
        assert len(sound_of(events)) > 24_000
