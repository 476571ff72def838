"""One response as the client sees it: from ``response.created`` to ``response.done``."""

from __future__ import annotations

from enum import Enum, auto

from realtime_chat.protocol.items import FunctionCallItem
from realtime_chat.protocol.response_events import FunctionCallDelta, FunctionCallDone, ResponseCreated, ResponseDone
from realtime_chat.protocol.responses import (
    Response,
    ResponseAudio,
    ResponseError,
    ResponseOutput,
    ResponseStatus,
    StatusDetails,
    StatusReason,
)
from realtime_chat.server.answer_options import AnswerOptions
from realtime_chat.server.engines.clauses import Clause
from realtime_chat.server.engines.seam import Speech, TokenUsage, ToolCall
from realtime_chat.server.history import History
from realtime_chat.server.outbox import Outbox
from realtime_chat.server.output_items import OutputItems
from realtime_chat.server.output_message import OutputMessage
from realtime_chat.server.usage import usage_of

TOO_LONG = "context_length_exceeded"
"""Error code of a response whose conversation has no room in the model's context."""


_KINDS = {
    TOO_LONG: "invalid_request_error",
    "insufficient_quota": "insufficient_quota",
    "rate_limit_exceeded": "rate_limit_error",
}
"""Types of errors by their codes, where they are not the server's own."""


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
    """The life of one response. Every method puts its events into the outbox; `Work` brings what it is made of.

    Args:
        outbox: Where events go.
        history: The conversation that it adds to; ``None`` for a response outside of it.
        conversation_id: That conversation's id, ``None`` likewise.
        options: What was asked of it.

    Attributes:
        heard: Samples of speech that this is the first response to read.
    """

    def __init__(
        self, outbox: Outbox, history: History | None, conversation_id: str | None, options: AnswerOptions
    ) -> None:
        self.id = outbox.new_id("resp")
        self.options = options
        self.state = AnswerState.WAITING
        self.heard = 0
        self._out = outbox
        self._conversation_id = conversation_id
        self._items = OutputItems(outbox, history, self.id)
        self._message: OutputMessage | None = None
        self._spoken = 0
        self._usage: TokenUsage | None = None
        outbox.emit(ResponseCreated, response=self._response("in_progress"))

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._items

    def wrote(self, delta: str) -> None:
        """The language model wrote more."""
        if not delta:
            return
        if self._message is None:
            self._message = OutputMessage(self._out, self._items, self.options.modality, self.options.format)
        self._message.wrote(delta)

    def called(self, call: ToolCall) -> None:
        """The language model calls a function.

        The client may begin with it while what was said before is still being spoken; text is closed first.
        """
        if self.options.modality == "text":
            self._close_message(complete=True)
        call_id = self._out.new_id("call")
        item_id = self._out.new_id("item")
        item = FunctionCallItem(id=item_id, status="in_progress", name=call.name, arguments="", call_id=call_id)
        entry = self._items.add(item)
        place = self._items.place(entry)
        self._out.emit(FunctionCallDelta, **place, call_id=call_id, delta=call.arguments)
        self._out.emit(FunctionCallDone, **place, call_id=call_id, name=call.name, arguments=call.arguments)
        entry.item = FunctionCallItem(
            id=item_id, status="completed", name=call.name, arguments=call.arguments, call_id=call_id
        )
        self._items.finish(entry)

    def finish_writing(self, usage: TokenUsage) -> None:
        """The language model is done."""
        self._usage = usage
        self.state = AnswerState.SPEAKING
        if self.options.modality == "text":
            self._close()

    def spoke(self, clause: Clause, speech: Speech) -> None:
        """The voice said more of a clause; clauses come in order, each whole before the next."""
        if self._message is not None:
            self._message.spoke(clause, speech)

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
        """It cannot be made: an engine failed, or the conversation is too long."""
        if self.state is not AnswerState.DONE:
            error = ResponseError(type=_KINDS.get(code, "server_error"), code=code, message=message)
            self._end("failed", StatusDetails(type="failed", error=error))

    def _close(self) -> None:
        if self._usage is not None and (self._usage.reached_limit or self._usage.was_filtered):
            reason: StatusReason = "max_output_tokens" if self._usage.reached_limit else "content_filter"
            self._end("incomplete", StatusDetails(type="incomplete", reason=reason))
        else:
            self._end("completed", None)

    def _end(self, status: ResponseStatus, details: StatusDetails | None) -> None:
        self.state = AnswerState.DONE
        self._close_message(complete=status == "completed")
        self._out.emit(ResponseDone, response=self._response(status, details))

    def _close_message(self, *, complete: bool) -> None:
        if self._message is not None:
            self._message.close("completed" if complete else "incomplete")
            self._spoken += self._message.spoken
            self._message = None

    def _response(self, status: ResponseStatus, details: StatusDetails | None = None) -> Response:
        output = ResponseOutput(format=self.options.format, voice=self.options.voice)
        running = status == "in_progress"
        return Response(
            id=self.id,
            status=status,
            status_details=details,
            output=[] if running else self._items.items,
            conversation_id=self._conversation_id,
            output_modalities=[self.options.modality],
            max_output_tokens=self.options.max_tokens or "inf",
            audio=ResponseAudio(output=output),
            usage=None if running else usage_of(self._usage, self.heard, self._spoken),
            metadata=self.options.metadata,
        )
