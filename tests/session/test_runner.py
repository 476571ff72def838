"""A whole `Conversation`: a scripted server at the other end of a connection in memory, sound in memory."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import msgspec
import pytest

from realtime_chat.audio.errors import AudioError, DeviceLost
from realtime_chat.audio.frame import FRAME_BYTES, Frame
from realtime_chat.audio.gate import GateEvent, SpeechStarted, SpeechStopped, Voiced, VoiceGate
from realtime_chat.audio.hearing import Hearing
from realtime_chat.audio.memory import MemoryMicrophone, MemorySpeaker
from realtime_chat.audio.pace import Pace
from realtime_chat.session.errors import ConnectionLost, ServerSilent, SessionRejected
from realtime_chat.session.memory import MemoryConnection, memory_pair
from realtime_chat.session.notices import (
    Cause,
    Closed,
    DeviceChanged,
    Fault,
    Ignored,
    Interrupted,
    Notice,
    Phase,
    PhaseChanged,
    Ready,
    Transcript,
    Turn,
    TurnsChanged,
    VoiceChanged,
)
from realtime_chat.session.outbox import MOST_EVENTS, MOST_SOUND
from realtime_chat.session.runner import Conversation
from realtime_chat.session.settings import Settings, TurnMode

LOUD = b"\x00\x40" * 480
SILENCE = bytes(FRAME_BYTES)


class LevelGate:
    """A gate that opens at the first loud frame and closes at the first silent one."""

    def __init__(self) -> None:
        self._is_open = False

    def push(self, frame: Frame, judged: bytes | None = None) -> list[GateEvent]:
        is_loud = any(frame.pcm)
        events: list[GateEvent] = []
        if is_loud and not self._is_open:
            events.append(SpeechStarted(frame.position))
        if is_loud:
            events.append(Voiced(frame))
        elif self._is_open:
            events.append(SpeechStopped(frame.position))
        self._is_open = is_loud
        return events

    def flush(self) -> list[GateEvent]:
        was_open, self._is_open = self._is_open, False
        return [SpeechStopped(0)] if was_open else []


def level_hearing() -> Hearing:
    return Hearing(cast("VoiceGate", LevelGate()))


class Server:
    """Answers like a Realtime server; `answer_ms` of sound, or text, for each ``response.create``."""

    def __init__(self, wire: MemoryConnection, *, modality: str = "audio", answer_ms: int = 200) -> None:
        self.wire = wire
        self.modality = modality
        self.answer_ms = answer_ms
        self.received: list[dict[str, Any]] = []
        self._responses = 0

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.received]

    def send(self, kind: str, **fields: Any) -> None:
        with suppress(ConnectionLost):
            self.wire.send_raw(json.dumps({"type": kind, "event_id": "e", **fields}))

    async def run(self) -> None:
        self.send("session.created", session={"type": "realtime"})
        with suppress(ConnectionLost):
            async for frame in self.wire:
                event = json.loads(frame)
                self.received.append(event)
                self.take(event)

    def take(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "session.update":
                self.send("session.updated", session={"type": "realtime", "model": "scripted"})
            case "input_audio_buffer.commit":
                self.send("input_audio_buffer.committed", item_id="u1", previous_item_id=None)
                kind = "conversation.item.input_audio_transcription.completed"
                self.send(kind, item_id="u1", content_index=0, transcript="What is the capital of France?")
            case "response.create":
                self.answer()

    def answer(self) -> None:
        self._responses += 1
        response, item = f"r{self._responses}", f"a{self._responses}"
        message = {"type": "message", "id": item, "role": "assistant", "content": []}
        self.send("response.created", response={"id": response, "status": "in_progress"})
        self.send("response.output_item.added", response_id=response, output_index=0, item=message)
        part = {"response_id": response, "item_id": item, "output_index": 0, "content_index": 0}
        if self.modality == "text":
            self.send("response.output_text.delta", **part, delta="Par")
            self.send("response.output_text.delta", **part, delta="is.")
            self.send("response.output_text.done", **part, text="Paris.")
        else:
            self.send("response.output_audio_transcript.delta", **part, delta="Paris.")
            pcm = msgspec.to_builtins(b"\x00\x10" * 24 * self.answer_ms)
            self.send("response.output_audio.delta", **part, delta=pcm)
        self.send("response.output_item.done", response_id=response, output_index=0, item=message)
        usage = {"total_tokens": 3, "input_tokens": 2, "output_tokens": 1}
        self.send("response.done", response={"id": response, "status": "completed", "usage": usage})


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while True:
            if condition():
                return
            await asyncio.sleep(0.001)


class Scene:
    """A conversation under way, and what it told."""

    def __init__(self, conversation: Conversation, server: Server, told: list[Notice]) -> None:
        self.conversation = conversation
        self.server = server
        self.told = told
        self.run: asyncio.Task[Cause] = asyncio.create_task(conversation.run())

    async def until(self, kind: type[Any], where: Callable[[Any], bool] = lambda _: True) -> Any:
        """Wait for a notice, told already or yet to come."""
        async with asyncio.timeout(10):
            while True:
                for notice in self.told:
                    if isinstance(notice, kind) and where(notice):
                        return notice
                if self.run.done():
                    self.run.result()
                    raise AssertionError(f"ended without {kind.__name__}: {self.told}")
                await asyncio.sleep(0.001)

    async def end(self) -> Cause:
        async with asyncio.timeout(10):
            return await self.run

    def of(self, kind: type[Any]) -> list[Any]:
        return [notice for notice in self.told if isinstance(notice, kind)]


@asynccontextmanager
async def scene(
    settings: Settings | None = None,
    *,
    server: type[Server] = Server,
    pace: Pace = Pace.EAGER,
    answer_ms: int = 200,
    **options: Any,
) -> AsyncIterator[Scene]:
    settings = settings or Settings(transcribe="whisper", silence_ms=20)
    client_end, server_end = memory_pair()
    scripted = server(server_end, modality=settings.modality, answer_ms=answer_ms)
    serving = asyncio.create_task(scripted.run())
    told: list[Notice] = []
    async with MemorySpeaker(pace=pace) as speaker:
        if settings.modality == "audio":
            options.setdefault("speaker", speaker)
        under_way = Scene(Conversation(client_end, settings, watch=told.append, **options), scripted, told)
        try:
            yield under_way
        finally:
            if not under_way.run.done():
                under_way.conversation.quit()
            with suppress(Exception, asyncio.CancelledError):
                await under_way.run
            await serving


async def test_a_spoken_turn_from_a_file() -> None:
    microphone = MemoryMicrophone(SILENCE * 5 + LOUD * 10 + SILENCE * 5)
    async with scene(microphone=microphone, hearing=level_hearing()) as under_way:
        assert await under_way.end() is Cause.FINISHED
    assert under_way.server.types[0] == "session.update"
    assert under_way.server.types.count("input_audio_buffer.append") == 10
    assert under_way.server.types[-2:] == ["input_audio_buffer.commit", "response.create"]
    assert under_way.of(Ready) == [Ready("scripted", "")]
    turn = under_way.of(Turn)[0]
    assert turn.usage is not None
    assert turn.usage.total_tokens == 3
    assert turn.voice_to_voice_ms >= turn.turn_end_to_audio_ms >= turn.turn_end_to_text_ms >= 0
    assert [notice.text for notice in under_way.of(Transcript) if notice.role == "user"] == [
        "",
        "What is the capital of France?",
    ]
    assert under_way.of(Transcript)[-1] == Transcript("assistant", "Paris.", True, "a1")
    assert under_way.told[-1] == Closed(Cause.FINISHED)
    assert under_way.conversation.phase is Phase.CLOSED
    assert under_way.conversation.turns == 1


async def test_a_file_without_speech_ends_without_a_turn() -> None:
    async with scene(microphone=MemoryMicrophone(SILENCE * 20), hearing=level_hearing()) as under_way:
        assert await under_way.end() is Cause.FINISHED
    assert under_way.conversation.turns == 0
    assert under_way.server.types == ["session.update"]


async def test_a_file_that_ends_in_mid_word_is_a_turn() -> None:
    async with scene(microphone=MemoryMicrophone(LOUD * 10), hearing=level_hearing()) as under_way:
        await under_way.end()
    assert under_way.conversation.turns == 1


async def test_a_typed_turn() -> None:
    async with scene(Settings(modality="text")) as under_way:
        under_way.conversation.say("What is the capital of France?")  # the session is not ready yet: it waits
        under_way.conversation.finish_when_idle()
        assert await under_way.end() is Cause.FINISHED
    words = [notice.text for notice in under_way.of(Transcript) if notice.role == "assistant"]
    assert words == ["Par", "Paris.", "Paris."]
    assert [notice.phase for notice in under_way.of(PhaseChanged)] == [
        Phase.LISTENING,
        Phase.THINKING,
        Phase.SPEAKING,
        Phase.LISTENING,
        Phase.CLOSED,
    ]


async def test_a_key_stops_the_sound_before_it_returns() -> None:
    async with scene(pace=Pace.REAL_TIME, answer_ms=60_000) as under_way:
        await under_way.until(Ready)
        under_way.conversation.say("Tell me a long story.")
        await under_way.until(PhaseChanged, lambda notice: notice.phase is Phase.SPEAKING)
        assert under_way.conversation.speaker_level > 0
        under_way.conversation.interrupt()
        cut = under_way.of(Interrupted)[0]
        assert 0 < cut.heard_ms < 60_000
        assert under_way.conversation.phase is Phase.LISTENING
        await under_way.until(Turn)
        await eventually(lambda: "conversation.item.truncate" in under_way.server.types)
    truncate = under_way.server.received[under_way.server.types.index("conversation.item.truncate")]
    assert truncate["audio_end_ms"] == cut.heard_ms
    assert under_way.told[-1] == Closed(Cause.QUIT)


@pytest.mark.parametrize("how", ["quit", "cancel", "hang up"])
async def test_an_end_in_mid_answer_keeps_only_what_was_heard(how: str) -> None:
    async with scene(pace=Pace.REAL_TIME, answer_ms=60_000) as under_way:
        await under_way.until(Ready)
        under_way.conversation.say("Tell me a long story.")
        await under_way.until(PhaseChanged, lambda notice: notice.phase is Phase.SPEAKING)
        match how:
            case "quit":
                under_way.conversation.quit()
            case "cancel":
                under_way.run.cancel()
            case _:
                under_way.server.wire.hang_up(1001, "expired")
        with suppress(asyncio.CancelledError, ConnectionLost):
            await under_way.end()
    cut = under_way.of(Interrupted)[0]
    assert 0 < cut.heard_ms < 60_000
    assert under_way.of(Transcript)[-1] == Transcript("assistant", "", True, "a1")
    ends = [type(notice) for notice in under_way.told[under_way.told.index(cut) :]]
    assert [kind for kind in ends if kind is not Turn] == [Interrupted, PhaseChanged, Closed]


class ServerThatTakesTurns(Server):
    """Says itself when the person speaks: from the first loud frame to the first silent one."""

    is_hearing = False

    def take(self, event: dict[str, Any]) -> None:
        super().take(event)
        if event["type"] != "input_audio_buffer.append":
            return
        is_loud = any(msgspec.convert(event["audio"], bytes))
        if is_loud and not self.is_hearing:
            self.send("input_audio_buffer.speech_started", audio_start_ms=0, item_id="u1")
        if self.is_hearing and not is_loud:
            self.send("input_audio_buffer.speech_stopped", audio_end_ms=0, item_id="u1")
            self.send("input_audio_buffer.committed", previous_item_id=None, item_id="u1")
            self.answer()
        self.is_hearing = is_loud


async def test_server_turns_hear_the_silence_after_a_file() -> None:
    settings = Settings(turns=TurnMode.SERVER, silence_ms=20)
    microphone = MemoryMicrophone(LOUD * 10)
    async with scene(settings, server=ServerThatTakesTurns, microphone=microphone) as under_way:
        assert await under_way.end() is Cause.FINISHED
    assert under_way.conversation.turns == 1
    assert "response.create" not in under_way.server.types
    assert "input_audio_buffer.commit" not in under_way.server.types


@pytest.mark.parametrize("mode", [TurnMode.TAP, TurnMode.HOLD])
async def test_a_turn_by_key_has_what_was_said_just_before_it(mode: TurnMode) -> None:
    microphone = MemoryMicrophone()
    async with scene(Settings(turns=mode), microphone=microphone, hearing=level_hearing()) as under_way:
        await under_way.until(Ready)
        microphone.feed(LOUD * 40)
        await eventually(lambda: under_way.conversation.microphone_level > 0)
        microphone.feed(SILENCE)
        await eventually(lambda: under_way.conversation.microphone_level == 0)
        assert under_way.server.types == ["session.update"]
        under_way.conversation.begin_turn()
        microphone.feed(LOUD * 10 + SILENCE)
        await eventually(lambda: under_way.server.types.count("input_audio_buffer.append") == 26)
        under_way.conversation.end_turn()
        await under_way.until(Turn)
    assert under_way.server.types[-2:] == ["input_audio_buffer.commit", "response.create"]


async def test_turns_change_and_the_gate_closes() -> None:
    microphone = MemoryMicrophone()
    async with scene(microphone=microphone, hearing=level_hearing()) as under_way:
        await under_way.until(Ready)
        microphone.feed(LOUD * 10)
        await under_way.until(PhaseChanged, lambda notice: notice.phase is Phase.HEARING)
        await eventually(lambda: under_way.server.types.count("input_audio_buffer.append") == 10)
        under_way.conversation.change_turns(TurnMode.LOCAL)
        assert under_way.conversation.phase is Phase.HEARING
        under_way.conversation.change_turns(TurnMode.SERVER)
        assert under_way.conversation.turns_mode is TurnMode.SERVER
        assert under_way.of(TurnsChanged) == [TurnsChanged(TurnMode.SERVER)]
        await under_way.until(Turn)
        under_way.conversation.change_turns(TurnMode.LOCAL)
        microphone.feed(LOUD)
        await eventually(lambda: under_way.conversation.phase is Phase.HEARING)


async def test_a_microphone_that_comes_back_is_heard_again() -> None:
    microphone = MemoryMicrophone()
    async with scene(microphone=microphone, hearing=level_hearing()) as under_way:
        await under_way.until(Ready)
        microphone.feed(LOUD * 10)
        await eventually(lambda: under_way.server.types.count("input_audio_buffer.append") == 10)
        under_way.conversation.device_changed(DeviceChanged("input", None))
        await under_way.until(Turn)
        under_way.conversation.device_changed(DeviceChanged("input", "Headset"))
        microphone.feed(LOUD * 10)
        await eventually(lambda: under_way.server.types.count("input_audio_buffer.append") == 20)
        under_way.conversation.device_changed(DeviceChanged("input", "Another"))
        assert under_way.conversation.phase is Phase.HEARING
    assert under_way.server.types.count("input_audio_buffer.commit") == 1


async def test_the_voice_goes_off_and_on() -> None:
    async with scene(pace=Pace.REAL_TIME, answer_ms=60_000) as under_way:
        await under_way.until(Ready)
        assert under_way.conversation.voice
        under_way.conversation.say("Tell me a long story.")
        await under_way.until(PhaseChanged, lambda notice: notice.phase is Phase.SPEAKING)
        under_way.conversation.set_voice(False)
        assert not under_way.conversation.voice
        await under_way.until(Turn)
        assert under_way.of(Interrupted) == []
        under_way.conversation.set_voice(True)
        assert under_way.of(VoiceChanged) == [VoiceChanged(False), VoiceChanged(True)]


async def test_muted_is_silent() -> None:
    microphone = MemoryMicrophone()
    async with scene(microphone=microphone, hearing=level_hearing()) as under_way:
        await under_way.until(Ready)
        microphone.feed(LOUD * 10)
        await under_way.until(PhaseChanged, lambda notice: notice.phase is Phase.HEARING)
        await eventually(lambda: under_way.server.types.count("input_audio_buffer.append") == 10)
        assert under_way.conversation.microphone_level > 0
        assert under_way.conversation.toggle_mute()
        assert under_way.conversation.microphone_level == 0
        microphone.feed(LOUD)
        await under_way.until(PhaseChanged, lambda notice: notice.phase is Phase.THINKING)
        assert under_way.conversation.muted
        assert not under_way.conversation.toggle_mute()
        assert not under_way.conversation.muted


async def test_a_microphone_that_goes_away_ends_the_input_but_not_the_talk() -> None:
    microphone = MemoryMicrophone()
    async with scene(microphone=microphone, hearing=level_hearing()) as under_way:
        await under_way.until(Ready)
        microphone.feed(LOUD * 10)
        microphone.unplug()
        await under_way.until(Turn)
        assert under_way.of(Fault) == [Fault("microphone_lost", str(DeviceLost("input")))]
        under_way.conversation.say("Still there?")
        await under_way.until(Transcript, lambda notice: notice.item_id == "a2" and notice.final)


async def test_a_speaker_that_goes_away_ends_it() -> None:
    async with MemorySpeaker() as speaker, scene(speaker=speaker) as under_way:
        await under_way.until(Ready)
        speaker.unplug()
        with pytest.raises(DeviceLost):
            await under_way.end()
    assert under_way.told[-1] == Closed(Cause.LOST, str(DeviceLost("output")))


@pytest.mark.parametrize(
    "frame",
    [b"\xff\xfe", "", "null", "[]", "{}", '{"type":7}', '{"type":"error"', "[" * 200_000, b'{"type":"x","y":"\xff"}'],
    ids=lambda frame: repr(frame[:12]),
)
async def test_malformed_frames_are_passed_over(frame: str | bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with scene(Settings(modality="text")) as under_way:
        await under_way.until(Ready)
        under_way.server.wire.send_raw(frame)
        ignored = await under_way.until(Ignored)
        assert ignored.type == ""
        assert "ignored an event" in caplog.text
        under_way.conversation.say("Still there?")
        await under_way.until(Turn)


async def test_an_unknown_event_is_logged_without_what_a_terminal_obeys(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with scene(Settings(modality="text")) as under_way:
        under_way.server.send("\x1b[2Jevil\u202e" + "x" * 500, secret="sk-123")
        await under_way.until(Ignored)
    logged = [record.getMessage() for record in caplog.records if record.name.startswith("realtime_chat")]
    assert all(message.isprintable() and len(message) < 200 and "sk-" not in message for message in logged)
    assert len(logged) == 1


class ServerThatRejects(Server):
    def take(self, event: dict[str, Any]) -> None:
        error = {"type": "invalid_request_error", "code": "bad\x1b[1m", "message": "No such\nmodel."}
        self.send("error", error=error)


async def test_a_refused_session() -> None:
    async with scene(server=ServerThatRejects) as under_way:
        with pytest.raises(SessionRejected) as caught:
            await under_way.end()
    assert str(caught.value) == "The server refused the session (bad): No such model"
    assert under_way.told[-1] == Closed(Cause.LOST, str(caught.value))


class ServerThatIsSilent(Server):
    def take(self, event: dict[str, Any]) -> None:
        pass


async def test_a_server_that_sends_no_session() -> None:
    async with scene(server=ServerThatIsSilent, ready_seconds=0.01) as under_way:
        with pytest.raises(ServerSilent) as caught:
            await under_way.end()
    assert "0.01 s" in str(caught.value)


async def test_a_server_that_hangs_up() -> None:
    async with scene() as under_way:
        await under_way.until(Ready)
        under_way.server.wire.hang_up(1001, "expired")
        with pytest.raises(ConnectionLost) as caught:
            await under_way.end()
    assert (caught.value.code, caught.value.reason) == (1001, "expired")
    assert under_way.told[-1] == Closed(Cause.LOST, str(caught.value))


async def test_a_connection_that_is_closed_here_by_somebody_else() -> None:
    client_end, server_end = memory_pair()
    conversation = Conversation(client_end, Settings(modality="text"), watch=lambda _: None)
    run = asyncio.create_task(conversation.run())
    async for frame in server_end:
        assert json.loads(frame)["type"] == "session.update"
        break
    await client_end.close()
    with pytest.raises(ConnectionLost):
        await run


async def test_cancelling_closes_the_connection() -> None:
    async with scene() as under_way:
        await under_way.until(Ready)
        under_way.run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await under_way.run
        assert under_way.server.wire.is_closed
    assert under_way.told[-1] == Closed(Cause.QUIT)


async def test_quitting_before_it_began() -> None:
    client_end, server_end = memory_pair()
    told: list[Notice] = []
    conversation = Conversation(client_end, Settings(modality="text"), watch=told.append)
    conversation.quit()
    assert await conversation.run() is Cause.QUIT
    assert server_end.is_closed
    assert told == [PhaseChanged(Phase.CLOSED), Closed(Cause.QUIT)]


async def test_what_the_watcher_raises_comes_out_as_it_is() -> None:
    client_end, server_end = memory_pair()

    def watch(notice: Notice) -> None:
        if isinstance(notice, Ready):
            raise BrokenPipeError(32, "broken pipe")

    serving = asyncio.create_task(Server(server_end).run())
    with pytest.raises(BrokenPipeError):
        await Conversation(client_end, Settings(modality="text"), watch=watch).run()
    await serving


class StuckConnection:
    """Takes nothing, and says only that the session is there."""

    address = "stuck"

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    async def send(self, text: str) -> None:
        await self.closed.wait()
        raise ConnectionLost(1006, text[:0])

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        yield '{"type":"session.updated","session":{"type":"realtime"}}'
        await self.closed.wait()

    async def close(self) -> None:
        self.closed.set()


async def test_a_server_that_takes_nothing_does_not_fill_the_memory() -> None:
    told: list[Notice] = []
    microphone = MemoryMicrophone()
    settings = Settings(modality="text", turns=TurnMode.SERVER)
    conversation = Conversation(StuckConnection(), settings, microphone=microphone, watch=told.append)
    run = asyncio.create_task(conversation.run())
    microphone.feed(LOUD * (MOST_SOUND + 50))
    await eventually(lambda: any(isinstance(notice, Fault) for notice in told))
    for _ in range(MOST_EVENTS):
        conversation.say("hello?")
    with pytest.raises(ConnectionLost):
        await run
    assert [notice.code for notice in told if isinstance(notice, Fault)] == ["server_slow"]


def test_what_is_missing_is_said_at_once() -> None:
    client_end, _ = memory_pair()
    with pytest.raises(ValueError, match="gate"):
        Conversation(client_end, Settings(modality="text"), microphone=MemoryMicrophone(), watch=print)
    with pytest.raises(ValueError, match="speaker"):
        Conversation(client_end, Settings(), watch=print)
    tapped = Settings(modality="text", turns=TurnMode.TAP)
    conversation = Conversation(client_end, tapped, microphone=MemoryMicrophone(), watch=print)
    with pytest.raises(ValueError, match="gate"):
        conversation.change_turns(TurnMode.LOCAL)


async def test_a_voice_needs_a_speaker() -> None:
    async with scene(Settings(modality="text")) as under_way:
        await under_way.until(Ready)
        under_way.conversation.set_voice(True)
        assert not under_way.conversation.voice
        assert [fault.code for fault in under_way.of(Fault)] == ["no_speaker"]


async def test_a_file_that_breaks_off_ends_it() -> None:
    class Broken(MemoryMicrophone):
        async def frames(self) -> AsyncIterator[Frame]:
            raise AudioError("broken")
            yield  # what makes it a generator

    async with scene(microphone=Broken(), hearing=level_hearing()) as under_way:
        with pytest.raises(AudioError, match="broken"):
            await under_way.end()
