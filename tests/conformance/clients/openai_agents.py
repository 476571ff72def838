"""Conversations through ``openai-agents``."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from agents import FunctionTool, set_tracing_disabled
from agents.realtime import RealtimeAgent, RealtimePlaybackTracker, RealtimeRunner, RealtimeSession
from agents.realtime.model_inputs import RealtimeModelSendRawMessage
from driver import LONG, PLAYED_MS, QUESTION, WEATHER, Place, Report, main

set_tracing_disabled(True)  # which would go to OpenAI

Condition = Callable[[Any], bool]


class Talk:
    """A session, and a report of what comes from it."""

    def __init__(self, session: RealtimeSession, report: Report) -> None:
        self.session = session
        self._report = report
        self._answers = 0

    async def until(self, condition: Condition) -> Any:
        """Note what comes until something does on which the condition is true."""
        async for event in self.session:
            self._note(event)
            if condition(event):
                return event
        raise EOFError("the server has left")

    async def answers(self, count: int) -> None:
        """Note what comes until so many answers were given."""
        if self._answers < count:
            await self.until(lambda _: self._answers >= count)

    def _note(self, event: Any) -> None:
        match event.type:
            case "audio":
                self._report.audio_bytes += len(event.audio.data)
            case "error":
                error = event.error
                self._report.errors.append(f"{getattr(error, 'code', '')}: {getattr(error, 'message', error)}")
            case "raw_model_event" if event.data.type == "exception":
                raise event.data.exception
            case "raw_model_event" if event.data.type == "input_audio_transcription_completed":
                self._report.heard.append(event.data.transcript)
            case "agent_end":
                self._answers += 1

    @property
    def words(self) -> list[str]:
        """What the assistant said, as the session's own history has it."""
        said = [item for item in self.session._history if item.type == "message" and item.role == "assistant"]
        parts = [part for item in said for part in item.content]
        return [getattr(part, "transcript", None) or getattr(part, "text", None) or "" for part in parts]

    async def speak(self, chunks: list[bytes]) -> None:
        for chunk in chunks:
            await self.session.send_audio(chunk)

    async def send(self, kind: str, **fields: Any) -> None:
        """Send an event that this client has no method for."""
        await self.session.model.send_event(RealtimeModelSendRawMessage(message={"type": kind, "other_data": fields}))


@asynccontextmanager
async def connected(
    place: Place,
    report: Report,
    scene: str,
    *,
    tools: list[Any] | None = None,
    tracker: RealtimePlaybackTracker | None = None,
) -> AsyncIterator[Talk]:
    agent = RealtimeAgent(name="someone", instructions="You are helpful.", tools=tools or [])
    config: Any = {"url": f"{place.websocket_url}?model={scene}", "api_key": place.key}
    if tracker is not None:
        config["playback_tracker"] = tracker
    async with await RealtimeRunner(agent).run(model_config=config) as session:
        yield Talk(session, report)


async def voice(place: Place, report: Report) -> None:
    async with connected(place, report, "voice") as talk:
        await talk.speak(place.speech + place.silence)
        await talk.answers(1)
        report.said = talk.words


async def text(place: Place, report: Report) -> None:
    async with connected(place, report, "text") as talk:
        await talk.session.send_message("Say hello.")
        await talk.answers(1)
        report.said = talk.words


async def barge_in(place: Place, report: Report) -> None:
    tracker = RealtimePlaybackTracker()
    async with connected(place, report, "barge_in", tracker=tracker) as talk:
        await talk.session.send_message(LONG)
        audio = await talk.until(lambda event: event.type == "audio")
        await talk.answers(1)  # all of it is there long before it was played
        whole = talk.words[-1]
        tracker.on_play_ms(audio.item_id, audio.content_index, PLAYED_MS)
        await talk.speak(place.speech)
        await talk.until(lambda event: event.type == "audio_interrupted")
        report.cut_ms = PLAYED_MS
        # The client asks for the item again once it was cut, and puts what it is told in place of what it had.
        await talk.until(lambda _: talk.words[0] != whole)
        report.kept = talk.words[0]
        await talk.speak(place.silence)
        await talk.answers(2)
        report.said = [whole, *talk.words[1:]]


async def function(place: Place, report: Report) -> None:
    async def get_weather(_context: Any, arguments: str) -> str:
        report.calls.append(("get_weather", json.loads(arguments)))
        return "sunny"

    tool = FunctionTool("get_weather", "The weather.", WEATHER, get_weather)
    async with connected(place, report, "function", tools=[tool]) as talk:
        await talk.session.send_message(QUESTION)
        await talk.answers(2)
        report.said = talk.words


async def error(place: Place, report: Report) -> None:
    async with connected(place, report, "error") as talk:
        await talk.send("conversation.item.delete", item_id="nowhere")
        await talk.until(lambda event: event.type == "error")
        await talk.session.send_message("Say hello.")
        await talk.answers(1)
        report.said = talk.words


if __name__ == "__main__":
    main(voice=voice, text=text, barge_in=barge_in, function=function, error=error)
