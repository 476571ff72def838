"""`Answers`: what the assistant says, from its first delta until it was heard to the end or interrupted.

Of an answer that was interrupted, what was not heard is taken back; see `Retraction`.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, UnsetType

from realtime_chat.audio.playback import Heard, PlaybackEvent, PlaybackStarted
from realtime_chat.protocol.items import MessageItem
from realtime_chat.protocol.responses import Response
from realtime_chat.session.answer import Answer, Course, Ended, Stage
from realtime_chat.session.answer_book import AnswerBook
from realtime_chat.session.effects import Effect, Flush, Tell
from realtime_chat.session.intake import Intake
from realtime_chat.session.metrics import TurnTiming, turn_notice
from realtime_chat.session.output_events import OutputEvent, item_of
from realtime_chat.session.retraction import Retraction
from realtime_chat.session.transcript import TranscriptStore
from realtime_chat.session.wording import Wording


class Answers:
    """The responses that are not over, their items and their sound.

    An answer is over when its response is done and nothing of it is to sound any more; then its `Turn` is told,
    unless it was interrupted before anything of it was heard.

    An item's words may be cut as long as its sound is not over, so only then are they told as final.
    """

    def __init__(self, transcript: TranscriptStore, *, is_voiced: bool, speed: float = 1.0) -> None:
        """Make one.

        Args:
            transcript: Words are written into it.
            is_voiced: Answers are spoken; else sound is passed over and words are read.
            speed: How fast the voice speaks, 1 being its usual pace.
        """
        self._wording = Wording(transcript)
        self._retraction = Retraction(self._wording)
        self._book = AnswerBook(speed=speed)
        self._intake = Intake(self._book, self._wording, is_voiced=is_voiced)
        self.turns = 0
        """Answers given: heard to the end, or interrupted after some of it was heard or read."""

    @property
    def is_sounding(self) -> bool:
        """Sound was handed over and is not over."""
        return self._book.is_sounding

    @property
    def is_audible(self) -> bool:
        """An item whose sound is not over has begun to sound."""
        return self._book.is_audible

    def is_written(self, response_id: str) -> bool:
        """Say whether a response is being read: words of it came, which nothing sounds of."""
        answer = self._book.find(response_id)
        if answer is None or answer.course is not Course.GIVING:
            return False
        return not self._intake.is_voiced or any(item.is_read for item in answer.items)

    def is_deleted(self, item_id: str) -> bool:
        """Say whether the server was told to forget an item."""
        item = self._book.item(item_id)
        return item is not None and item.stage is Stage.DELETED

    def knows(self, response_id: str) -> bool:
        """Say whether a response began earlier."""
        return response_id in self._book

    def is_wanted(self, response_id: str) -> bool:
        """Say whether a response was not interrupted, and is not over."""
        answer = self._book.find(response_id)
        return answer is not None and answer.is_wanted

    def unanswered(self, response_id: str) -> TurnTiming | None:
        """Give the timing of a response of which nothing was given: that of the turn, which goes on."""
        answer = self._book.recall(response_id)
        return answer.timing if answer is not None and answer.course is Course.BEGUN else None

    def begin(self, response_id: str, timing: TurnTiming | None) -> None:
        """A response began; ``timing`` is that of the turn it answers."""
        self._book.begin(response_id, timing)

    def take(self, event: OutputEvent, now: float) -> list[Effect]:
        """Take a part of a response. What is late is dropped, and deleted where the response was interrupted."""
        answer = self._book.recall(event.response_id)
        item_id = item_of(event)
        if answer is None or not self._may_have(answer, item_id):
            return []
        if not answer.is_wanted:
            return self._refuse(answer, item_id)
        return self._intake.take(answer, event, now) if answer.done is None else []

    def finish(self, response: Response, now: float, *, is_step: bool = False) -> list[Effect]:
        """A response is done: nothing more comes, though it may still sound.

        One that is only a step, and said nothing, is no turn of its own: it called tools.
        """
        answer = self._book.find(response.id)
        if answer is None or answer.done is not None:
            return []
        effects: list[Effect] = []
        for item in response.output:
            if not isinstance(item, MessageItem) or not self._may_have(answer, item.id):
                continue
            if answer.is_wanted:
                effects += self._intake.complete(answer, item, now)
            else:
                effects += self._refuse(answer, item.id)
        if answer.is_wanted:
            for output in answer.items:
                effects += self._intake.end(output)
        answer.done = Ended(response.status, response.usage)
        if is_step and answer.course is Course.BEGUN:
            if answer.timing is not None:
                answer.timing.spend(response.usage)
            self._book.retire(answer)
            return effects
        return effects + self._settled(answer)

    def set_voice(self, *, is_on: bool) -> list[Effect]:
        """Speak answers or not; what sounds falls silent and is read on, and `flushed` follows."""
        self._intake.is_voiced = is_on
        if is_on:
            return []
        effects: list[Effect] = [Flush()] if self.is_sounding else []
        for answer in self._book.wanted:
            for item in answer.items:
                has_words = self._wording.has_words(item.item_id)
                if item.is_sounding or (item.stage is Stage.MUTE and has_words):
                    item.pass_over()
                elif item.stage is Stage.SILENT and has_words:
                    item.write()
                if item.stage is Stage.TAKEN_IN:
                    effects += self._wording.close(item.item_id)
            effects += self._settled(answer)
        return effects

    def interrupt(self) -> list[Effect]:
        """Drop all that was not heard yet; where something sounds, `flushed` must follow."""
        effects: list[Effect] = []
        is_sounding = self.is_sounding
        for answer in self._book.wanted:
            answer.drop()
            for item in answer.items:
                effects += self._retraction.drop(item, is_voiced=self._intake.is_voiced)
        return [*effects, Flush()] if is_sounding else effects

    def flushed(self, heard: Sequence[Heard]) -> list[Effect]:
        """Tell the server what was heard of each item, so that it forgets the rest."""
        effects: list[Effect] = []
        for one in heard:
            item = self._book.item(one.item_id)
            if item is not None and item.is_sounding and not item.answer.is_wanted:
                effects += self._retraction.stop(item, one)
        for answer in self._book.unwanted:
            for item in answer.items:
                if item.is_sounding:  # the speaker was through with it
                    item.take_in()
                    effects += self._wording.close(item.item_id)
            effects += self._settled(answer)
        return effects

    def playback(self, event: PlaybackEvent) -> list[Effect]:
        """The speaker began or finished an item."""
        item = self._book.item(event.item_id)
        if item is None or not item.is_sounding or not item.answer.is_wanted:
            return []
        if isinstance(event, PlaybackStarted):
            item.start()
            if item.answer.timing is not None:
                item.answer.timing.audio(event.at)
            return []
        item.take_in()
        return [*self._wording.close(item.item_id), *self._settled(item.answer)]

    def spoken(self, heard: Heard) -> str:
        """Give the words of an item that were over when it was heard so far."""
        item = self._book.item(heard.item_id)
        return "" if item is None else self._wording.spoken(item, heard)

    def _may_have(self, answer: Answer, item_id: str | UnsetType) -> bool:
        """Say whether an item may be one of ``answer``: where another one used its id, nobody could tell them apart."""
        return not isinstance(item_id, str) or self._book.is_of(answer, item_id)

    def _refuse(self, answer: Answer, item_id: str | UnsetType) -> list[Effect]:
        """An item of an interrupted answer came, or more of one."""
        if not self._intake.is_voiced or item_id is UNSET:
            return []
        return self._retraction.refuse(self._book.own(answer, item_id))

    def _settled(self, answer: Answer) -> list[Effect]:
        """Tell the turn of an answer that is over now."""
        if answer.done is None or answer.is_sounding:
            return []
        self._book.retire(answer)
        was_given = answer.course is Course.BEGUN and answer.done.status in {"completed", "incomplete"}
        if not was_given and answer.course not in {Course.GIVING, Course.CUT}:
            return []
        self.turns += 1
        return [Tell(turn_notice(answer.timing, answer.done.usage))]
