"""The application over real sockets, with scripted engines."""

from __future__ import annotations

import asyncio
import base64
import json

import pytest
import websockets
from openai import AsyncOpenAI
from synthetic_voice import silence, voice


def address(url: str) -> str:
    return url.replace("http://", "ws://") + "/realtime?model=mine"


async def events_until(socket, name: str) -> list[dict]:
    events = []
    while not events or events[-1]["type"] != name:
        events.append(json.loads(await asyncio.wait_for(socket.recv(), 30)))
    return events


async def test_a_whole_spoken_turn(scripted_url, key):
    headers = {"Authorization": f"Bearer {key}"}
    async with websockets.connect(address(scripted_url), additional_headers=headers) as socket:
        assert (await events_until(socket, "session.created"))[0]["session"]["model"] == "scripted"
        sound = base64.b64encode(silence(500) + voice(1_000) + silence(900)).decode()
        await socket.send(json.dumps({"type": "input_audio_buffer.append", "audio": sound}))
        events = await events_until(socket, "response.done")
        heard = b"".join(base64.b64decode(e["delta"]) for e in events if e["type"] == "response.output_audio.delta")
        assert len(heard) > 24_000
        assert events[-1]["response"]["output"][0]["content"][0]["transcript"].startswith("You said: I heard")


async def test_the_official_sdk_holds_a_typed_conversation(scripted_url, key):
    client = AsyncOpenAI(api_key=key, base_url=scripted_url)
    async with client.realtime.connect(model="any") as connection:
        await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        content = [{"type": "input_text", "text": "Say hello"}]
        await connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
        await connection.response.create()
        text = ""
        async for event in connection:
            if event.type == "response.output_text.delta":
                text += event.delta
            if event.type == "response.done":
                break
    await client.close()
    assert text == "You said: Say hello"


async def test_a_faster_voice_says_the_same_in_less_time_from_the_next_answer_on(scripted_url, key):
    async def answer(socket) -> int:
        content = [{"type": "input_text", "text": "Say hello"}]
        item = {"type": "message", "role": "user", "content": content}
        await socket.send(json.dumps({"type": "conversation.item.create", "item": item}))
        await socket.send(json.dumps({"type": "response.create"}))
        events = await events_until(socket, "response.done")
        return sum(
            len(base64.b64decode(event["delta"])) // 2
            for event in events
            if event["type"] == "response.output_audio.delta"
        )

    headers = {"Authorization": f"Bearer {key}"}
    async with websockets.connect(address(scripted_url), additional_headers=headers) as socket:
        usual = await answer(socket)
        for speed in (0.25, 1.5):
            session = {"type": "realtime", "audio": {"output": {"speed": speed}}}
            await socket.send(json.dumps({"type": "session.update", "session": session}))
            updated = (await events_until(socket, "session.updated"))[-1]
            assert updated["session"]["audio"]["output"]["speed"] == speed
            assert await answer(socket) == pytest.approx(usual / speed, rel=0.01)
        for wrong in (0.2, 1.6):
            session = {"type": "realtime", "audio": {"output": {"speed": wrong}}}
            await socket.send(json.dumps({"type": "session.update", "session": session}))
            error = (await events_until(socket, "error"))[-1]["error"]
            assert (error["code"], error["param"]) == ("invalid_value", "session.audio.output.speed")
        assert await answer(socket) == pytest.approx(usual / 1.5, rel=0.01)


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 401), ({"Authorization": "Bearer wrong"}, 401), ({"Origin": "https://elsewhere.example"}, 403)],
)
async def test_who_may_not_connect_is_told_at_the_upgrade(scripted_url, headers, status):
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with websockets.connect(address(scripted_url), additional_headers=headers):
            pass
    assert refused.value.response.status_code == status
    assert json.loads(refused.value.response.body)["error"]["message"]


async def test_another_path_is_not_found(scripted_url):
    elsewhere = scripted_url.replace("http://", "ws://").removesuffix("/v1") + "/realtime"
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with websockets.connect(elsewhere):
            pass
    assert refused.value.response.status_code == 404


async def test_a_browser_shows_its_key_as_a_subprotocol(scripted_url, key):
    offered = ["realtime", f"openai-insecure-api-key.{key}"]
    async with websockets.connect(address(scripted_url), subprotocols=offered) as socket:
        assert socket.subprotocol == "realtime"


async def test_nonsense_is_answered_and_the_session_goes_on(scripted_url, key):
    headers = {"Authorization": f"Bearer {key}"}
    async with websockets.connect(address(scripted_url), additional_headers=headers) as socket:
        await events_until(socket, "session.created")
        for nonsense in ("{", "[]", '{"type": "nonsense"}', b"\xff\xfe", '{"type": "input_audio_buffer.append"}'):
            await socket.send(nonsense)
            assert (await events_until(socket, "error"))[-1]["error"]["message"]
        await socket.send('{"type": "input_audio_buffer.clear"}')
        await events_until(socket, "input_audio_buffer.cleared")


async def test_one_client_that_leaves_in_the_middle_disturbs_nobody(scripted_url, key):
    headers = {"Authorization": f"Bearer {key}"}
    say = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a long story"}]}
    async with websockets.connect(address(scripted_url), additional_headers=headers) as stays:
        async with websockets.connect(address(scripted_url), additional_headers=headers) as leaves:
            await leaves.send(json.dumps({"type": "conversation.item.create", "item": say}))
            await leaves.send('{"type": "response.create"}')
            await events_until(leaves, "response.output_audio.delta")
        await stays.send(json.dumps({"type": "conversation.item.create", "item": say}))
        await stays.send('{"type": "response.create"}')
        assert (await events_until(stays, "response.done"))[-1]["response"]["status"] == "completed"
