"""A session between a socket and engines, both in memory."""

from __future__ import annotations

import asyncio
import base64
import gc
import itertools
import json
import threading

import pytest
from synthetic_voice import silence, voice

from realtime_chat.protocol import client_events as c
from realtime_chat.protocol import items, sessions
from realtime_chat.protocol.codec import MAX_EVENT, encode
from realtime_chat.protocol.dialects.server_end import ServerEnd
from realtime_chat.protocol.item_events import ItemRetrieved
from realtime_chat.protocol.responses import ResponseParams
from realtime_chat.server import runner
from realtime_chat.server.conversation import Conversation
from realtime_chat.server.defaults import default_session
from realtime_chat.server.detection import LEAST_IDLE_MS
from realtime_chat.server.engines.engine_set import EngineSet, Lazy
from realtime_chat.server.engines.errors import EngineError, EngineRefused
from realtime_chat.server.engines.scripted import ScriptedHearing, ScriptedSpeaking, ScriptedThinking
from realtime_chat.server.engines.seam import TokenUsage
from realtime_chat.server.entry import Entry
from realtime_chat.server.runner import PIECE_BYTES, SessionExpired, SessionRunner, SlowClient, pieces


class MemorySocket:
    """A client in memory: what it sends is put into ``incoming``; what it gets comes out of ``outgoing``."""

    def __init__(self, room: int = 0) -> None:
        self.incoming: asyncio.Queue[str | None] = asyncio.Queue()
        self.outgoing: asyncio.Queue[str] = asyncio.Queue(room)

    async def receive(self) -> str | None:
        return await self.incoming.get()

    async def send(self, frame: str) -> None:
        await self.outgoing.put(frame)

    def put(self, *events) -> None:
        for event in events:
            self.incoming.put_nowait(encode(event))

    async def until(self, name: str) -> dict:
        while True:
            event = json.loads(await asyncio.wait_for(self.outgoing.get(), 30))
            if event["type"] == name:
                return event


def engines(hearing=ScriptedHearing, thinking=ScriptedThinking, speaking=ScriptedSpeaking) -> EngineSet:
    return EngineSet("scripted", hearing, thinking, speaking)


def session_over(socket: MemorySocket, engine_set: EngineSet) -> SessionRunner:
    numbers = itertools.count()
    conversation = Conversation(default_session("sess", "m", "alloy", 0), lambda prefix: f"{prefix}_{next(numbers)}")
    return SessionRunner(socket, conversation, engine_set)


def say(text: str) -> c.ItemCreate:
    return c.ItemCreate(item=items.MessageItem(role="user", content=[items.InputText(text=text)]))


def manual(**fields) -> c.SessionUpdate:
    audio = sessions.AudioConfig(input=sessions.InputConfig(turn_detection=None, **fields))
    return c.SessionUpdate(session=sessions.RealtimeSession(audio=audio))


async def run(socket: MemorySocket, engine_set: EngineSet, *events, until: str = "response.done") -> dict:
    """Run a session on these events until one comes back; then the client leaves."""
    async with asyncio.TaskGroup() as group:
        group.create_task(session_over(socket, engine_set).run())
        socket.put(*events)
        event = await socket.until(until)
        socket.incoming.put_nowait(None)
    return event


async def test_a_spoken_turn():
    append = c.InputAudioBufferAppend(audio=silence(300) + voice(800) + silence(400))
    done = await run(MemorySocket(), engines(), manual(), append, c.InputAudioBufferCommit(), c.ResponseCreate())
    assert done["response"]["status"] == "completed"
    assert done["response"]["output"][0]["content"][0]["transcript"].startswith("You said: I heard")


class Broken:
    voices = ("none",)

    async def transcribe(self, speech):
        raise EngineError("hearing", "out of order")

    async def prepare(self, messages, *, tools=None):
        raise EngineError("thinking", "out of order")

    async def answer(self, messages, *, max_tokens=None, tools=None):
        raise EngineError("thinking", "out of order")
        yield

    async def speak(self, text, *, voice="", speed=1.0):
        raise EngineError("speaking", "out of order")
        yield


class Buggy(Broken):
    async def answer(self, messages, *, max_tokens=None, tools=None):
        yield "Hello"
        raise ZeroDivisionError

    async def speak(self, text, *, voice="", speed=1.0):
        raise ZeroDivisionError
        yield


@pytest.mark.parametrize("engine", ["thinking", "speaking"])
@pytest.mark.parametrize(("broken", "reason"), [(Broken, "out of order"), (Buggy, "broke")])
async def test_an_engine_that_fails_is_a_failed_response(engine, broken, reason):
    done = await run(MemorySocket(), engines(**{engine: broken}), manual(), say("Hello"), c.ResponseCreate())
    assert done["response"]["status"] == "failed"
    assert reason in done["response"]["status_details"]["error"]["message"]


class Spent(Broken):
    async def answer(self, messages, *, max_tokens=None, tools=None):
        raise EngineRefused("thinking", "it allows no more requests", 429, "insufficient_quota")
        yield


class Filtered(Broken):
    async def answer(self, messages, *, max_tokens=None, tools=None):
        yield "Hello"
        yield TokenUsage(1, 0, 1, was_filtered=True)


async def test_an_account_with_nothing_left_is_told_by_its_code():
    done = await run(MemorySocket(), engines(thinking=Spent), manual(), say("Hello"), c.ResponseCreate())
    error = done["response"]["status_details"]["error"]
    assert (error["type"], error["code"]) == ("insufficient_quota", "insufficient_quota")
    assert "no more requests" in error["message"]


async def test_an_answer_that_a_filter_stopped_is_incomplete():
    params = ResponseParams(output_modalities=["text"])
    create = c.ResponseCreate(response=params)
    done = await run(MemorySocket(), engines(thinking=Filtered), manual(), say("Hello"), create)
    assert done["response"]["status"] == "incomplete"
    assert done["response"]["status_details"] == {"type": "incomplete", "reason": "content_filter"}
    assert done["response"]["output"][0]["content"][0]["text"] == "Hello"


async def test_an_engine_that_cannot_hear_is_a_failed_transcription():
    append = c.InputAudioBufferAppend(audio=silence(300) + voice(800))
    failed = await run(
        MemorySocket(),
        engines(hearing=Broken),
        manual(transcription=sessions.Transcription(model="any")),
        append,
        c.InputAudioBufferCommit(),
        until="conversation.item.input_audio_transcription.failed",
    )
    assert "out of order" in failed["error"]["message"]


DEEP = {
    "session.updated": '{"type": "session.update", "session": {"type": "realtime", "tracing": {"metadata": DEEP}}}',
    "conversation.item.done": (
        '{"type": "conversation.item.create", '
        '"item": {"type": "mcp_list_tools", "server_label": "x", "tools": '
        '[{"name": "a", "description": "", "input_schema": {"const": DEEP}}]}}'
    ),
}


@pytest.mark.parametrize("taken", DEEP)
async def test_no_depth_ends_a_session(taken):
    socket = MemorySocket()
    async with asyncio.TaskGroup() as group:
        group.create_task(session_over(socket, engines()).run())
        answers = {}
        for depth in (*range(150, 250, 10), *range(300, 900, 100), *range(900, 1_100), 100_000):
            socket.incoming.put_nowait(DEEP[taken].replace("DEEP", "[" * depth + "]" * depth))
            socket.put(c.InputAudioBufferClear())
            told = []
            while not told or told[-1]["type"] != "input_audio_buffer.cleared":
                told.append(json.loads(await asyncio.wait_for(socket.outgoing.get(), 30)))
            answers[depth] = told[-2]["error"]["code"] if told[-2]["type"] == "error" else told[-2]["type"]
        socket.incoming.put_nowait(None)
    assert {depth: taken if depth < 200 else "invalid_json" for depth in answers} == answers


async def test_an_engine_that_cannot_be_loaded_is_tried_again():
    tries = itertools.count(1)

    def load() -> str:
        if next(tries) == 1:
            raise EngineError("thinking", "no model")
        return "loaded"

    lazy = Lazy(load)
    with pytest.raises(EngineError):
        await lazy()
    assert await lazy() == "loaded"
    assert await lazy() == "loaded"
    assert next(tries) == 3


async def test_an_answer_is_stopped_when_it_is_cancelled():
    socket = MemorySocket()
    async with asyncio.TaskGroup() as group:
        group.create_task(session_over(socket, engines(thinking=lambda: ScriptedThinking(delay=0.01))).run())
        socket.put(manual(), say("a long story"), c.ResponseCreate())
        await socket.until("response.output_audio.delta")
        socket.put(c.ResponseCancel())
        assert (await socket.until("response.done"))["response"]["status"] == "cancelled"
        socket.put(say("short"), c.ResponseCreate())
        assert (await socket.until("response.done"))["response"]["status"] == "completed"
        socket.incoming.put_nowait(None)


async def test_a_client_that_reads_nothing_is_let_go(monkeypatch):
    monkeypatch.setattr(runner, "MAX_UNSENT", 50)
    socket = MemorySocket(room=1)
    socket.put(*[c.InputAudioBufferClear()] * 200)
    with pytest.raises(SlowClient):
        await session_over(socket, engines()).run()


async def test_a_client_that_leaves_in_mid_answer_leaves_no_task():
    socket = MemorySocket()
    async with asyncio.TaskGroup() as group:
        session = group.create_task(session_over(socket, engines(thinking=lambda: ScriptedThinking(delay=0.01))).run())
        socket.put(manual(), say("a long story"), c.ResponseCreate())
        await socket.until("response.output_audio.delta")
        socket.incoming.put_nowait(None)
        await session
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize(("seconds", "minutes"), [(0, "0"), (0.03, "0.0005")])
async def test_a_session_ends_when_its_time_is_over(seconds, minutes):
    socket = MemorySocket()
    conversation = Conversation(default_session("sess", "m", "alloy", 0), lambda prefix: f"{prefix}_1")
    reason = f"Your session hit the maximum duration of {minutes} minutes."
    with pytest.raises(SessionExpired, match=reason):
        await SessionRunner(socket, conversation, engines(), seconds=seconds).run()
    error = (await socket.until("error"))["error"]
    assert (error["code"], error["message"]) == ("session_expired", reason)


async def test_the_model_breaks_a_silence_that_lasts():
    socket = MemorySocket()
    detection = sessions.ServerVad(idle_timeout_ms=LEAST_IDLE_MS)
    update = sessions.RealtimeSession(
        output_modalities=["text"], audio=sessions.AudioConfig(input=sessions.InputConfig(turn_detection=detection))
    )
    async with asyncio.TaskGroup() as group:
        session = group.create_task(session_over(socket, engines()).run())
        socket.put(c.SessionUpdate(session=update), say("Hello"), c.ResponseCreate())
        await socket.until("response.done")
        await socket.until("input_audio_buffer.timeout_triggered")
        assert (await socket.until("response.done"))["response"]["status"] == "completed"
        socket.incoming.put_nowait(None)
        await session
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_long_sound_is_heard_piece_by_piece():
    sound = voice(1_010)
    cut = list(pieces(c.InputAudioBufferAppend(audio=sound, event_id="mine")))
    assert b"".join(piece.audio for piece in cut) == sound
    assert {piece.event_id for piece in cut} == {"mine"}
    assert max(len(piece.audio) for piece in cut) == PIECE_BYTES
    whole = c.InputAudioBufferAppend(audio=sound[:PIECE_BYTES])
    assert list(pieces(whole)) == [whole]


@pytest.mark.parametrize(
    ("refused", "code"), [(silence(290_000), "input_audio_buffer_full"), (bytes(20_001), "invalid_value")]
)
async def test_long_sound_is_taken_whole_or_not_at_all(refused, code):
    socket = MemorySocket()
    async with asyncio.TaskGroup() as group:
        group.create_task(session_over(socket, engines()).run())
        socket.put(manual(), c.InputAudioBufferAppend(audio=silence(290_000)))
        socket.put(c.InputAudioBufferAppend(audio=silence(100_000)), c.InputAudioBufferAppend(audio=refused))
        socket.put(c.InputAudioBufferCommit(), c.InputAudioBufferClear())
        assert (await socket.until("error"))["error"]["code"] == code
        item_id = (await socket.until("input_audio_buffer.committed"))["item_id"]
        socket.put(c.ItemTruncate(item_id=item_id, content_index=0, audio_end_ms=0), c.ItemDelete(item_id=item_id))
        await socket.until("conversation.item.deleted")
        socket.incoming.put_nowait(None)


async def test_an_answer_that_there_is_none_for_costs_no_sound():
    detection = sessions.ServerVad(interrupt_response=False)
    config = sessions.AudioConfig(input=sessions.InputConfig(turn_detection=detection))
    socket = MemorySocket()
    async with asyncio.TaskGroup() as group:
        group.create_task(session_over(socket, engines(thinking=lambda: ScriptedThinking(delay=30))).run())
        socket.put(c.SessionUpdate(session=sessions.RealtimeSession(audio=config)), say("Hello"), c.ResponseCreate())
        turn = silence(600) + voice(800) + silence(900)
        socket.put(c.InputAudioBufferAppend(audio=turn * 2))
        for _ in range(2):
            await socket.until("input_audio_buffer.committed")
            error = (await socket.until("error"))["error"]
            assert error["code"] == "conversation_already_has_active_response"
        socket.incoming.put_nowait(None)


async def test_events_that_take_long_keep_no_other_session_waiting(monkeypatch):
    monkeypatch.setattr(runner, "SLICE_SECONDS", 0.0)  # whatever an event takes here is long
    busy, other = MemorySocket(), MemorySocket()
    async with asyncio.TaskGroup() as group:
        for socket in (busy, other):
            group.create_task(session_over(socket, engines()).run())
        await asyncio.sleep(0)
        busy.put(*[c.InputAudioBufferClear()] * 100)
        await busy.until("input_audio_buffer.cleared")
        other.put(c.InputAudioBufferClear())
        await other.until("input_audio_buffer.cleared")
        assert busy.outgoing.qsize() < 20  # of a hundred
        for socket in (busy, other):
            socket.incoming.put_nowait(None)


async def test_a_frame_that_takes_long_to_be_read_keeps_no_other_session_waiting(monkeypatch):
    go_on = threading.Event()
    read = ServerEnd.read

    def slow(end, frame):
        if len(frame) > MAX_EVENT:
            assert go_on.wait(60)
        return read(end, frame)

    monkeypatch.setattr(ServerEnd, "read", slow)
    sound = items.InputAudio(audio=silence(20_000))
    busy, other = MemorySocket(), MemorySocket()
    async with asyncio.TaskGroup() as group:
        for socket in (busy, other):
            group.create_task(session_over(socket, engines()).run())
        busy.put(c.ItemCreate(item=items.MessageItem(role="user", content=[sound])), c.InputAudioBufferClear())
        other.put(c.InputAudioBufferClear())
        await other.until("input_audio_buffer.cleared")
        go_on.set()
        await busy.until("conversation.item.added")
        await busy.until("input_audio_buffer.cleared")
        for socket in (busy, other):
            socket.incoming.put_nowait(None)


async def test_long_sound_keeps_no_other_session_waiting():
    busy, other = MemorySocket(), MemorySocket()
    async with asyncio.TaskGroup() as group:
        for socket in (busy, other):
            group.create_task(session_over(socket, engines()).run())
        await asyncio.sleep(0)
        busy.put(manual(), c.InputAudioBufferAppend(audio=silence(20_000)), c.InputAudioBufferClear())
        await busy.until("session.updated")
        other.put(c.InputAudioBufferClear())
        await other.until("input_audio_buffer.cleared")
        assert busy.outgoing.empty()
        await busy.until("input_audio_buffer.cleared")
        for socket in (busy, other):
            socket.incoming.put_nowait(None)


async def test_a_fault_in_long_sound_is_told_once():
    socket = MemorySocket()
    async with asyncio.TaskGroup() as group:
        group.create_task(session_over(socket, engines()).run())
        ten = c.InputAudioBufferAppend(audio=silence(290_000))
        socket.put(manual(), ten, ten, ten, c.InputAudioBufferClear())
        names = []
        while not names or names[-1] != "input_audio_buffer.cleared":
            names.append(json.loads(await asyncio.wait_for(socket.outgoing.get(), 60))["type"])
        socket.incoming.put_nowait(None)
    assert names.count("error") == 1


def sound_item(milliseconds: int, item_id: str = "long") -> c.ItemCreate:
    part = items.InputAudio(audio=silence(milliseconds))
    return c.ItemCreate(item=items.MessageItem(id=item_id, role="user", content=[part]))


async def test_what_a_client_leaves_unread_is_weighed(monkeypatch):
    monkeypatch.setattr(runner, "MAX_UNSENT_BYTES", 5_000_000)
    monkeypatch.setattr(runner, "PATIENCE_SECONDS", 0.0)
    socket = MemorySocket(room=1)
    socket.put(manual(), sound_item(20_000), *[c.ItemRetrieve(item_id="long")] * 10)
    socket.incoming.put_nowait(None)
    with pytest.raises(SlowClient):
        await session_over(socket, engines()).run()


async def test_a_client_that_asks_for_much_and_reads_it_gets_it(monkeypatch):
    monkeypatch.setattr(runner, "MAX_UNSENT_BYTES", 6_000_000)
    socket = MemorySocket(room=1)
    async with asyncio.TaskGroup() as group:
        group.create_task(session_over(socket, engines()).run())
        socket.put(manual(), sound_item(20_000), *[c.ItemRetrieve(item_id="long")] * 10)
        for _ in range(10):
            await socket.until("conversation.item.retrieved")
        socket.incoming.put_nowait(None)


async def test_a_client_in_a_burst_of_events_is_told_in_between(monkeypatch):
    monkeypatch.setattr(runner, "MAX_UNSENT", 50)
    socket = MemorySocket()
    async with asyncio.TaskGroup() as group:
        group.create_task(session_over(socket, engines()).run())
        socket.put(*[c.InputAudioBufferClear()] * 500)
        for _ in range(500):
            await socket.until("input_audio_buffer.cleared")
        socket.incoming.put_nowait(None)


async def test_a_burst_of_events_keeps_no_other_session_waiting():
    busy, other = MemorySocket(), MemorySocket()
    async with asyncio.TaskGroup() as group:
        for socket in (busy, other):
            group.create_task(session_over(socket, engines()).run())
        await asyncio.sleep(0)
        busy.put(*[c.InputAudioBufferClear()] * 1_000)
        await busy.until("input_audio_buffer.cleared")
        other.put(c.InputAudioBufferClear())
        await other.until("input_audio_buffer.cleared")
        assert busy.outgoing.qsize() < 200  # of a thousand
        for socket in (busy, other):
            socket.incoming.put_nowait(None)


def alive(*kinds: type) -> int:
    return sum(isinstance(value, kinds) for value in gc.get_objects())


@pytest.mark.parametrize("leaves", ["by itself", "as too slow"])
async def test_a_session_that_is_over_keeps_no_sound(monkeypatch, leaves):
    if leaves == "as too slow":
        monkeypatch.setattr(runner, "MAX_UNSENT", 20)
        monkeypatch.setattr(runner, "PATIENCE_SECONDS", 0.0)
    gc.collect()
    gc.disable()
    try:
        before, retrieved = alive(Entry), alive(ItemRetrieved)  # of other tests
        socket = MemorySocket(room=1)
        socket.put(manual(), sound_item(1_000))
        part = items.InputAudio(audio=silence(1_000))
        beside = ResponseParams(conversation="none", input=[items.MessageItem(role="user", content=[part])])
        socket.put(c.ResponseCreate(response=beside), c.InputAudioBufferAppend(audio=voice(1_000)))
        if leaves == "as too slow":
            socket.put(*[c.ItemRetrieve(item_id="long")] * 30)
            socket.incoming.put_nowait(None)
            with pytest.raises(SlowClient):
                await session_over(socket, engines()).run()
        else:
            socket.incoming.put_nowait(None)
            await session_over(socket, engines()).run()
        assert alive(Entry) == before
        assert alive(ItemRetrieved) <= retrieved + 1  # the traceback of what ended the session may know the last one
    finally:
        gc.enable()


async def test_sound_that_is_decoded_elsewhere_keeps_its_place_and_nobody_waiting():
    busy, other = MemorySocket(), MemorySocket()
    config = sessions.InputConfig(format=sessions.PcmuFormat(), turn_detection=None)
    telephone = c.SessionUpdate(session=sessions.RealtimeSession(audio=sessions.AudioConfig(input=config)))
    part = items.InputAudio(audio=bytes(8_000 * 60))
    async with asyncio.TaskGroup() as group:
        for socket in (busy, other):
            group.create_task(session_over(socket, engines()).run())
        await asyncio.sleep(0)
        busy.put(telephone)
        await busy.until("session.updated")
        busy.put(c.ItemCreate(item=items.MessageItem(id="a", role="user", content=[part])))
        busy.put(c.ItemRetrieve(item_id="a"))
        other.put(c.InputAudioBufferClear())
        await other.until("input_audio_buffer.cleared")
        assert busy.outgoing.empty()
        item = (await busy.until("conversation.item.retrieved"))["item"]
        assert len(base64.b64decode(item["content"][0]["audio"])) == 8_000 * 60
        for socket in (busy, other):
            socket.incoming.put_nowait(None)
