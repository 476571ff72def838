"""Conversations through the official ``openai`` SDK."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from driver import LONG, PLAYED_MS, QUESTION, WEATHER, WHOLE, Place, Report, main
from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection


class Talk:
    """A connection, and a report of what comes from it."""

    def __init__(self, connection: AsyncRealtimeConnection, report: Report) -> None:
        self.connection = connection
        self._report = report
        self._given = 0

    async def until(self, name: str) -> Any:
        """Note what comes until an event of this name does."""
        while (event := await self._next()).type != name:
            pass
        return event

    async def answers(self, count: int, *, heard: int = 0) -> Any:
        """Note what comes until so many answers were given and so many turns heard."""
        while self._given < count or len(self._report.heard) < heard:
            await self._next()

    async def _next(self) -> Any:
        event = await self.connection.recv()
        match event.type:
            case "conversation.item.input_audio_transcription.completed":
                self._report.heard.append(event.transcript)
            case "response.output_audio.delta":
                self._report.audio_bytes += len(base64.b64decode(event.delta))
            case "response.output_audio_transcript.done":
                self._report.said.append(event.transcript)
            case "response.output_text.done":
                self._report.said.append(event.text)
            case "response.done":
                self._given += event.response.status in WHOLE
            case "error":
                self._report.errors.append(f"{event.error.code}: {event.error.message}")
        return event

    async def write(self, text: str) -> None:
        content = [{"type": "input_text", "text": text}]
        await self.connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})

    async def speak(self, chunks: list[bytes]) -> None:
        for chunk in chunks:
            await self.connection.input_audio_buffer.append(audio=base64.b64encode(chunk).decode())


@asynccontextmanager
async def connected(place: Place, report: Report, scene: str, **session: Any) -> AsyncIterator[Talk]:
    transcription = {"transcription": {"model": "gpt-transcribe"}}
    async with (
        AsyncOpenAI(api_key=place.key, base_url=place.base_url) as client,
        client.realtime.connect(model=scene) as connection,
    ):
        await connection.session.update(session={"type": "realtime", "audio": {"input": transcription}, **session})
        yield Talk(connection, report)


async def voice(place: Place, report: Report) -> None:
    async with connected(place, report, "voice") as talk:
        await talk.speak(place.speech + place.silence)
        await talk.answers(1, heard=1)


async def text(place: Place, report: Report) -> None:
    async with connected(place, report, "text", output_modalities=["text"]) as talk:
        await talk.write("Say hello.")
        await talk.connection.response.create()
        await talk.answers(1)


async def barge_in(place: Place, report: Report) -> None:
    async with connected(place, report, "barge_in") as talk:
        await talk.write(LONG)
        await talk.connection.response.create()
        item_id = (await talk.until("response.output_audio.delta")).item_id
        await talk.answers(1)  # all of it is there long before it was played
        await talk.speak(place.speech)
        await talk.until("input_audio_buffer.speech_started")
        await talk.connection.conversation.item.truncate(item_id=item_id, content_index=0, audio_end_ms=PLAYED_MS)
        report.cut_ms = (await talk.until("conversation.item.truncated")).audio_end_ms
        await talk.connection.conversation.item.retrieve(item_id=item_id)
        part = (await talk.until("conversation.item.retrieved")).item.content[0]
        report.kept = part.transcript
        assert len(base64.b64decode(part.audio)) == PLAYED_MS * 48
        await talk.speak(place.silence)
        await talk.answers(2, heard=1)


async def function(place: Place, report: Report) -> None:
    tool = {"type": "function", "name": "get_weather", "description": "The weather.", "parameters": WEATHER}
    async with connected(place, report, "function", tools=[tool], output_modalities=["text"]) as talk:
        await talk.write(QUESTION)
        await talk.connection.response.create(response={"tool_choice": "required"})
        for item in (await talk.until("response.done")).response.output:
            if item.type == "function_call":
                report.calls.append((item.name, json.loads(item.arguments)))
                output = {"type": "function_call_output", "call_id": item.call_id, "output": "sunny"}
                await talk.connection.conversation.item.create(item=output)
        await talk.connection.response.create()
        await talk.answers(2)


async def error(place: Place, report: Report) -> None:
    async with connected(place, report, "error", output_modalities=["text"]) as talk:
        await talk.connection.conversation.item.delete(item_id="nowhere", event_id="mine")
        told = await talk.until("error")
        assert told.error.event_id == "mine", told
        await talk.write("Say hello.")
        await talk.connection.response.create()
        await talk.answers(1)


if __name__ == "__main__":
    main(voice=voice, text=text, barge_in=barge_in, function=function, error=error)
