"""Tools that really run, beside a conversation that goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Self

import pytest
from calling_server import Caller
from memory_tool import MemoryTool

from realtime_chat.audio.memory import MemorySpeaker
from realtime_chat.audio.pace import Pace
from realtime_chat.session.effects import CallTool, CheckTool, DropTool
from realtime_chat.session.errors import ToolFailed
from realtime_chat.session.memory import memory_pair
from realtime_chat.session.notices import Cause, Notice, ToolOutcome, ToolQuestion, ToolResult, Transcript
from realtime_chat.session.runner import Conversation
from realtime_chat.session.settings import Consent, Settings
from realtime_chat.session.tool_events import ToolChecked, ToolFinished
from realtime_chat.session.tool_runner import LONGEST_RESULT, ToolRunner, limited


async def echo(arguments: Mapping[str, Any]) -> str:
    return json.dumps(arguments)


async def fail(_: Mapping[str, Any]) -> str:
    raise ToolFailed("the disk is full")


async def break_down(_: Mapping[str, Any]) -> str:
    raise RuntimeError("secret")


async def hang(_: Mapping[str, Any]) -> str:
    await asyncio.Event().wait()
    return ""


TOOLS = [
    MemoryTool("echo", run=echo, required=("x",)),
    MemoryTool("fail", run=fail),
    MemoryTool("break_down", run=break_down),
    MemoryTool("hang", run=hang),
]


async def told(*effects: Any) -> list[Any]:
    """What a runner tells of some effects, when all is over."""
    events: list[Any] = []
    runner = ToolRunner(TOOLS, events.append)
    for effect in effects:
        runner.do(effect)
    for _ in range(5):
        await asyncio.sleep(0)
    await runner.close()
    return events


@pytest.mark.parametrize(
    ("effect", "event"),
    [
        (CheckTool("c", "echo", {"x": 1}), ToolChecked("c")),
        (CheckTool("c", "echo", {}), ToolFinished("c", ToolOutcome.INVALID, "x is missing")),
        (CallTool("c", "echo", {"x": 1}), ToolFinished("c", ToolOutcome.DONE, '{"x": 1}')),
        (CallTool("c", "echo", {}), ToolFinished("c", ToolOutcome.INVALID, "x is missing")),
        (CallTool("c", "fail", {}), ToolFinished("c", ToolOutcome.FAILED, "the disk is full")),
        (CallTool("c", "break_down", {}), ToolFinished("c", ToolOutcome.FAILED, "The tool broke (RuntimeError).")),
    ],
)
async def test_how_a_call_went_is_told(effect: Any, event: Any) -> None:
    assert await told(effect) == [event]


async def test_what_is_dropped_is_not_told() -> None:
    assert await told(CallTool("c", "hang", {}), CallTool("d", "echo", {"x": 1}), DropTool("c"), DropTool("d")) == []


async def test_nothing_runs_after_the_end() -> None:
    before = asyncio.all_tasks()
    assert await told(CallTool("c", "hang", {})) == []
    assert asyncio.all_tasks() == before


def test_a_long_result_is_cut_and_says_so() -> None:
    assert limited("x" * LONGEST_RESULT) == "x" * LONGEST_RESULT
    cut = limited("x" * (LONGEST_RESULT + 1))
    assert cut.startswith("x" * LONGEST_RESULT + "\n[cut: ")
    assert len(cut) < LONGEST_RESULT + 100


class Scene:
    """A conversation with a server that calls tools."""

    def __init__(self, *tools: Any, caller: Caller | None = None, **wanted: Any) -> None:
        self.caller = caller or Caller()
        self.notices: list[Notice] = []
        client, self._wire = memory_pair()
        self._waiting: list[tuple[type, asyncio.Future[Any]]] = []
        settings = Settings(**{"modality": "text", "tools": tools, "consent": Consent.ASKED} | wanted)
        self._speaker = MemorySpeaker(pace=Pace.EAGER)
        self.conversation = Conversation(client, settings, speaker=self._speaker, watch=self._watch)

    async def serve(self) -> None:
        async for frame in self._wire:
            for answer in self.caller.take(json.loads(frame)):
                await self._wire.send(json.dumps({"event_id": "e", **answer}))

    async def __aenter__(self) -> Self:
        await self._speaker.__aenter__()
        self._tasks = [asyncio.create_task(self.serve()), asyncio.create_task(self.conversation.run())]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.conversation.quit()
        assert await self._tasks[1] is Cause.QUIT
        self._tasks[0].cancel()
        await asyncio.wait(self._tasks)
        await self._speaker.__aexit__(None, None, None)

    def _watch(self, notice: Notice) -> None:
        self.notices.append(notice)
        for kind, future in self._waiting:
            if isinstance(notice, kind) and not future.done():
                future.set_result(notice)

    async def comes(self, kind: type) -> Any:
        """Wait for the next notice of a kind."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((kind, future))
        async with asyncio.timeout(10):
            return await future

    async def answered(self) -> str:
        """Wait for the last words of an answer."""
        while True:
            words = await self.comes(Transcript)
            if words.role == "assistant" and words.final:
                return words.text


async def test_a_conversation_with_tools() -> None:
    async with Scene(TOOLS[0], TOOLS[1]) as scene:
        scene.conversation.say('echo {"x": 1} and fail {} and nonsense {} and echo {}')
        words = await scene.answered()
    assert scene.caller.tools == ["echo", "fail"]
    assert scene.caller.outputs["call_1_0"] == '{"x": 1}'
    errors = [json.loads(scene.caller.outputs[f"call_1_{number}"])["error"] for number in (1, 2, 3)]
    assert errors == ["failed", "unknown_tool", "invalid_arguments"]
    assert words.startswith("Results: ")
    assert [event["type"] for event in scene.caller.taken].count("response.create") == 2


async def test_talk_goes_on_while_a_tool_runs() -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def slow(_: Mapping[str, Any]) -> str:
        begun.set()
        await may_end.wait()
        return "at last"

    async with Scene(MemoryTool("slow", run=slow), modality="audio") as scene:
        scene.conversation.say("slow {}")
        await begun.wait()
        scene.conversation.say("never mind")
        assert await scene.answered() == "You said: never mind"
        assert json.loads(scene.caller.outputs["call_1_0"])["error"] == "interrupted"
        may_end.set()
        scene.conversation.say("are you there")
        assert await scene.answered() == "You said: are you there"
    assert len(scene.caller.outputs) == 1


@pytest.mark.parametrize(("is_allowed", "outcome"), [(True, ToolOutcome.DONE), (False, ToolOutcome.REFUSED)])
async def test_the_person_is_asked(is_allowed: bool, outcome: ToolOutcome) -> None:
    async with Scene(MemoryTool("change", is_read_only=False, run=echo)) as scene:
        scene.conversation.say("change {}")
        question = await scene.comes(ToolQuestion)
        scene.conversation.allow_tool(question.call_id, is_allowed)
        await scene.answered()
    assert [notice.outcome for notice in scene.notices if isinstance(notice, ToolResult)] == [outcome]


async def test_nobody_is_there_to_be_asked() -> None:
    async with Scene(MemoryTool("change", is_read_only=False, run=echo)) as scene:
        scene.conversation.set_consent(Consent.REFUSED)
        scene.conversation.say("change {}")
        assert "Nobody is there" in await scene.answered()


async def test_a_model_that_calls_without_end_speaks_in_the_end() -> None:
    async with Scene(TOOLS[0], caller=Caller(is_endless=True)) as scene:
        scene.conversation.say('echo {"x": 1}')
        await scene.answered()
    assert len(scene.caller.outputs) == 10


async def test_the_end_of_the_conversation_stops_what_runs() -> None:
    stopped = asyncio.Event()

    async def slow(_: Mapping[str, Any]) -> str:
        scene.conversation.quit()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        return ""

    async with Scene(MemoryTool("slow", run=slow)) as scene:
        scene.conversation.say("slow {}")
        await stopped.wait()
