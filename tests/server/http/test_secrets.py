"""Ephemeral keys over real sockets."""

from __future__ import annotations

import json
import time

import httpx
import pytest
import websockets
from openai import AsyncOpenAI
from openai.types.realtime import ClientSecretCreateResponse
from serving_loop import events_until, serving

from realtime_chat.server import client_secrets
from realtime_chat.server.http import secrets as route

KEY = "the-key-of-this-server"
HEADERS = {"Authorization": f"Bearer {KEY}"}
OBJECT = {"realtime": "session", "transcription": "transcription_session"}


async def minted(url: str, body: object) -> httpx.Response:
    async with httpx.AsyncClient(headers=HEADERS, trust_env=False) as client:
        return await client.post(f"{url}/realtime/client_secrets", json=body)


async def test_a_page_with_a_secret_holds_sessions_as_it_was_told():
    async with serving(key=KEY) as server:
        detection = {"type": "semantic_vad", "eagerness": "high"}
        session = {
            "type": "realtime",
            "instructions": "Be brief.",
            "audio": {"input": {"turn_detection": detection}, "output": {"speed": 1.25}},
        }
        answer = await minted(
            server.url, {"session": session, "expires_after": {"anchor": "created_at", "seconds": 60}}
        )
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        made = ClientSecretCreateResponse.model_validate_json(answer.content, strict=True)
        assert made.value.startswith("ek_")
        assert 50 < made.expires_at - time.time() <= 60
        assert made.session.instructions == "Be brief."
        assert made.session.expires_at == 0
        offered = ["realtime", f"openai-insecure-api-key.{made.value}"]
        for _ in range(2):
            async with server.connect(subprotocols=offered, origin="https://elsewhere.example") as socket:
                created = (await events_until(socket, "session.created"))[-1]["session"]
                assert created["instructions"] == "Be brief."
                assert created["audio"]["input"]["turn_detection"]["eagerness"] == "high"
                assert created["audio"]["output"]["speed"] == 1.25
                assert created["expires_at"] > time.time()
                await socket.send(json.dumps({"type": "session.update", "session": {"type": "realtime", "tools": []}}))
                updated = (await events_until(socket, "session.updated"))[-1]["session"]
                assert updated["instructions"] == "Be brief."


@pytest.mark.parametrize("kind", ["realtime", "transcription"])
async def test_what_only_the_server_knows_nobody_can_say(kind):
    claim = {"type": kind, "id": "sess_mine", "object": "mine", "expires_at": 1, "include": []}
    async with serving(key=KEY) as server:
        made = (await minted(server.url, {"session": claim})).json()
        assert made["session"]["id"].startswith("sess_")
        assert (made["session"]["object"], made["session"]["expires_at"]) == (f"realtime.{OBJECT[kind]}", 0)
        headers = {"Authorization": f"Bearer {made['value']}"}
        async with server.connect(additional_headers=headers) as socket:
            created = (await events_until(socket, "session.created"))[-1]["session"]
            await socket.send(json.dumps({"type": "session.update", "session": claim}))
            updated = (await events_until(socket, "session.updated"))[-1]["session"]
        for session in (created, updated):
            assert session["id"] not in ("sess_mine", made["session"]["id"])
            assert session["object"] == f"realtime.{OBJECT[kind]}"
            assert session["expires_at"] > time.time()
        assert created["id"] == updated["id"]


async def test_one_session_s_changes_are_not_the_next_one_s():
    async with serving(key=KEY) as server:
        made = (await minted(server.url, {"session": {"type": "realtime", "instructions": "Be brief."}})).json()
        headers = {"Authorization": f"Bearer {made['value']}"}
        async with server.connect(additional_headers=headers) as socket:
            change = {"type": "realtime", "instructions": "Be rude.", "output_modalities": ["text"]}
            await socket.send(json.dumps({"type": "session.update", "session": change}))
            await events_until(socket, "session.updated")
        async with server.connect(additional_headers=headers) as socket:
            created = (await events_until(socket, "session.created"))[-1]["session"]
            assert (created["instructions"], created["output_modalities"]) == ("Be brief.", ["audio"])


async def test_the_official_sdk_makes_one_that_says_nothing():
    async with serving(key=KEY) as server, AsyncOpenAI(api_key=KEY, base_url=server.url) as client:
        made = await client.realtime.client_secrets.create()
        assert 590 < made.expires_at - time.time() <= 600
        async with (
            AsyncOpenAI(api_key=made.value, base_url=server.url) as page,
            page.realtime.connect(model="any") as connection,
        ):
            assert (await connection.recv()).type == "session.created"


async def test_a_session_outlives_the_secret_that_began_it(monkeypatch):
    now = time.time()
    async with serving(key=KEY) as server:
        made = (await minted(server.url, {"expires_after": {"seconds": 10}})).json()
        headers = {"Authorization": f"Bearer {made['value']}"}
        async with server.connect(additional_headers=headers) as socket:
            await events_until(socket, "session.created")
            monkeypatch.setattr(time, "time", lambda: now + 11)
            with pytest.raises(websockets.InvalidStatus) as refused:
                async with server.connect(additional_headers=headers):
                    pass
            assert refused.value.response.status_code == 401
            await socket.send('{"type": "input_audio_buffer.clear"}')
            await events_until(socket, "input_audio_buffer.cleared")


async def test_a_secret_opens_nothing_but_sessions():
    async with serving(key=KEY) as server:
        made = (await minted(server.url, {})).json()
        headers = {"Authorization": f"Bearer {made['value']}"}
        async with httpx.AsyncClient(headers=headers, trust_env=False) as client:
            assert (await client.post(f"{server.url}/realtime/client_secrets", json={})).status_code == 401
            assert (await client.get(f"{server.url}/models")).status_code == 401


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ([], "invalid_value", None),
        ({"expires_after": {"seconds": 9}}, "invalid_value", "expires_after.seconds"),
        ({"expires_after": {"seconds": 7_201}}, "invalid_value", "expires_after.seconds"),
        ({"expires_after": {"anchor": "yesterday"}}, "invalid_value", "expires_after.anchor"),
        ({"expires_after": {"second": 600}}, "unknown_parameter", "expires_after.second"),
        ({"expires": 600}, "unknown_parameter", "expires"),
        ({"session": {"type": "nonsense"}}, "invalid_value", "session.type"),
        ({"session": {"instructions": "x"}}, "missing_required_parameter", "session.type"),
        ({"session": {"type": "realtime", "instuctions": "x"}}, "unknown_parameter", "session.instuctions"),
        ({"session": {"type": "realtime", "temperature": 1}}, "unknown_parameter", "session.temperature"),
        (
            {"session": {"type": "realtime", "audio": {"output": {"speed": 9}}}},
            "invalid_value",
            "session.audio.output.speed",
        ),
    ],
)
async def test_what_is_no_request(body, code, param):
    async with serving(key=KEY) as server:
        answer = await minted(server.url, body)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["param"]) == (400, code, param)


@pytest.mark.parametrize("body", [b"{", b'{"session": {"type": "\xff"}}', b'{"x": ' + b"[" * 100_000])
async def test_what_is_no_json(body):
    async with serving(key=KEY) as server, httpx.AsyncClient(headers=HEADERS, trust_env=False) as client:
        answer = await client.post(f"{server.url}/realtime/client_secrets", content=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_json")


@pytest.mark.parametrize(("depth", "status"), [(150, 200), (190, 200), (200, 400), (400, 400), (900, 400), (980, 400)])
@pytest.mark.parametrize("brackets", ["[]", '{"a":1}'])
async def test_what_is_nested_too_deeply(depth, status, brackets):
    opening, closing = ("[", "]") if brackets == "[]" else ('{"a":', "}")
    deep = opening * depth + "1" + closing * depth
    body = f'{{"session": {{"type": "realtime", "tracing": {{"metadata": {deep}}}}}}}'
    async with serving(key=KEY) as server, httpx.AsyncClient(headers=HEADERS, trust_env=False) as client:
        answer = await client.post(f"{server.url}/realtime/client_secrets", content=body)
        assert answer.status_code == status
        if status == 400:
            assert answer.json()["error"]["code"] == "invalid_json"
            return
        headers = {"Authorization": f"Bearer {answer.json()['value']}"}
        async with server.connect(additional_headers=headers) as socket:
            assert (await events_until(socket, "session.created"))[-1]["session"]["tracing"]


async def test_too_long_and_too_many(monkeypatch):
    async with serving(key=KEY) as server:
        answer = await minted(server.url, {"session": {"type": "realtime", "instructions": "x" * route.MAX_BODY}})
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")
    monkeypatch.setattr(client_secrets.ClientSecrets.__init__, "__defaults__", (2, 10**9))
    async with serving(key=KEY) as server:
        answers = [await minted(server.url, {}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[-1].json()["error"]["code"] == "too_many_client_secrets"
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 600
