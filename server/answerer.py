"""The mouth of a conversation: one answer at a time, and the draft of the next."""

from __future__ import annotations

from realtime_chat.protocol.client_events import ResponseCancel
from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.protocol.responses import ResponseParams, StatusReason
from realtime_chat.protocol.sessions import RealtimeSession
from realtime_chat.server.answer import Answer, AnswerState
from realtime_chat.server.answer_options import AnswerOptions, answer_options
from realtime_chat.server.engines.seam import ChatMessage
from realtime_chat.server.history import History
from realtime_chat.server.outbox import Outbox
from realtime_chat.server.work import Work


class Answerer:
    """Opens answers, has them made, and stops them."""

    def __init__(self, outbox: Outbox, history: History) -> None:
        self._out = outbox
        self._history = history
        self._conversation_id = outbox.new_id("conv")
        self._answer: Answer | None = None
        self._work: Work | None = None
        self._draft: Work | None = None

    @property
    def active(self) -> Answer | None:
        """The answer that is not done yet."""
        answer = self._answer
        return answer if answer is not None and answer.state is not AnswerState.DONE else None

    def respond(self, options: AnswerOptions) -> None:
        """Open an answer; it begins when the words that it answers are known.

        Raises:
            MalformedEvent: There is one already.
        """
        if self.active is not None:
            reason = (
                f"Conversation already has an active response in progress: {self.active.id}. "
                "Wait until the response is finished before creating a new one."
            )
            raise MalformedEvent("conversation_already_has_active_response", reason)
        self._answer = Answer(self._out, self._history, self._conversation_id, options)
        self.go_on()

    def go_on(self) -> None:
        """Begin the open answer if all words that it answers are known by now."""
        answer = self.active
        if answer is None or answer.state is not AnswerState.WAITING or self._history.awaited:
            return
        if self._history.ends_in_silence:
            answer.say_nothing()
            return
        answer.state = AnswerState.WRITING
        messages = self._history.messages(answer.options.instructions)
        if self._draft is not None and self._draft.serves(messages, answer.options):
            self._work, self._draft = self._draft, None
        else:
            self.drop_draft()
            self._work = Work(self._out, messages, answer.options)
        self._work.attach(answer)

    def cannot_hear(self, message: str) -> None:
        """The words that the open answer waits for cannot be recognised."""
        if self.active is not None and self.active.state is AnswerState.WAITING:
            self.active.fail("transcription_failed", message)

    def cancel(self, event: ResponseCancel) -> None:
        """Stop the answer that the client names, or the one there is.

        Raises:
            MalformedEvent: There is none, or it is another.
        """
        active = self.active
        if active is None or (isinstance(event.response_id, str) and event.response_id != active.id):
            raise MalformedEvent("response_cancel_not_active", "Cancellation failed: no active response found")
        self.stop("client_cancelled")

    def stop(self, reason: StatusReason) -> None:
        """Stop the answer there is, if any."""
        if self.active is not None:
            self.active.cancel(reason)
            if self._work is not None:
                self._work.abandon()
                self._work = None

    def draft(self, session: RealtimeSession, item_id: str, text: str) -> None:
        """Begin the answer to what the person seems to have finished saying."""
        options = answer_options(session, ResponseParams())
        messages = self._history.messages(options.instructions, heard=(item_id, text))
        if self.active is None and not self._is_drafted(messages, options):
            self.drop_draft()
            self._draft = Work(self._out, messages, options)

    def drop_draft(self) -> None:
        """The person goes on speaking, or the answer is to something else."""
        if self._draft is not None:
            self._draft.abandon()
            self._draft = None

    def wanted(self, work_id: str) -> Work | None:
        """Give the work with this id, unless its result is not wanted any more."""
        if self._draft is not None and self._draft.id == work_id:
            return self._draft
        is_work = self._work is not None and self._work.id == work_id
        return self._work if is_work and self.active is not None else None

    def failed(self, work_id: str, message: str) -> None:
        """An engine could not go on with a work; a draft is tried again when it is really wanted."""
        if self._draft is not None and self._draft.id == work_id:
            self.drop_draft()
        elif work := self.wanted(work_id):
            work.failed(message)

    def _is_drafted(self, messages: tuple[ChatMessage, ...], options: AnswerOptions) -> bool:
        return self._draft is not None and self._draft.serves(messages, options)
