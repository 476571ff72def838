"""Conversations through the Realtime service of ``pipecat-ai``, in a pipeline as its users build it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from driver import LONG, PLAYED_MS, QUESTION, WEATHER, Place, Report, main
from loguru import logger
from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    LLMRunFrame,
    ProposedUserStartedSpeakingFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
)
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.services.llm_service import FunctionCallParams
from pipecat.services.openai.realtime import events
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat.workers.runner import WorkerRunner

logger.remove()


class Talk(BaseObserver):
    """A pipeline under way, and a report of what its service pushes."""

    def __init__(self, service: OpenAIRealtimeLLMService, context: LLMContext, report: Report) -> None:
        super().__init__()
        self.service = service
        self.context = context
        self.worker: Any = None
        self.items: list[str] = []
        self._report = report
        self._texts: dict[str, str] = {}
        self._changed = asyncio.Event()
        self._frames: set[int] = set()
        self.seen: dict[type[Frame], int] = {}
        service.add_event_handler("on_conversation_item_created", self._created)
        service.add_event_handler("on_conversation_item_updated", self._updated)

    async def _created(self, _service: Any, item_id: str, item: Any) -> None:
        if item.role == "assistant":
            self.items.append(item_id)
        self._changed.set()

    async def _updated(self, _service: Any, item_id: str, item: Any) -> None:
        if item is not None and item.role == "assistant":
            said = "".join(part.transcript or part.text or "" for part in item.content)
            if item_id not in self._texts and said:
                self._texts[item_id] = said
                self._report.said.append(said)
        self._changed.set()

    async def on_push_frame(self, data: FramePushed) -> None:
        """Note a frame of the service, once for each frame."""
        frame = data.frame
        if data.source is not self.service or frame.id in self._frames:
            return
        self._frames.add(frame.id)
        self.seen[type(frame)] = self.seen.get(type(frame), 0) + 1
        if isinstance(frame, TTSAudioRawFrame):
            self._report.audio_bytes += len(frame.audio)
        if isinstance(frame, TranscriptionFrame):
            self._report.heard.append(frame.text)
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    async def answers(self, count: int, *, heard: int = 0) -> None:
        await self.until(lambda: len(self._report.said) >= count and len(self._report.heard) >= heard)

    async def write(self, text: str) -> None:
        self.context.add_message({"role": "user", "content": text})
        await self.worker.queue_frame(LLMRunFrame())

    async def speak(self, chunks: list[bytes]) -> None:
        for chunk in chunks:
            await self.worker.queue_frame(InputAudioRawFrame(chunk, 24_000, 1))


@asynccontextmanager
async def connected(
    place: Place, report: Report, scene: str, *, tools: ToolsSchema | None = None, **session: Any
) -> AsyncIterator[Talk]:
    transcription = events.InputAudioTranscription(model="gpt-transcribe")
    audio = events.AudioConfiguration(input=events.AudioInput(transcription=transcription))
    service = OpenAIRealtimeLLMService(
        api_key=place.key,
        base_url=place.websocket_url,
        settings=OpenAIRealtimeLLMService.Settings(
            model=scene,
            system_instruction="You are helpful.",
            session_properties=events.SessionProperties(audio=audio, **session),
        ),
    )
    context = LLMContext([], tools) if tools else LLMContext([])
    talk = Talk(service, context, report)
    pair = LLMContextAggregatorPair(context)
    worker = PipelineWorker(
        Pipeline([pair.user(), service, pair.assistant()]),
        params=PipelineParams(audio_in_sample_rate=24_000, audio_out_sample_rate=24_000),
        cancel_on_idle_timeout=False,
        enable_rtvi=False,
        observers=[talk],
    )
    talk.worker = worker
    runner = WorkerRunner(handle_sigint=False)
    started = asyncio.Event()

    @worker.event_handler("on_pipeline_started")
    async def begin(_worker: Any, _frame: Frame) -> None:
        started.set()

    @worker.event_handler("on_pipeline_error")
    async def fail(_worker: Any, frame: Any) -> None:
        report.errors.append(frame.error)

    await runner.add_workers(worker)
    run = asyncio.create_task(runner.run())
    try:
        await started.wait()
        yield talk
    finally:
        await worker.cancel()
        await run


async def voice(place: Place, report: Report) -> None:
    async with connected(place, report, "voice") as talk:
        # Its sessions begin with a run of the model. Without one it does that after the first turn, as an answer of its
        # own, and sends what is said meanwhile before the settings of the session.
        await talk.write("Say hello.")
        await talk.answers(1)
        await talk.speak(place.speech + place.silence)
        await talk.answers(2, heard=1)


async def text(place: Place, report: Report) -> None:
    async with connected(place, report, "text", output_modalities=["text"]) as talk:
        await talk.write("Say hello.")
        await talk.answers(1)


async def barge_in(place: Place, report: Report) -> None:
    async with connected(place, report, "barge_in") as talk:
        await talk.write(LONG)
        await talk.until(lambda: TTSAudioRawFrame in talk.seen)
        # This client takes it that sound is heard from its first piece on, by the clock.
        await asyncio.sleep(PLAYED_MS / 1000)
        await talk.answers(1)
        await talk.speak(place.speech)
        await talk.until(lambda: ProposedUserStartedSpeakingFrame in talk.seen)
        await talk.until(lambda: InterruptionFrame in talk.seen)
        await talk.speak(place.silence)
        await talk.answers(2, heard=1)
        item = await talk.service.retrieve_conversation_item(talk.items[0])
        report.kept = item.content[0].transcript


async def function(place: Place, report: Report) -> None:
    async def get_weather(params: FunctionCallParams) -> None:
        report.calls.append((params.function_name, dict(params.arguments)))
        await params.result_callback("sunny")

    schema = FunctionSchema("get_weather", "The weather.", WEATHER["properties"], WEATHER["required"])
    tools = ToolsSchema(standard_tools=[schema])
    async with connected(place, report, "function", tools=tools, output_modalities=["text"]) as talk:
        talk.service.register_function("get_weather", get_weather)
        await talk.write(QUESTION)
        await talk.answers(1)


async def error(place: Place, report: Report) -> None:
    # Any other error ends this client's session, as it does at OpenAI.
    async with connected(place, report, "error", output_modalities=["text"]) as talk:
        try:
            await talk.service.retrieve_conversation_item("nowhere")
        except Exception as told:  # noqa: BLE001  - it raises nothing more special
            report.errors.append(f"item_retrieve_invalid_item_id: {told}")
        await talk.write("Say hello.")
        await talk.answers(1)


if __name__ == "__main__":
    main(voice=voice, text=text, barge_in=barge_in, function=function, error=error)
