"""Sessions over real sockets: what they are for, and how their sound travels."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import httpx
import numpy as np
import pytest
import websockets
from noises import hum
from serving_loop import events_until, serving
from starlette.requests import Request
from starlette.types import Receive, Send
from synthetic_voice import silence, voice

from realtime_chat.protocol.sessions import PcmuFormat
from realtime_chat.server.engines.choose import scripted_engines
from realtime_chat.server.http.metrics import Metrics
from realtime_chat.server.http.realtime import RealtimeEndpoint
from realtime_chat.server.http.service import Service
from realtime_chat.server.limits import Phase
from realtime_chat.server.listener import MAX_APPEND_BYTES
from realtime_chat.server.sessions import Sessions
from realtime_chat.server.sound_format import encoded

SPOKEN = silence(500) + voice(1_000) + silence(900)


def append(data: bytes) -> str:
    return json.dumps({"type": "input_audio_buffer.append", "audio": base64.b64encode(data).decode()})


def transcribing(url: str) -> str:
    return url.replace("http", "ws", 1) + "/realtime?intent=transcription"


async def test_a_client_that_wants_words_only_gets_them():
    async with serving() as server, websockets.connect(transcribing(server.url)) as socket:
        session = (await events_until(socket, "session.created"))[-1]["session"]
        assert (session["type"], session["object"]) == ("transcription", "realtime.transcription_session")
        audio = {"input": {"transcription": {"model": "whisper-1"}, "format": {"type": "audio/pcmu"}}}
        update = {"type": "session.update", "session": {"type": "transcription", "audio": audio}}
        await socket.send(json.dumps(update))
        assert (await events_until(socket, "session.updated"))[-1]["session"]["audio"]["input"]["format"] == {
            "type": "audio/pcmu"
        }
        await socket.send(append(encoded(SPOKEN, PcmuFormat())))
        done = "conversation.item.input_audio_transcription.completed"
        names = [event["type"] for event in await events_until(socket, done)]
        assert not [name for name in names if name.startswith("response.")]
        assert names.index("input_audio_buffer.committed") < names.index("conversation.item.done")
        await socket.send(json.dumps({"type": "response.create"}))
        assert (await events_until(socket, "error"))[-1]["error"]["code"] == "invalid_value"


async def test_a_secret_for_words_only_makes_sessions_for_words_only():
    async with serving(key="the-key") as server:
        session = {"type": "transcription", "audio": {"input": {"turn_detection": None}}}
        headers = {"Authorization": "Bearer the-key"}
        async with httpx.AsyncClient(headers=headers, trust_env=False) as client:
            made = (await client.post(f"{server.url}/realtime/client_secrets", json={"session": session})).json()
        assert made["session"]["type"] == "transcription"
        headers = {"Authorization": f"Bearer {made['value']}"}
        address = server.url.replace("http", "ws", 1) + "/realtime"
        async with websockets.connect(address, additional_headers=headers) as socket:
            created = (await events_until(socket, "session.created"))[-1]["session"]
        assert created["type"] == "transcription"
        assert created["audio"]["input"]["turn_detection"] is None


async def test_a_telephone_holds_a_conversation():
    async with serving() as server, server.connect() as socket:
        telephone = {"format": {"type": "audio/pcmu"}}
        session = {"type": "realtime", "audio": {"input": telephone, "output": telephone}}
        await socket.send(json.dumps({"type": "session.update", "session": session}))
        await socket.send(append(encoded(SPOKEN, PcmuFormat())))
        events = await events_until(socket, "response.done")
        sound = b"".join(
            base64.b64decode(event["delta"]) for event in events if event["type"] == "response.output_audio.delta"
        )
        item_id = events[-1]["response"]["output"][0]["id"]
        await socket.send(json.dumps({"type": "conversation.item.retrieve", "item_id": item_id}))
        kept = (await events_until(socket, "conversation.item.retrieved"))[-1]["item"]["content"][0]["audio"]
        assert abs(len(base64.b64decode(kept)) - len(sound)) <= 1
        assert len(sound) > 8_000


async def test_who_sends_too_much_at_once_is_told_so_and_goes_on():
    async with serving() as server, server.connect(max_size=None) as socket:
        await socket.send(append(bytes(MAX_APPEND_BYTES + 2)))
        assert "15 MiB" in (await events_until(socket, "error"))[-1]["error"]["message"]
        await socket.send(append(SPOKEN))
        assert (await events_until(socket, "response.done"))[-1]["response"]["status"] == "completed"


async def test_a_voice_that_is_only_a_hum_opens_no_turn():
    async with serving() as server, server.connect() as socket:
        sound = np.clip(hum()[: 24_000 * 8], -32768, 32767).astype("<i2").tobytes()
        await socket.send(append(sound + SPOKEN))
        events = await events_until(socket, "input_audio_buffer.speech_started")
        assert events[-1]["audio_start_ms"] >= 8_000


async def test_a_request_that_is_no_upgrade_is_told_so():
    async with serving() as server, httpx.AsyncClient(base_url=server.origin, trust_env=False) as client:
        answer = await client.get("/v1/realtime?model=any")
        assert (answer.status_code, answer.headers["upgrade"]) == (426, "websocket")
        error = answer.json()["error"]
        assert error["code"] == "upgrade_required"
        assert "ws://" in error["message"]
        assert (await client.post("/v1/realtime")).status_code == 405
    async with serving(key="k") as server, httpx.AsyncClient(base_url=server.origin, trust_env=False) as client:
        assert (await client.get("/v1/realtime")).status_code == 401


@pytest.mark.parametrize("gone", [OSError, RuntimeError])
async def test_a_client_that_cannot_be_told_anything_has_left(gone, caplog):
    metrics = Metrics()
    sessions = Sessions(meter=metrics, phase=Phase.READY)
    goes = asyncio.Event()
    accepted = []

    async def receive() -> dict[str, Any]:
        if not accepted:
            return {"type": "websocket.connect"}
        await goes.wait()
        return {"type": "websocket.disconnect", "code": 1006}

    async def send(message: dict[str, Any]) -> None:
        accepted.append(message["type"])
        if message["type"] == "websocket.send":
            goes.set()
            raise gone("no route")

    await _held(Service(scripted_engines(), None, sessions, metrics), receive, send)
    assert accepted == ["websocket.accept", "websocket.send"]
    assert sessions.count == 0
    assert caplog.records == []


async def test_a_client_that_goes_before_it_is_taken_has_left():
    metrics = Metrics()
    sessions = Sessions(meter=metrics, phase=Phase.READY)

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(_message: dict[str, Any]) -> None:
        raise OSError("no route")

    await _held(Service(scripted_engines(), None, sessions, metrics), receive, send)
    assert sessions.count == 0
    figures = metrics.answer(Request({"type": "http", "headers": []})).body
    assert b'realtime_chat_sessions_ended_total{ending="left"} 1.0' in bytes(figures)


async def _held(service: Service, receive: Receive, send: Send) -> None:
    scope = {
        "type": "websocket",
        "path": "/v1/realtime",
        "headers": [(b"host", b"127.0.0.1")],
        "query_string": b"",
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "scheme": "ws",
        "subprotocols": [],
    }
    before = asyncio.all_tasks()
    async with asyncio.timeout(60):
        await RealtimeEndpoint(service)(scope, receive, send)
    assert asyncio.all_tasks() == before
