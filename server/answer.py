"""One response as the client sees it: from ``response.created`` to ``response.done``."""

from __future__ import annotations

from enum import Enum, auto
from typing import Literal

from realtime_chat.audio.frame import SAMPLE_BYTES
from realtime_chat.protocol.items import (
    AudioPart,
    MessageItem,
    OutputAudio,
    OutputText,
    ResponsePart,
    Status,
    TextPart,
)
from realtime_chat.protocol.response_events import (
    AudioDelta,
    AudioDone,
    AudioTranscriptDelta,
    AudioTranscriptDone,
    ContentPartAdded,
    ContentPartDone,
    OutputItemAdded,
    OutputItemDone,
    ResponseCreated,
    ResponseDone,
    TextDelta,
    TextDone,
)
from realtime_chat.protocol.responses import (
    InputTokenDetails,
    OutputTokenDetails,
    Response,
    ResponseAudio,
    ResponseError,
    ResponseOutput,
    ResponseStatus,
    StatusDetails,
    StatusReason,
    Usage,
)
from realtime_chat.protocol.server_events import (
    ItemAdded,
    ItemDone,
)
from realtime_chat.protocol.sessions import PcmFormat
from realtime_chat.server.answer_options import AnswerOptions
from realtime_chat.server.engines.clauses import Clause
from realtime_chat.server.engines.seam import Speech, TokenUsage
from realtime_chat.server.history import Entry, History
from realtime_chat.server.outbox import Outbox

DELTA_BYTES = 24_000
"""The most sound in one delta: half a second. Base64 makes 32 kB of it, far below every client's largest frame."""


class AnswerState(Enum):
    """Where an answer stands."""

    WAITING = auto()
    """For the words of what it answers."""
    WRITING = auto()
    """The language model was asked."""
    SPEAKING = auto()
    """All is written; the voice is not done."""
    DONE = auto()


class Answer:
    """The life of one response. Every method puts its events into the outbox; `Work` brings what it is made of."""

    def __init__(self, outbox: Outbox, history: History, conversation_id: str, options: AnswerOptions) -> None:
        self.id = outbox.new_id("resp")
        self.options = options
        self.state = AnswerState.WAITING
        self._out = outbox
        self._history = history
        self._conversation_id = conversation_id
        self._entry: Entry | None = None
        self._text = ""
        self._clause_start = -1
        self._clause_at = 0
        self._usage: TokenUsage | None = None
        outbox.emit(ResponseCreated, response=self._response("in_progress"))

    def wrote(self, delta: str) -> None:
        """The language model wrote more."""
        if not delta:
            return
        place = self._open()
        self._text += delta
        self._set_text(self._text)
        if self.options.modality == "text":
            self._out.emit(TextDelta, **place, delta=delta)
            return
        self._out.emit(AudioTranscriptDelta, **place, delta=delta)

    def finish_writing(self, usage: TokenUsage) -> None:
        """The language model is done."""
        self._usage = usage
        self.state = AnswerState.SPEAKING
        if self.options.modality == "text":
            self._close()

    def spoke(self, clause: Clause, speech: Speech) -> None:
        """The voice said more of a clause; clauses come in order, each whole before the next."""
        if self._entry is None:
            return
        entry, place = self._entry, self._place()
        if clause.start != self._clause_start:
            self._clause_start, self._clause_at = clause.start, len(entry.pcm) // SAMPLE_BYTES
        entry.words += [(clause.start + word.end_char, self._clause_at + word.end_sample) for word in speech.words]
        for start in range(0, len(speech.pcm), DELTA_BYTES):
            delta = speech.pcm[start : start + DELTA_BYTES]
            entry.pcm += delta
            self._out.emit(AudioDelta, **place, delta=delta)

    @property
    def item_id(self) -> str | None:
        """The item it says, once there is one."""
        return self._entry.id if self._entry else None

    def finish_speaking(self) -> None:
        """The voice said the last clause."""
        self._close()

    def say_nothing(self) -> None:
        """There is nothing to answer: nobody said anything."""
        self._close()

    def cancel(self, reason: StatusReason) -> None:
        """Stop, and close what is open as incomplete."""
        if self.state is not AnswerState.DONE:
            self._end("cancelled", StatusDetails(type="cancelled", reason=reason))

    def fail(self, code: str, message: str) -> None:
        """An engine failed."""
        if self.state is not AnswerState.DONE:
            error = ResponseError(type="server_error", code=code, message=message)
            self._end("failed", StatusDetails(type="failed", error=error))

    def _open(self) -> dict[str, str | int]:
        """Open the item and its part with the first words; give where the part is."""
        if self._entry is None:
            item = MessageItem(id=self._out.new_id("item"), status="in_progress", role="assistant", content=[])
            self._entry = Entry(item)
            previous = self._history.add(self._entry)
            self._out.emit(OutputItemAdded, response_id=self.id, item=item)
            self._out.emit(ItemAdded, item=item, previous_item_id=previous)
            self._out.emit(ContentPartAdded, **self._place(), part=self._part(""))
            self._entry.item = MessageItem(id=item.id, status="in_progress", role="assistant", content=[])
            self._set_text("")
        return self._place()

    def _place(self) -> dict[str, str | int]:
        item_id = self._entry.id if self._entry else ""
        return {"response_id": self.id, "item_id": item_id, "output_index": 0, "content_index": 0}

    def _part(self, text: str) -> ResponsePart:
        return TextPart(text=text) if self.options.modality == "text" else AudioPart(transcript=text)

    def _set_text(self, text: str, status: Status = "in_progress") -> None:
        if self._entry is not None:
            spoken = self.options.modality == "audio"
            part = OutputAudio(transcript=text) if spoken else OutputText(text=text)
            self._entry.item = MessageItem(id=self._entry.id, status=status, role="assistant", content=[part])

    def _close(self) -> None:
        limited = self._usage is not None and self._usage.reached_limit
        if limited:
            self._end("incomplete", StatusDetails(type="incomplete", reason="max_output_tokens"))
        else:
            self._end("completed", None)

    def _end(self, status: ResponseStatus, details: StatusDetails | None) -> None:
        self.state = AnswerState.DONE
        if self._entry is not None:
            item_status: Literal["completed", "incomplete"] = "completed" if status == "completed" else "incomplete"
            self._set_text(self._text, item_status)
            place = self._place()
            if self.options.modality == "text":
                self._out.emit(TextDone, **place, text=self._text)
            else:
                self._out.emit(AudioDone, **place)
                self._out.emit(AudioTranscriptDone, **place, transcript=self._text)
            self._out.emit(ContentPartDone, **place, part=self._part(self._text))
            item = self._entry.item
            previous = self._history.before(self._entry.id)
            self._out.emit(ItemDone, item=item, previous_item_id=previous)
            self._out.emit(OutputItemDone, response_id=self.id, item=item)
        self._out.emit(ResponseDone, response=self._response(status, details))

    def _response(self, status: ResponseStatus, details: StatusDetails | None = None) -> Response:
        output = ResponseOutput(format=PcmFormat(), voice=self.options.voice)
        return Response(
            id=self.id,
            status=status,
            status_details=details,
            output=[self._entry.item] if self._entry and status != "in_progress" else [],
            conversation_id=self._conversation_id,
            output_modalities=[self.options.modality],
            max_output_tokens=self.options.max_tokens or "inf",
            audio=ResponseAudio(output=output),
            usage=None if status == "in_progress" else _usage(self._usage),
            metadata=self.options.metadata,
        )


def _usage(counted: TokenUsage | None) -> Usage:
    """Say the engine's count the way the API says it; the engine reads and writes text only."""
    counted = counted or TokenUsage(0, 0, 0)
    return Usage(
        total_tokens=counted.input_tokens + counted.output_tokens,
        input_tokens=counted.input_tokens,
        output_tokens=counted.output_tokens,
        input_token_details=InputTokenDetails(text_tokens=counted.input_tokens, cached_tokens=counted.cached_tokens),
        output_token_details=OutputTokenDetails(text_tokens=counted.output_tokens),
    )
