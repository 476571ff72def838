"""`Intake`: takes the words and the sound of an answer as they come, and hands them on to be heard or read."""

from __future__ import annotations

from realtime_chat.protocol.items import Item, MessageItem
from realtime_chat.protocol.response_events import (
    AudioDelta,
    AudioTranscriptDelta,
    OutputItemAdded,
    OutputItemDone,
    TextDelta,
)
from realtime_chat.session.answer import Answer, Output
from realtime_chat.session.answer_book import AnswerBook
from realtime_chat.session.effects import Effect, EndItem, Play
from realtime_chat.session.output_events import OutputEvent, item_of, whole_text, words_of
from realtime_chat.session.transcript import Line
from realtime_chat.session.wording import Wording, told


class Intake:
    """Takes the parts of answers that are wanted; which those are is for its caller to know."""

    def __init__(self, book: AnswerBook, wording: Wording, *, is_voiced: bool) -> None:
        """Make one.

        Args:
            book: Gets the items.
            wording: Gets their words.
            is_voiced: Answers are spoken; else sound is passed over and words are read.
        """
        self._book = book
        self._wording = wording
        self.is_voiced = is_voiced
        """Answers are spoken; it may change at any time."""

    def take(self, answer: Answer, event: OutputEvent, now: float) -> list[Effect]:
        """Take a part of an answer that is not done."""
        match event:
            case AudioDelta(delta=pcm):
                return self._play(answer, event.item_id, event.content_index, pcm)
            case OutputItemAdded():
                # Its place is known with its first words, or when the conversation gets it.
                if isinstance(item_id := item_of(event), str):
                    self._book.own(answer, item_id)
                return []
            case OutputItemDone(item=item):
                return self.complete(answer, item, now)
            case TextDelta(delta=delta) | AudioTranscriptDelta(delta=delta):
                line = self._line(answer, event.item_id)
                self._book.own(answer, event.item_id).alignment.words(len(line.text))
                has_news = line.extend(event.content_index, delta)
                is_text = isinstance(event, TextDelta)
            case _:
                text, is_text = whole_text(event)
                line = self._line(answer, event.item_id)
                has_news = line.complete(event.content_index, text)
        return self._worded(answer, line, now, is_text=is_text) if has_news else []

    def complete(self, answer: Answer, item: Item, now: float) -> list[Effect]:
        """Take an item as it is in the end: some servers send its words nowhere else."""
        if not isinstance(item, MessageItem) or not isinstance(item.id, str):
            return []
        effects: list[Effect] = []
        line = self._line(answer, item.id)
        for index, part in enumerate(item.content):
            text, is_text = words_of(part)
            if line.complete(index, text):
                effects += self._worded(answer, line, now, is_text=is_text)
        return effects + self.end(self._book.own(answer, item.id))

    def end(self, item: Output) -> list[Effect]:
        """No more of an item comes."""
        if item.end():
            return [EndItem(item.item_id)]
        return [] if item.is_sounding else self._wording.close(item.item_id)

    def _play(self, answer: Answer, item_id: str, content_index: int, pcm: bytes) -> list[Effect]:
        if not pcm:
            return []
        item = self._book.own(answer, item_id)
        if not self.is_voiced:
            item.pass_over()
            return []
        if not item.sound(content_index):
            return []
        item.alignment.sound(pcm)
        answer.give()
        return [Play(item_id, pcm)]

    def _worded(self, answer: Answer, line: Line, now: float, *, is_text: bool) -> list[Effect]:
        answer.give()
        if is_text or not self.is_voiced:
            self._book.own(answer, line.item_id).write()
        if answer.timing is not None:
            answer.timing.text(now)
        return [told(line)]

    def _line(self, answer: Answer, item_id: str) -> Line:
        self._book.own(answer, item_id)
        return self._wording.line(item_id)
