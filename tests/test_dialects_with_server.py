"""Every dialect over a real socket: our client against our server, and clients that know nothing but the dialect."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
import websockets
from openai import AsyncOpenAI
from openai.types.beta.realtime import RealtimeServerEvent
from pydantic import Discriminator, TypeAdapter
from serving_loop import serving
from serving_thread import run_server
from synthetic_voice import silence, voice

from realtime_chat.audio.gate import VoiceGate
from realtime_chat.audio.hearing import Hearing
from realtime_chat.audio.memory import MemoryMicrophone, MemorySpeaker
from realtime_chat.audio.pace import Pace
from realtime_chat.protocol.dialects.table import DIALECTS
from realtime_chat.server.engines.engine_set import EngineSet
from realtime_chat.server.engines.scripted import ScriptedHearing, ScriptedSpeaking, ScriptedThinking
from realtime_chat.server.engines.seam import ChatMessage, TokenUsage, Toolbox, ToolCall
from realtime_chat.server.process import ServeOptions
from realtime_chat.session.connection import WebSocketConnection, connect
from realtime_chat.session.errors import SessionRejected
from realtime_chat.session.notices import Fault, Interrupted, Notice, Ready, Transcript, Turn
from realtime_chat.session.runner import Conversation
from realtime_chat.session.settings import Settings, TurnMode

SECONDS = 20
WORDS = {
    "ga": {"response.output_audio.delta", "conversation.item.done"},
    "beta": {"response.audio.delta", "conversation.item.created", "conversation.created"},
    "conversation": {"audio", "text", "content_block.delta", "conversation.created"},
}
"""What tells that a dialect was really spoken."""
ASKED = {
    "ga": {"session.update", "conversation.item.create"},
    "beta": {"session.update", "conversation.item.create"},
    "conversation": {"conversation.create", "conversation.item.create", "session.update"},
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    yield from run_server(ServeOptions(port=0, engines="scripted"))


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Every frame that our client sent, and every one that it got, as they were on the wire."""
    sent: list[dict[str, Any]] = []
    got: list[dict[str, Any]] = []
    send, frames = WebSocketConnection.send, WebSocketConnection.__aiter__

    async def sending(self: WebSocketConnection, text: str) -> None:
        sent.append(json.loads(text))
        await send(self, text)

    async def getting(self: WebSocketConnection) -> AsyncIterator[str | bytes]:
        async for frame in frames(self):
            got.append(json.loads(frame))
            yield frame

    monkeypatch.setattr(WebSocketConnection, "send", sending)
    monkeypatch.setattr(WebSocketConnection, "__aiter__", getting)
    return sent, got


class Talk:
    """A conversation under way, and what was told of it."""

    def __init__(self, conversation: Conversation, told: list[Notice], speaker: MemorySpeaker) -> None:
        self.conversation = conversation
        self.told = told
        self.speaker = speaker

    def of(self, kind: type[Any]) -> list[Any]:
        return [notice for notice in self.told if isinstance(notice, kind)]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(SECONDS):
            while True:
                if condition():
                    return
                await asyncio.sleep(0.001)

    async def turns(self, count: int) -> None:
        await self.until(lambda: len(self.of(Turn)) >= count)

    def answer(self) -> str:
        texts = [notice.text for notice in self.of(Transcript) if notice.role == "assistant"]
        return str(texts[-1]) if texts else ""


@asynccontextmanager
async def talking(
    url: str,
    dialect: str,
    settings: Settings,
    *,
    microphone: MemoryMicrophone | None = None,
    pace: Pace = Pace.EAGER,
) -> AsyncIterator[Talk]:
    async with connect(url, dialect=DIALECTS[dialect]) as connection, MemorySpeaker(pace=pace) as speaker:
        told: list[Notice] = []
        hearing = None if microphone is None else Hearing(VoiceGate())
        conversation = Conversation(
            connection, settings, microphone=microphone, hearing=hearing, speaker=speaker, watch=told.append
        )
        talk = Talk(conversation, told, speaker)
        run = asyncio.create_task(conversation.run())
        try:
            await talk.until(lambda: bool(talk.of(Ready)) or run.done())
            yield talk
        finally:
            conversation.quit()
            await run


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_typed_turn(url, dialect, wire):
    async with talking(url, dialect, Settings(modality="text")) as talk:
        talk.conversation.say("Say hello")
        await talk.turns(1)
        assert talk.answer() == "You said: Say hello"
        assert talk.of(Fault) == []
    assert ASKED[dialect] <= {frame["type"] for frame in wire[0]}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("mode", [TurnMode.LOCAL, TurnMode.SERVER])
async def test_a_spoken_turn(url, dialect, mode, wire):
    microphone = MemoryMicrophone()
    settings = Settings(turns=mode, transcribe="scripted", voice="alloy")
    async with talking(url, dialect, settings, microphone=microphone) as talk:
        microphone.feed(silence(1_500) + voice(1_000) + silence(1_500))
        await talk.turns(1)
        assert talk.answer().startswith("You said: I heard")
        assert len(talk.speaker.sounded) > 24_000
        assert any(notice.role == "user" and notice.final for notice in talk.of(Transcript))
        assert talk.of(Fault) == []
    assert WORDS[dialect] <= {frame["type"] for frame in wire[1]}
    others = set().union(*(words for name, words in WORDS.items() if name != dialect)) - WORDS[dialect]
    foreign = others & {frame["type"] for frame in wire[1]}
    assert foreign <= {"conversation.item.done"}  # for which the conversation has no word


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_an_interruption_cuts_the_answer_where_it_was_heard(url, dialect, wire):
    async with talking(url, dialect, Settings(), pace=Pace.STEPPED) as talk:
        talk.conversation.say("Tell me a long story about the sea")
        await talk.until(lambda: talk.answer().endswith("number 6 of a long answer."))
        for _ in range(100):
            talk.speaker.advance(480)
            await asyncio.sleep(0)
        talk.conversation.interrupt()
        await talk.until(lambda: any(frame["type"] == "conversation.item.truncated" for frame in wire[1]))
        assert 0 < talk.of(Interrupted)[0].heard_ms <= 2_000
        talk.conversation.say("And now?")
        await talk.until(lambda: talk.answer() == "You said: And now?")
        assert talk.of(Fault) == []


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_session_that_is_refused(url, dialect):
    with pytest.raises(SessionRejected) as refused:
        async with talking(url, dialect, Settings(speed=9.0)):
            pass
    assert refused.value.code == "invalid_value"


# Clients that were written for the dialect and nothing else


def address(url: str) -> str:
    return url.replace("http://", "ws://") + "/realtime"


async def frames_until(socket: Any, kind: str) -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = []
    async with asyncio.timeout(SECONDS):
        while not frames or frames[-1]["type"] != kind:
            frames.append(json.loads(await socket.recv()))
    return frames


async def test_the_official_beta_client_in_writing_and_aloud(url):
    official = TypeAdapter(Annotated[RealtimeServerEvent, Discriminator("type")])
    async with (
        AsyncOpenAI(api_key="x", base_url=url, websocket_base_url=url.replace("http", "ws", 1)) as client,
        client.beta.realtime.connect(model="any") as connection,
    ):
        seen = []

        async def until(kind: str) -> Any:
            async with asyncio.timeout(SECONDS):
                while True:
                    frame = json.loads(await connection.recv_bytes())
                    frame.get("session", {}).pop("model", None)  # the types know no names but those of their day
                    seen.append(official.validate_python(frame))
                    if seen[-1].type == kind:
                        return seen[-1]

        created = await until("session.created")
        assert created.session.modalities == ["text", "audio"]
        assert created.session.input_audio_format == "pcm16"
        assert (await until("conversation.created")).conversation.id
        await connection.session.update(session={"modalities": ["text"], "temperature": 0.7, "turn_detection": None})
        assert (await until("session.updated")).session.modalities == ["text"]
        content = [{"type": "input_text", "text": "Say hello"}]
        await connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
        await connection.response.create()
        assert (await until("response.text.done")).text == "You said: Say hello"
        done = await until("response.done")
        assert done.response.output[0].content[0].type == "text"
        await connection.response.create(response={"modalities": ["text", "audio"], "voice": "alloy"})
        assert (await until("response.audio_transcript.done")).transcript
        done = await until("response.done")
        assert done.response.output[0].content[0].type == "audio"
        assert done.response.output_audio_format == "pcm16"
        await connection.session.update(session={"speed": 9.0})
        assert (await until("error")).error.param == "session.speed"
    sound = [base64.b64decode(event.delta) for event in seen if event.type == "response.audio.delta"]
    assert len(b"".join(sound)) > 24_000


async def test_a_beta_client_that_says_so_by_its_session_alone(url):
    async with websockets.connect(address(url)) as socket:
        await frames_until(socket, "session.created")
        await socket.send(json.dumps({"type": "session.update", "session": {"modalities": ["text"]}}))
        assert (await frames_until(socket, "session.updated"))[-1]["session"]["modalities"] == ["text"]
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
        await socket.send(json.dumps({"type": "conversation.item.create", "item": item}))
        await frames_until(socket, "conversation.item.created")


WEATHER = {
    "name": "get_weather",
    "description": "Get current weather for a location",
    "parameters": {"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]},
}


async def test_a_client_that_has_read_nothing_but_the_old_text(url):
    async with websockets.connect(address(url)) as socket:

        async def say(kind: str, **data: Any) -> None:
            await socket.send(json.dumps({"type": kind, "data": data}))

        await say("conversation.create", model="gpt-4o-realtime-preview", voice="alloy")
        created = (await frames_until(socket, "conversation.created"))[-1]["data"]
        assert created["voice"] == "alloy"
        await say("conversation.item.create", role="user", content="Say hello")
        frames = await frames_until(socket, "response.done")
        words = [frame["data"]["delta"] for frame in frames if frame["type"] == "content_block.delta"]
        assert "".join(words) == "You said: Say hello"
        assert [frame["data"]["text"] for frame in frames if frame["type"] == "text"] == ["You said: Say hello"]
        sound = b"".join(base64.b64decode(frame["data"]["audio"]) for frame in frames if frame["type"] == "audio")
        assert len(sound) > 24_000


async def test_what_is_refused_is_not_answered_and_stops_no_answer(url):
    async with websockets.connect(address(url)) as socket:

        async def say(kind: str, data: dict[str, Any]) -> None:
            await socket.send(json.dumps({"type": kind, "data": data}))

        await say("conversation.create", {"voice": "alloy", "output_modalities": ["text"]})
        await say("conversation.item.create", {"role": "user", "content": "Tell me a long story about the sea"})
        await frames_until(socket, "response.created")
        await say("conversation.item.create", {"role": "user", "content": [{"type": "bogus"}]})
        await say("conversation.item.create", {"item": {"type": "item_reference"}, "role": "user"})
        frames = await frames_until(socket, "response.done")
        assert frames[-1]["response"]["status"] == "completed"
        await say("function.response", {"id": "nope", "response": {"type": "success", "content": "x"}})
        await say("function.response", {})
        await say("conversation.item.create", {"role": "user", "content": "Say hello"})
        frames += await frames_until(socket, "response.done")
        assert len([frame for frame in frames if frame["type"] == "error"]) == 4
        assert len([frame for frame in frames if frame["type"] == "response.created"]) == 1
        assert [frame["data"]["text"] for frame in frames if frame["type"] == "text"][-1] == "You said: Say hello"


class CallingThinking(ScriptedThinking):
    """Calls each of its tools for two towns, until it gets results; then it says what they are."""

    async def answer(
        self, messages: Sequence[ChatMessage], *, max_tokens: int | None = None, tools: Toolbox | None = None
    ) -> AsyncGenerator[str | ToolCall | TokenUsage, None]:
        results = [message.text for message in messages if message.role == "tool"]
        if results or tools is None:
            yield f"I got {' and '.join(results)}."
        else:
            for tool in tools.tools:
                for town in ("Rome", "Bonn"):
                    yield ToolCall(tool.name, json.dumps({"location": town}))
        yield TokenUsage(1, 0, 1)


def calling() -> EngineSet:
    return EngineSet("calling", ScriptedHearing, CallingThinking, ScriptedSpeaking)


async def test_functions_of_the_old_text_are_called_and_their_results_answered():
    async with serving(calling()) as server, server.connect() as socket:

        async def say(kind: str, **data: Any) -> None:
            await socket.send(json.dumps({"type": kind, "data": data}))

        await say("conversation.create", voice="alloy", output_modalities=["text"])
        await say("available_functions.create", functions=[WEATHER])
        await say("conversation.item.create", role="user", content="What is the weather?")
        frames = await frames_until(socket, "response.done")
        calls = [frame["data"] for frame in frames if frame["type"] == "function.call"]
        assert [(call["name"], call["arguments"]) for call in calls] == [
            ("get_weather", {"location": "Rome"}),
            ("get_weather", {"location": "Bonn"}),
        ]
        for call, degrees in zip(calls, ("21", "12"), strict=True):
            await say("function.response", id=call["id"], response={"type": "success", "content": degrees})
        frames = await frames_until(socket, "response.done")
        assert [frame["data"]["text"] for frame in frames if frame["type"] == "text"] == ["I got 21 and 12."]
        assert [frame for frame in frames if frame["type"] == "error"] == []


@pytest.mark.parametrize("waits", [True, False])
async def test_a_result_that_is_refused_may_be_corrected(waits):
    """Also where the next one was sent before it was known."""
    async with serving(calling()) as server, server.connect() as socket:

        async def say(kind: str, **data: Any) -> None:
            await socket.send(json.dumps({"type": kind, "data": data}))

        await say("conversation.create", voice="alloy", output_modalities=["text"])
        await say("available_functions.create", functions=[WEATHER])
        await say("conversation.item.create", role="user", content="What is the weather?")
        frames = await frames_until(socket, "response.done")
        rome, bonn = (frame["data"]["id"] for frame in frames if frame["type"] == "function.call")
        for _ in range(4):
            await say("conversation.item.create", role="assistant", content="x" * 1_040_000)
        await say("function.response", id=rome, response={"type": "success", "content": "21" * 50_000})
        if not waits:
            await say("function.response", id=bonn, response={"type": "success", "content": "12"})
        error = (await frames_until(socket, "error"))[-1]["error"]
        assert (error["code"], error["event_id"]) == ("conversation_full", None)
        if waits:
            await say("function.response", id=bonn, response={"type": "success", "content": "12"})
        await say("no.such.word")  # what it is told of this comes after what was begun before
        assert "response.created" not in {frame["type"] for frame in await frames_until(socket, "error")}
        await say("function.response", id=rome, response={"type": "success", "content": "21"})
        frames = await frames_until(socket, "response.done")
        assert [frame["data"]["text"] for frame in frames if frame["type"] == "text"] == ["I got 12 and 21."]
        assert [frame for frame in frames if frame["type"] == "error"] == []


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_functions_are_called_in_every_dialect(dialect):
    async with serving(calling()) as server, connect(server.url, dialect=DIALECTS[dialect]) as connection:
        frames = aiter(connection)

        async def events_until(kind: str) -> list[dict[str, Any]]:
            events: list[dict[str, Any]] = []
            async with asyncio.timeout(SECONDS):
                while not events or events[-1]["type"] != kind:
                    events.append(json.loads(await anext(frames)))
            assert "error" not in {event["type"] for event in events}
            return events

        async def say(kind: str, **fields: Any) -> None:
            await connection.send(json.dumps({"type": kind} | fields))

        tools = [{"type": "function"} | WEATHER]
        await say("session.update", session={"type": "realtime", "output_modalities": ["text"], "tools": tools})
        assert (await events_until("session.updated"))[-1]["session"]["tools"] == tools
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Weather?"}]}
        await say("conversation.item.create", item=item)
        await say("response.create")
        events = await events_until("response.done")
        calls = [event for event in events if event["type"] == "response.function_call_arguments.done"]
        assert [json.loads(call["arguments"])["location"] for call in calls] == ["Rome", "Bonn"]
        for call in calls:
            output = {"type": "function_call_output", "call_id": call["call_id"], "output": "mild"}
            await say("conversation.item.create", item=output)
        await say("response.create")
        assert (await events_until("response.output_text.done"))[-1]["text"] == "I got mild and mild."
        await events_until("response.done")
