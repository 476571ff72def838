"""What Prometheus is told, after real sessions."""

from __future__ import annotations

import base64
import json

import httpx
import pytest
import websockets
from prometheus_client.parser import text_string_to_metric_families
from serving_loop import ask, events_until, left, serving
from synthetic_voice import silence, voice

from realtime_chat.server.limits import Limits

KEY = "the-key-of-this-server"
HEADERS = {"Authorization": f"Bearer {KEY}"}


async def figures(origin: str, **headers: str) -> dict[tuple[str, ...], float]:
    """Every figure by its name and the values of its labels."""
    async with httpx.AsyncClient(headers=HEADERS | headers, trust_env=False) as client:
        answer = await client.get(f"{origin}/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {(it.name, *it.labels.values()): it.value for family in families for it in family.samples}


async def test_sessions_answers_stages_and_errors():
    async with serving(key=KEY) as server:
        before = await figures(server.origin)
        assert before["realtime_chat_sessions_open",] == before["realtime_chat_sessions_total",] == 0
        assert before["realtime_chat_stage_seconds_count", "turn_end_to_audio"] == 0
        async with server.connect(additional_headers=HEADERS) as socket:
            await ask(socket)
            await events_until(socket, "response.done")
            audio = base64.b64encode(silence(500) + voice(1_000) + silence(900)).decode()
            await socket.send(json.dumps({"type": "input_audio_buffer.append", "audio": audio}))
            await events_until(socket, "response.done")
            await socket.send("nonsense")
            await events_until(socket, "error")
            during = await figures(server.origin)
            assert during["realtime_chat_sessions_open",] == 1
        async with server.connect(additional_headers=HEADERS):
            pass
        with pytest.raises(websockets.InvalidStatus):
            async with server.connect():
                pass
        await left(server, 0)
        after = await figures(server.origin)
    assert after["realtime_chat_sessions_open",] == 0
    assert after["realtime_chat_sessions_total",] == 2
    assert after["realtime_chat_sessions_ended_total", "left"] == 2
    assert after["realtime_chat_sessions_refused_total", "access"] == 1
    assert after["realtime_chat_responses_total", "completed"] == 2
    assert after["realtime_chat_errors_total", "invalid_json"] == 1
    for stage in ("first_text", "turn_end_to_text", "turn_end_to_audio"):
        assert after["realtime_chat_stage_seconds_count", stage] == 2
        assert after["realtime_chat_stage_seconds_sum", stage] > 0
    assert after["realtime_chat_stage_seconds_count", "recognition"] >= 1
    assert after["realtime_chat_stage_seconds_count", "first_sound"] >= 2


async def test_refusals_have_reasons():
    async with serving(limits=Limits(sessions=1)) as server:
        async with server.connect():
            for _ in range(3):
                with pytest.raises(websockets.InvalidStatus):
                    async with server.connect():
                        pass
        assert (await figures(server.origin))["realtime_chat_sessions_refused_total", "too_many_sessions"] == 3


async def test_the_newer_format_too():
    async with serving() as server, httpx.AsyncClient(trust_env=False) as client:
        wanted = {"Accept": "application/openmetrics-text; version=1.0.0"}
        answer = await client.get(f"{server.origin}/metrics", headers=wanted)
        assert answer.headers["content-type"].startswith("application/openmetrics-text")
        assert answer.text.endswith("# EOF\n")


async def test_figures_are_for_those_who_know_the_key():
    async with serving(key=KEY) as server, httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{server.origin}/metrics")).status_code == 401
