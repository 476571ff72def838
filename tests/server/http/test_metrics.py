"""What Prometheus is told, after real sessions."""

from __future__ import annotations

import base64
import json

import httpx
import pytest
import websockets
from prometheus_client.parser import text_string_to_metric_families
from serving_loop import ask, events_until, left, serving
from starlette.requests import Request
from synthetic_voice import silence, voice

from realtime_chat.server.http.metrics import Metrics
from realtime_chat.server.limits import Limits
from realtime_chat.server.meter import Drop, Ending, Turn
from realtime_chat.server.runner import SessionRunner

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
            await socket.send('{"type": "input_audio_buffer.append", "audio": "AA=="}')
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
    turns = {turn: after["realtime_chat_turns_total", turn] for turn in Turn}
    assert turns == {Turn.SPOKEN: 1, Turn.TYPED: 1, Turn.IDLE: 0}
    drops = {drop: after["realtime_chat_drops_total", drop] for drop in Drop}
    assert drops == {Drop.UPGRADE: 1, Drop.SESSION: 0, Drop.AUDIO: 1, Drop.REQUEST: 0}
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
        after = await figures(server.origin)
        assert after["realtime_chat_sessions_refused_total", "too_many_sessions"] == 3
        assert after["realtime_chat_drops_total", "upgrade"] == 3


async def test_requests_without_a_place_and_sessions_that_break_are_drops(monkeypatch):
    async def run(_self):
        raise ZeroDivisionError

    monkeypatch.setattr(SessionRunner, "run", run)
    async with serving(limits=Limits(requests=0)) as server, httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{server.url}/audio/speech", json={"input": "Hello"})
        assert answer.status_code == 429
        async with server.connect() as socket:
            await socket.wait_closed()
        await left(server, 0)
        after = await figures(server.origin)
    assert after["realtime_chat_drops_total", "request"] == 1
    assert after["realtime_chat_drops_total", "session"] == after["realtime_chat_sessions_ended_total", "failed"] == 1


@pytest.mark.parametrize(("ending", "count"), [(Ending.SLOW, 1), (Ending.FAILED, 1), (Ending.LEFT, 0)])
def test_who_does_not_read_is_dropped(ending, count):
    metrics = Metrics()
    metrics.began()
    metrics.ended(ending)
    answer = metrics.answer(Request({"type": "http", "headers": []}))
    assert f'realtime_chat_drops_total{{drop="session"}} {count}.0' in bytes(answer.body).decode()


async def test_the_newer_format_too():
    async with serving() as server, httpx.AsyncClient(trust_env=False) as client:
        wanted = {"Accept": "application/openmetrics-text; version=1.0.0"}
        answer = await client.get(f"{server.origin}/metrics", headers=wanted)
        assert answer.headers["content-type"].startswith("application/openmetrics-text")
        assert answer.text.endswith("# EOF\n")


async def test_figures_are_for_those_who_know_the_key():
    async with serving(key=KEY) as server, httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{server.origin}/metrics")).status_code == 401
