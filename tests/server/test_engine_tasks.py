"""What the machine wants of the engines, done by engines in memory."""

from __future__ import annotations

import asyncio
import itertools

from conversation_driver import manual
from synthetic_voice import voice

from realtime_chat.protocol import client_events as c
from realtime_chat.protocol import items, sessions
from realtime_chat.protocol.event import ServerEvent
from realtime_chat.protocol.responses import ResponseParams
from realtime_chat.server.conversation import Conversation
from realtime_chat.server.defaults import default_session
from realtime_chat.server.effects import Effect, Emit
from realtime_chat.server.engine_tasks import EngineTasks, to_hearing
from realtime_chat.server.engines.engine_set import EngineSet
from realtime_chat.server.engines.place import Place, Urgency, current_place
from realtime_chat.server.engines.scripted import ScriptedHearing, ScriptedSpeaking, ScriptedThinking
from realtime_chat.server.engines.seam import TokenUsage, ToolCall
from realtime_chat.server.meter import NoMeter
from realtime_chat.server.watch import Watch

CLOCK = sessions.FunctionTool(name="clock", parameters={"type": "object"})


class Calling(ScriptedThinking):
    """Calls every tool once, then tells what the last one said."""

    async def prepare(self, messages, *, tools=None):
        self.prepared = (tuple(messages), tools)

    async def answer(self, messages, *, max_tokens=None, tools=None):
        if messages[-1].role == "tool":
            yield f"It said {messages[-1].text}."
        elif tools is not None:
            yield "One moment."
            for tool in tools.tools:
                yield ToolCall(tool.name, "{}")
        yield TokenUsage(1, 0, 1)


class Small(ScriptedThinking):
    """Has room for 400 tokens, and says how many messages it was given."""

    context = 400

    async def answer(self, messages, *, max_tokens=None, tools=None):
        yield f"{len(messages)}"
        yield TokenUsage(1, 0, 1)


class Session:
    """A machine and its engines, without a socket."""

    def __init__(self, group: asyncio.TaskGroup, thinking=ScriptedThinking) -> None:
        numbers = itertools.count()
        self.events: asyncio.Queue[ServerEvent] = asyncio.Queue()
        self.conversation = Conversation(
            default_session("sess", "m", "alloy", 0), lambda prefix: f"{prefix}_{next(numbers)}"
        )
        placed = isinstance(thinking, Placed)
        makers = (lambda: thinking,) * 3 if placed else (ScriptedHearing, thinking, ScriptedSpeaking)
        engines = EngineSet("scripted", *makers)
        self.tasks = EngineTasks(group, self.conversation, engines, self.do, Watch(NoMeter()))
        self.do(self.conversation.open())

    def do(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Emit):
                self.events.put_nowait(effect.event)
            else:
                self.tasks.do(effect)

    def send(self, *events) -> None:
        for event in events:
            self.do(self.conversation.receive(event))

    async def done(self):
        """Give the next response that is done."""
        while True:
            event = await asyncio.wait_for(self.events.get(), 30)
            if type(event).__name__ == "ResponseDone":
                return event.response


def say(text: str) -> c.ItemCreate:
    return c.ItemCreate(item=items.MessageItem(role="user", content=[items.InputText(text=text)]))


def update(**fields) -> c.SessionUpdate:
    audio = sessions.AudioConfig(input=sessions.InputConfig(turn_detection=None))
    return c.SessionUpdate(session=sessions.RealtimeSession(audio=audio, **fields))


async def test_a_call_and_its_result_lead_to_a_spoken_answer():
    async with asyncio.TaskGroup() as group:
        session = Session(group, Calling)
        session.send(update(tools=[CLOCK]), say("What time is it?"), c.ResponseCreate())
        message, call = (await session.done()).output
        assert (message.content[0].transcript, call.name) == ("One moment.", "clock")
        output = items.FunctionCallOutputItem(call_id=call.call_id, output="noon")
        session.send(c.ItemCreate(item=output), c.ResponseCreate())
        answer = await session.done()
        assert answer.output[0].content[0].transcript == "It said noon."
        assert answer.usage.output_token_details.audio_tokens > 0
        session.tasks.cancel()


async def test_answers_side_by_side_come_from_the_same_engines():
    async with asyncio.TaskGroup() as group:
        session = Session(group)
        session.send(update(output_modalities=["text"]), say("main"), c.ResponseCreate())
        for number in range(3):
            own = items.MessageItem(role="user", content=[items.InputText(text=f"number {number}")])
            params = ResponseParams(conversation="none", input=[own], metadata={"number": str(number)})
            session.send(c.ResponseCreate(response=params))
        found = {}
        for _ in range(4):
            response = await session.done()
            found[(response.metadata or {}).get("number")] = response.output[0].content[0].text
        assert found == {
            None: "You said: main",
            **{str(number): f"You said: number {number}" for number in range(3)},
        }
        session.tasks.cancel()


async def test_a_conversation_that_is_too_long_is_cut_or_refused_as_the_session_wants():
    async with asyncio.TaskGroup() as group:
        session = Session(group, Small)
        session.send(update(output_modalities=["text"], instructions="", truncation="disabled"))
        session.send(*[say("word " * 20) for _ in range(12)], c.ResponseCreate())
        response = await session.done()
        assert (response.status, response.status_details.error.code) == ("failed", "context_length_exceeded")
        assert "400" not in response.status_details.error.message
        for truncation, given in (
            ("auto", "12"),
            (sessions.RetentionRatio(retention_ratio=0.5), "7"),
            (sessions.RetentionRatio(retention_ratio=1.0, token_limits={"post_instructions": 100}), "2"),
        ):
            session.send(update(truncation=truncation), c.ResponseCreate())
            response = await session.done()
            assert response.output[0].content[0].text == given
            session.send(c.ItemDelete(item_id=response.output[0].id))
        session.tasks.cancel()


class Placed(ScriptedHearing, ScriptedThinking, ScriptedSpeaking):
    """Notes the place of every call; hears nothing before it may."""

    def __init__(self):
        super().__init__()
        self.places: list[tuple[str, Place]] = []
        self.called, self.hears, self.may_hear = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.may_hear.set()

    async def transcribe(self, speech):
        self.places.append(("transcribe", current_place()))
        self.hears.set()
        await self.may_hear.wait()
        return await super().transcribe(speech)

    async def prepare(self, messages, *, tools=None):
        self.places.append(("prepare", current_place()))
        self.called.set()

    async def answer(self, messages, *, max_tokens=None, tools=None):
        self.places.append(("answer", current_place()))
        async for piece in super().answer(messages, max_tokens=max_tokens, tools=tools):
            yield piece

    async def speak(self, text, *, voice="", speed=1.0):
        self.places.append(("speak", current_place()))
        async for stretch in super().speak(text):
            yield stretch

    def urgencies(self) -> list[tuple[str, Urgency]]:
        told = [(name, place.urgency) for name, place in self.places]
        self.places.clear()
        return told


def with_placed(group: asyncio.TaskGroup) -> tuple[Session, Placed]:
    placed = Placed()
    session = Session(group, placed)
    return session, placed


async def test_the_conversation_s_answer_goes_before_what_is_beside_it():
    async with asyncio.TaskGroup() as group:
        session, placed = with_placed(group)
        session.send(update())
        await placed.called.wait()
        owner = placed.places[0][1].owner
        assert placed.urgencies() == [("prepare", Urgency.AHEAD)]
        session.send(say("main"), c.ResponseCreate())
        await session.done()
        assert placed.urgencies() == [("answer", Urgency.TURN), ("speak", Urgency.TURN)]
        part = items.InputAudio(audio=voice(1_000))
        item = items.MessageItem(role="user", content=[part])
        session.send(c.ResponseCreate(response=ResponseParams(conversation="none", input=[item])))
        await session.done()
        assert {place.owner for _, place in placed.places} == {owner}
        asked = [("transcribe", Urgency.ASIDE), ("answer", Urgency.ASIDE), ("speak", Urgency.ASIDE)]
        assert placed.urgencies() == asked
        other, placed_other = with_placed(group)
        other.send(update())
        await placed_other.called.wait()
        assert placed_other.places[0][1].owner is not owner
        session.tasks.cancel()
        other.tasks.cancel()


async def test_a_turn_that_is_over_while_it_is_recognised_is_urgent_from_then_on():
    async with asyncio.TaskGroup() as group:
        session, placed = with_placed(group)
        placed.may_hear.clear()
        session.send(update(), c.InputAudioBufferAppend(audio=voice(1_000)))
        await placed.hears.wait()
        place = dict(placed.places)["transcribe"]
        assert place.urgency is Urgency.AHEAD
        session.send(c.InputAudioBufferCommit())
        assert place.urgency is Urgency.TURN
        placed.may_hear.set()
        placed.places.clear()
        session.send(c.ResponseCreate())
        assert (await session.done()).status == "completed"
        assert all(urgency is Urgency.TURN for _, urgency in placed.urgencies())
        session.tasks.cancel()


def test_sound_for_the_recogniser():
    speech = to_hearing(voice(500))
    assert speech.dtype.name == "float32"
    assert abs(len(speech) - 8_000) <= 1
    assert 0.2 < abs(speech).max() <= 1


def test_reading_ahead_knows_the_tools():
    driver = manual(tools=[CLOCK])
    prepared = driver.wishes[-1]
    assert [tool.name for tool in prepared.tools.tools] == ["clock"]
