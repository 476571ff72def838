"""The mouth of a conversation: its one answer at a time, the draft of the next, and answers outside of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from realtime_chat.protocol.client_events import ResponseCancel
from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.protocol.responses import RateLimit, ResponseParams, StatusReason
from realtime_chat.protocol.server_events import RateLimitsUpdated
from realtime_chat.protocol.sessions import RealtimeSession
from realtime_chat.server.answer import Answer, AnswerState
from realtime_chat.server.answer_options import AnswerOptions, answer_options
from realtime_chat.server.engines.place import Urgency
from realtime_chat.server.entry import Entry
from realtime_chat.server.history import History
from realtime_chat.server.outbox import Outbox
from realtime_chat.server.usage import take_heard
from realtime_chat.server.work import Work

MAX_ASIDES = 8
"""Answers outside of the conversation that one session may have under way; each is a place in the engines' queue."""

UNINTELLIGIBLE = "(The person said nothing that could be understood.)"
"""What the language model reads in place of a last item without words, where it is to answer all the same."""


@dataclass
class _Run:
    """An answer on its way.

    Attributes:
        answer: What the client sees of it.
        context: The items that it answers.
        asked: The client asked for it.
        work: What the engines make for it, once they were asked.
    """

    answer: Answer
    context: History
    asked: bool
    work: Work | None = None

    @property
    def is_active(self) -> bool:
        return self.answer.state is not AnswerState.DONE


class Answerer:
    """Opens answers, has them made, and stops them."""

    def __init__(self, outbox: Outbox, history: History) -> None:
        self.conversation_id = outbox.new_id("conv")
        self._out = outbox
        self._history = history
        self._main: _Run | None = None
        self._asides: dict[str, _Run] = {}
        self._draft: Work | None = None

    @property
    def active(self) -> Answer | None:
        """The conversation's answer that is not done yet."""
        return self._main.answer if self._main is not None and self._main.is_active else None

    def check_room(self, *, aside: bool) -> None:
        """Check that one more answer may be begun, outside of the conversation or in it.

        Raises:
            MalformedEvent: There is one already, or there are too many.
        """
        if aside and len(self._asides) >= MAX_ASIDES:
            reason = f"Rate limit reached: {MAX_ASIDES} out-of-band responses are in progress. Wait until one is done."
            raise MalformedEvent("rate_limit_exceeded", reason, "response.conversation")
        if not aside and self.active is not None:
            reason = (
                f"Conversation already has an active response in progress: {self.active.id}. "
                "Wait until the response is finished before creating a new one."
            )
            raise MalformedEvent("conversation_already_has_active_response", reason)

    def respond(
        self,
        options: AnswerOptions,
        context: History | None = None,
        *,
        aside: bool = False,
        asked: bool = False,
    ) -> None:
        """Open an answer; it begins when the words that it answers are known.

        Args:
            options: What was asked of it.
            context: What it answers; ``None`` for the conversation.
            aside: It stays outside of the conversation, and others may be under way.
            asked: The client wants it, whatever was said; else nothing is answered where nothing was said.

        Raises:
            MalformedEvent: There is one already, or there are too many.
        """
        self.check_room(aside=aside)
        context = self._history if context is None else context
        if aside:
            answer = Answer(self._out, None, None, options)
            self._asides[answer.id] = _Run(answer, context, asked)
        else:
            answer = Answer(self._out, self._history, self.conversation_id, options)
            self._main = _Run(answer, context, asked)
        self.go_on()

    def go_on(self) -> None:
        """Begin every open answer if all words that it answers are known by now."""
        for run in list(self._runs()):
            if run.answer.state is AnswerState.WAITING and not run.context.awaited:
                self._begin(run)
        self.tidy()

    def _begin(self, run: _Run) -> None:
        answer = run.answer
        answer.heard = take_heard(run.context)
        silent = run.context.ends_in_silence
        if silent and not run.asked:
            answer.say_nothing()
            return
        answer.state = AnswerState.WRITING
        messages = run.context.messages(answer.options.instructions, last=UNINTELLIGIBLE if silent else "")
        draft = self._draft
        if run is self._main and draft is not None and draft.serves(messages, answer.options):
            run.work, self._draft = draft, None
        else:
            if run is self._main:
                self.drop_draft()
            urgency = Urgency.TURN if run is self._main else Urgency.ASIDE
            run.work = Work(self._out, messages, answer.options, urgency)
        run.work.attach(answer)

    def cannot_hear(self, item_id: str, message: str) -> None:
        """The words of an item cannot be recognised: no answer that waits for them will come."""
        for run in list(self._runs()):
            if run.answer.state is AnswerState.WAITING and item_id in run.context:
                run.answer.fail("transcription_failed", message)
        self.tidy()

    def cancel(self, event: ResponseCancel) -> None:
        """Stop the answer that the client names, or the conversation's.

        Raises:
            MalformedEvent: There is none.
        """
        named = event.response_id if isinstance(event.response_id, str) else None
        for run in list(self._runs()):
            if run.answer.id == named or (named is None and run is self._main):
                self._stop(run, "client_cancelled")
                return
        raise MalformedEvent("response_cancel_not_active", "Cancellation failed: no active response found")

    def stop(self, reason: StatusReason) -> None:
        """Stop the conversation's answer, if there is one."""
        if self._main is not None and self._main.is_active:
            self._stop(self._main, reason)

    def _stop(self, run: _Run, reason: StatusReason) -> None:
        run.answer.cancel(reason)
        if run.work is not None:
            run.work.abandon()
            run.work = None
        self.tidy()

    def draft(self, session: RealtimeSession, item_id: str, text: str) -> None:
        """Begin the answer to what the person seems to have finished saying."""
        options = answer_options(session, ResponseParams())
        messages = self._history.messages(options.instructions, heard=(item_id, text))
        drafted = self._draft is not None and self._draft.serves(messages, options)
        if self.active is None and not drafted:
            self.drop_draft()
            self._draft = Work(self._out, messages, options)

    def drop_draft(self) -> None:
        """The person goes on speaking, or the answer is to something else."""
        if self._draft is not None:
            self._draft.abandon()
            self._draft = None

    def wanted(self, work_id: str) -> Work | None:
        """Give the work with this id, unless its result is not wanted any more."""
        works = [self._draft, *(run.work for run in self._runs())]
        return next((work for work in works if work is not None and work.id == work_id), None)

    def failed(self, work_id: str, code: str, message: str) -> None:
        """An engine could not go on with a work; a draft is tried again when it is really wanted."""
        if self._draft is not None and self._draft.id == work_id:
            self.drop_draft()
        elif work := self.wanted(work_id):
            work.failed(code, message)
        self.tidy()

    def tidy(self) -> None:
        """Forget the answers that are done, and say what may be begun now."""
        done = [run for run in (self._main, *self._asides.values()) if run is not None and not run.is_active]
        for run in done:
            if run is self._main:
                self._main = None
            self._asides.pop(run.answer.id, None)
            free = MAX_ASIDES - len(self._asides) + (self._main is None)
            limit = RateLimit(name="requests", limit=MAX_ASIDES + 1, remaining=free, reset_seconds=0.0)
            self._out.emit(RateLimitsUpdated, rate_limits=[limit])

    def _runs(self) -> Iterator[_Run]:
        return (run for run in (self._main, *self._asides.values()) if run is not None and run.is_active)

    def close(self) -> None:
        """The session is over: nothing of it is kept."""
        self._main = self._draft = None
        self._asides.clear()

    def answers_of(self, entry: Entry) -> Answer | None:
        """Give the conversation's answer under way that ``entry`` is an item of."""
        active = self.active
        return active if active is not None and entry.id in active else None
