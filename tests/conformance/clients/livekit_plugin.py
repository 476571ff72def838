"""Conversations through the session of ``livekit-plugins-openai``, which is what a LiveKit agent speaks to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from driver import LONG, PLAYED_MS, QUESTION, WEATHER, Place, Report, main
from livekit import rtc
from livekit.agents import llm
from livekit.plugins import openai


class Talk:
    """A session, and a report of what comes from it."""

    def __init__(self, session: Any, report: Report) -> None:
        self.session = session
        self.report = report
        self.answered: asyncio.Queue[Answer] = asyncio.Queue()
        self.heard = asyncio.Event()
        self.speech = asyncio.Event()
        self.failed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        session.on("generation_created", self._created)
        session.on("input_audio_transcription_completed", self._transcribed)
        session.on("input_speech_started", lambda _: self.speech.set())
        session.on("error", self._told)

    def _created(self, generation: llm.GenerationCreatedEvent) -> None:
        task = asyncio.create_task(self._take(generation))
        self._tasks.add(task)

    async def _take(self, generation: llm.GenerationCreatedEvent) -> None:
        answer = Answer()
        async for message in generation.message_stream:
            answer.item_id = message.message_id
            answer.text += "".join([piece async for piece in message.text_stream])
            async for frame in message.audio_stream:
                self.report.audio_bytes += len(frame.data) * 2
        answer.calls = [call async for call in generation.function_stream]
        await self.answered.put(answer)

    def _transcribed(self, event: llm.InputTranscriptionCompleted) -> None:
        if event.is_final:
            self.report.heard.append(event.transcript)
            self.heard.set()

    def _told(self, event: llm.RealtimeModelError) -> None:
        body = getattr(event.error, "body", None)
        self.report.errors.append(f"{getattr(body, 'code', '')}: {getattr(body, 'message', event.error)}")
        self.failed.set()

    async def answer(self) -> Answer:
        """Give the next whole answer."""
        answer = await self.answered.get()
        if answer.text:
            self.report.said.append(answer.text)
        return answer

    async def write(self, text: str, **changes: Any) -> None:
        """Write a message and ask for an answer."""
        context = self.session.chat_ctx.copy()
        context.add_message(role="user", content=text)
        await self.session.update_chat_ctx(context)
        await self.session.generate_reply(**changes)

    def speak(self, chunks: list[bytes]) -> None:
        for chunk in chunks:
            self.session.push_audio(rtc.AudioFrame(chunk, 24_000, 1, len(chunk) // 2))


class Answer:
    """What the server answered."""

    def __init__(self) -> None:
        self.item_id = ""
        self.text = ""
        self.calls: list[llm.FunctionCall] = []


@asynccontextmanager
async def connected(place: Place, report: Report, scene: str, **options: Any) -> AsyncIterator[Talk]:
    async with aiohttp.ClientSession() as http:
        model = openai.realtime.RealtimeModel(
            base_url=place.base_url, api_key=place.key, model=scene, http_session=http, **options
        )
        session = model.session()
        try:
            yield Talk(session, report)
        finally:
            await session.aclose()
            await model.aclose()


async def voice(place: Place, report: Report) -> None:
    async with connected(place, report, "voice") as talk:
        talk.speak(place.speech + place.silence)
        await talk.answer()
        await talk.heard.wait()


async def text(place: Place, report: Report) -> None:
    async with connected(place, report, "text", modalities=["text"]) as talk:
        await talk.write("Say hello.")
        await talk.answer()


async def barge_in(place: Place, report: Report) -> None:
    async with connected(place, report, "barge_in") as talk:
        await talk.write(LONG)
        first = await talk.answer()
        talk.speak(place.speech)
        await talk.speech.wait()
        talk.session.truncate(message_id=first.item_id, modalities=["audio"], audio_end_ms=PLAYED_MS)
        report.cut_ms = PLAYED_MS
        talk.speak(place.silence)
        await talk.answer()
        await talk.heard.wait()


async def function(place: Place, report: Report) -> None:
    async def get_weather(_arguments: dict[str, object]) -> None: ...

    schema = {"name": "get_weather", "description": "The weather.", "parameters": WEATHER}
    async with connected(place, report, "function", modalities=["text"]) as talk:
        await talk.session.update_tools([llm.function_tool(get_weather, raw_schema=schema)])
        await talk.write(QUESTION, tool_choice="required")
        context = talk.session.chat_ctx.copy()
        for call in (await talk.answer()).calls:
            report.calls.append((call.name, json.loads(call.arguments)))
            context = talk.session.chat_ctx.copy()
            context.items.append(llm.FunctionCallOutput(call_id=call.call_id, output="sunny", is_error=False))
        await talk.session.update_chat_ctx(context)
        await talk.session.generate_reply()
        await talk.answer()


async def error(place: Place, report: Report) -> None:
    async with connected(place, report, "error", modalities=["text"]) as talk:
        talk.session.truncate(message_id="nowhere", modalities=["audio"], audio_end_ms=PLAYED_MS)
        await talk.failed.wait()
        await talk.write("Say hello.")
        await talk.answer()


if __name__ == "__main__":
    main(voice=voice, text=text, barge_in=barge_in, function=function, error=error)
