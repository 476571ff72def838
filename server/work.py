"""What the engines make for one answer, which may be begun before the answer is asked for.

The end of a turn is only declared after half a second of silence. Most of that time is not lost: an answer is begun
as soon as the words sound complete, and what is made of it is kept back until it is wanted, or dropped when the
person goes on speaking.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from realtime_chat.server.answer import Answer
from realtime_chat.server.answer_options import AnswerOptions
from realtime_chat.server.effects import Abandon, FinishSpeaking, Speak, Think
from realtime_chat.server.engines.clauses import Clause, ClauseCutter
from realtime_chat.server.engines.place import Urgency
from realtime_chat.server.engines.seam import ChatMessage, Speech, TokenUsage, ToolCall
from realtime_chat.server.outbox import Outbox


class Work:
    """Text and sound for one answer. Results go to the answer it is attached to, and wait until there is one."""

    def __init__(
        self,
        outbox: Outbox,
        messages: tuple[ChatMessage, ...],
        options: AnswerOptions,
        urgency: Urgency = Urgency.TURN,
    ) -> None:
        self.id = outbox.new_id("work")
        self._out = outbox
        self._messages = messages
        self._options = replace(options, metadata=None)
        self._urgency = urgency
        self._cutter = ClauseCutter()
        self._answer: Answer | None = None
        self._waiting: list[Callable[[Answer], None]] = []
        self._spoken = False
        outbox.do(Think(self.id, messages, options.max_tokens, options.tools, options.truncation, urgency))

    def serves(self, messages: tuple[ChatMessage, ...], options: AnswerOptions) -> bool:
        """Say whether this is what an answer to ``messages`` needs."""
        return messages == self._messages and replace(options, metadata=None) == self._options

    def attach(self, answer: Answer) -> None:
        """Give ``answer`` what was made so far, and from now on everything at once."""
        self._answer = answer
        for result in self._waiting:
            result(answer)
        self._waiting.clear()

    def abandon(self) -> None:
        """Stop the engines: nobody wants it."""
        self._out.do(Abandon(self.id))

    def wrote(self, delta: str) -> None:
        """The language model wrote more."""
        self._give(lambda answer: answer.wrote(delta))
        if self._options.modality == "audio":
            self._speak(self._cutter.push(delta))

    def called(self, call: ToolCall) -> None:
        """The language model calls a function: what it said before is complete."""
        if self._options.modality == "audio":
            self._speak(self._cutter.flush())
        self._give(lambda answer: answer.called(call))

    def finished_writing(self, usage: TokenUsage) -> None:
        """The language model is done."""
        self._give(lambda answer: answer.finish_writing(usage))
        if self._options.modality == "audio":
            self._speak(self._cutter.flush())
            if self._spoken:
                self._out.do(FinishSpeaking(self.id))
            else:  # nothing but calls, say
                self.finished_speaking()

    def spoke(self, clause: Clause, speech: Speech) -> None:
        """The voice said more of a clause; clauses come in order, each whole before the next."""
        self._give(lambda answer: answer.spoke(clause, speech))

    def finished_speaking(self) -> None:
        """The voice said the last clause."""
        self._give(lambda answer: answer.finish_speaking())

    def failed(self, code: str, message: str) -> None:
        """An engine could not go on."""
        self.abandon()
        self._give(lambda answer: answer.fail(code, message))

    def _give(self, result: Callable[[Answer], None]) -> None:
        if self._answer is None:
            self._waiting.append(result)
        else:
            result(self._answer)

    def _speak(self, clauses: list[Clause]) -> None:
        for clause in clauses:
            if clause.text.strip():
                self._spoken = True
                self._out.do(Speak(self.id, clause, self._options.voice, self._options.speed, self._urgency))
