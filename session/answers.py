"""`Answers`: what the assistant says, from its first delta until it was heard to the end or interrupted.

The server remembers whatever it has made, also what nobody heard. So of an answer that was interrupted each item is
cut where it was heard, and deleted where it was not heard at all; those that arrive late, too.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, UnsetType

from realtime_chat.audio.frame import samples_to_ms
from realtime_chat.audio.playback import Heard, PlaybackEvent, PlaybackStarted
from realtime_chat.protocol.client_events import ItemDelete, ItemTruncate
from realtime_chat.protocol.items import Item, MessageItem, OutputAudio, OutputText, TextPart
from realtime_chat.protocol.response_events import (
    AudioDelta,
    AudioTranscriptDelta,
    AudioTranscriptDone,
    ContentPartDone,
    OutputItemAdded,
    OutputItemDone,
    TextDelta,
    TextDone,
)
from realtime_chat.protocol.responses import Response
from realtime_chat.session.answer import Answer, Course, Output, Stage
from realtime_chat.session.effects import Effect, EndItem, Flush, Play, Send, Tell
from realtime_chat.session.metrics import TurnTiming, turn_notice
from realtime_chat.session.notices import Interrupted, Transcript
from realtime_chat.session.transcript import Line, TranscriptStore

OutputEvent = (
    OutputItemAdded
    | OutputItemDone
    | ContentPartDone
    | TextDelta
    | TextDone
    | AudioTranscriptDelta
    | AudioTranscriptDone
    | AudioDelta
)
"""The events of a response that carry words, sound, or the end of either."""

_REMEMBERED = 128
"""Responses, and items, that are kept in mind after they are over, to deal with what arrives late for them."""


class Answers:
    """The responses that are not over, their items and their sound.

    An answer is over when its response is done and nothing of it is to sound any more; then its `Turn` is told,
    unless it was interrupted before anything of it was heard.
    """

    def __init__(self, transcript: TranscriptStore, *, has_sound: bool) -> None:
        """Make one that writes into ``transcript``; without ``has_sound``, audio is passed over and words are read."""
        self._transcript = transcript
        self._has_sound = has_sound
        self._answers: dict[str, Answer] = {}
        self._past: dict[str, Answer] = {}
        self._items: dict[str, Output] = {}
        self.turns = 0
        """Answers given: heard to the end, or interrupted after some of it was heard or read."""

    @property
    def is_sounding(self) -> bool:
        """Sound was handed over and is not over."""
        return any(answer.is_wanted and answer.is_sounding for answer in self._answers.values())

    @property
    def is_audible(self) -> bool:
        """An item whose sound is not over has begun to sound."""
        wanted = (answer for answer in self._answers.values() if answer.is_wanted)
        return any(item.is_audible for answer in wanted for item in answer.items)

    def has_begun(self, response_id: str) -> bool:
        """Say whether words or sound of a response came that is not over."""
        answer = self._answers.get(response_id)
        return answer is not None and answer.course is Course.GIVING

    def knows(self, response_id: str) -> bool:
        """Say whether a response began earlier."""
        return response_id in self._answers or response_id in self._past

    def begin(self, response_id: str, timing: TurnTiming | None) -> None:
        """A response began; ``timing`` is that of the turn it answers."""
        self._answers[response_id] = Answer(response_id, timing)

    def take(self, event: OutputEvent, now: float) -> list[Effect]:
        """Take a part of a response. What is late is dropped, and deleted where the response was interrupted."""
        answer = self._answers.get(event.response_id) or self._past.get(event.response_id)
        if answer is None:
            return []
        if not answer.is_wanted:
            return self._refuse(answer, _item_id(event))
        if answer.done is not None:
            return []
        match event:
            case AudioDelta(item_id=item_id, delta=pcm):
                return self._play(answer, item_id, event.content_index, pcm)
            case OutputItemAdded(item=item):
                return self._open(answer, item)
            case OutputItemDone(item=item):
                return self._complete(answer, item, now)
            case TextDelta(delta=delta) | AudioTranscriptDelta(delta=delta):
                line = self._line(answer, event.item_id)
                has_news = line.extend(event.content_index, delta)
                is_text = isinstance(event, TextDelta)
            case _:
                text, is_text = _whole(event)
                line = self._line(answer, event.item_id)
                has_news = line.complete(event.content_index, text)
        return self._worded(answer, line, now, is_text=is_text) if has_news else []

    def finish(self, response: Response, now: float) -> list[Effect]:
        """A response is done: nothing more comes, though it may still sound."""
        answer = self._answers.get(response.id)
        if answer is None or answer.done is not None:
            return []
        effects: list[Effect] = []
        for item in response.output:
            if answer.is_wanted:
                effects += self._complete(answer, item, now)
            elif isinstance(item, MessageItem):
                effects += self._refuse(answer, item.id)
        if answer.is_wanted:
            for output in answer.items:
                effects += self._end(output)
        answer.done = response
        return effects + self._settled(answer)

    def interrupt(self) -> list[Effect]:
        """Drop all that was not heard yet; where something sounds, `flushed` must follow."""
        effects: list[Effect] = []
        is_sounding = self.is_sounding
        for answer in self._answers.values():
            if answer.is_wanted:
                answer.drop()
                for item in answer.items:
                    effects += self._drop(item)
        return [*effects, Flush()] if is_sounding else effects

    def flushed(self, heard: Sequence[Heard]) -> list[Effect]:
        """Tell the server what was heard of each item, so that it forgets the rest."""
        effects: list[Effect] = []
        for one in heard:
            item = self._items.get(one.item_id)
            if item is None or item.answer.is_wanted or not item.is_sounding:
                continue
            if item.is_whole and one.rendered >= one.received:
                continue
            heard_ms = samples_to_ms(min(one.rendered, one.received))
            effects += self._cut(item, heard_ms) if heard_ms > 0 else self._delete(item)
        for answer in [answer for answer in self._answers.values() if not answer.is_wanted]:
            for item in answer.items:
                if item.is_sounding:  # the speaker was through with it
                    item.take_in()
            effects += self._settled(answer)
        return effects

    def playback(self, event: PlaybackEvent) -> list[Effect]:
        """The speaker began or finished an item."""
        item = self._items.get(event.item_id)
        if item is None or not item.is_sounding or not item.answer.is_wanted:
            return []
        if isinstance(event, PlaybackStarted):
            item.start()
            if item.answer.timing is not None:
                item.answer.timing.audio(event.at)
            return []
        item.take_in()
        return self._settled(item.answer)

    def _play(self, answer: Answer, item_id: str, content_index: int, pcm: bytes) -> list[Effect]:
        if not self._has_sound or not pcm or not self._own(answer, item_id).sound(content_index):
            return []
        answer.give()
        return [Play(item_id, pcm)]

    def _open(self, answer: Answer, item: Item) -> list[Effect]:
        if isinstance(item, MessageItem) and item.id is not UNSET:
            self._line(answer, item.id)
        return []

    def _complete(self, answer: Answer, item: Item, now: float) -> list[Effect]:
        """Take an item as it is in the end: some servers send its words nowhere else."""
        if not isinstance(item, MessageItem) or item.id is UNSET:
            return []
        effects: list[Effect] = []
        line = self._line(answer, item.id)
        for index, part in enumerate(item.content):
            text = part.text if isinstance(part, OutputText) else ""
            if isinstance(part, OutputAudio) and isinstance(part.transcript, str):
                text = part.transcript
            if line.complete(index, text):
                effects += self._worded(answer, line, now, is_text=isinstance(part, OutputText))
        return effects + self._end(self._own(answer, item.id))

    def _end(self, item: Output) -> list[Effect]:
        effects = self._close(item.item_id)
        return [*effects, EndItem(item.item_id)] if item.end() else effects

    def _refuse(self, answer: Answer, item_id: str | UnsetType) -> list[Effect]:
        """An item of an interrupted answer came, or more of one: the server is to forget those it began unheard."""
        if not self._has_sound or item_id is UNSET:
            return []
        item = self._own(answer, item_id)
        return self._delete(item) if item.stage is Stage.SILENT else []

    def _drop(self, item: Output) -> list[Effect]:
        """Do what the interruption means for an item; of one that sounds, `flushed` will know more."""
        if item.stage is Stage.WRITTEN:
            item.take_in()
            return self._close(item.item_id)
        if item.stage in {Stage.SILENT, Stage.MUTE} and self._has_sound:
            return self._delete(item)
        return []

    def _cut(self, item: Output, heard_ms: int) -> list[Effect]:
        item.take_in()
        cut = ItemTruncate(item_id=item.item_id, content_index=item.content_index, audio_end_ms=heard_ms)
        return [*self._close(item.item_id), Send(cut), Tell(Interrupted(item.item_id, heard_ms))]

    def _delete(self, item: Output) -> list[Effect]:
        """Nobody heard the item, and so nobody is told that its words were said."""
        item.delete()
        effects: list[Effect] = [Send(ItemDelete(item_id=item.item_id))]
        line = self._transcript.find(item.item_id)
        if line is not None and line.close() and line.text:
            effects.append(Tell(Transcript(line.role, "", True, line.item_id)))
        self._transcript.remove(item.item_id)
        return [*effects, Tell(Interrupted(item.item_id, 0))]

    def _close(self, item_id: str) -> list[Effect]:
        line = self._transcript.find(item_id)
        if line is None or not line.close() or not line.text:
            return []
        return [_told(line)]

    def _worded(self, answer: Answer, line: Line, now: float, *, is_text: bool) -> list[Effect]:
        answer.give()
        if is_text or not self._has_sound:
            self._own(answer, line.item_id).write()
        if answer.timing is not None:
            answer.timing.text(now)
        return [_told(line)]

    def _line(self, answer: Answer, item_id: str) -> Line:
        self._own(answer, item_id)
        return self._transcript.place(item_id, "assistant")

    def _own(self, answer: Answer, item_id: str) -> Output:
        """Give an item; a new one belongs to ``answer``."""
        item = self._items.get(item_id)
        if item is None:
            item = self._items[item_id] = Output(item_id, answer)
            answer.items.append(item)
        return item

    def _settled(self, answer: Answer) -> list[Effect]:
        """Tell the turn of an answer that is over now."""
        if answer.done is None or answer.is_sounding:
            return []
        del self._answers[answer.response_id]
        self._past[answer.response_id] = answer
        if len(self._past) > _REMEMBERED:
            forgotten = self._past.pop(next(iter(self._past)))
            for item in forgotten.items:
                del self._items[item.item_id]
        was_given = answer.course is Course.BEGUN and answer.done.status in {"completed", "incomplete"}
        if not was_given and answer.course not in {Course.GIVING, Course.CUT}:
            return []
        self.turns += 1
        return [Tell(turn_notice(answer.timing, answer.done.usage))]


def _item_id(event: OutputEvent) -> str | UnsetType:
    if not isinstance(event, OutputItemAdded | OutputItemDone):
        return event.item_id
    return event.item.id if isinstance(event.item, MessageItem) else UNSET


def _whole(event: ContentPartDone | TextDone | AudioTranscriptDone) -> tuple[str, bool]:
    """Give the words of a part that is over, and whether they are text."""
    match event:
        case ContentPartDone(part=part):
            return (part.text, True) if isinstance(part, TextPart) else (part.transcript, False)
        case TextDone(text=text):
            return text, True
        case _:
            return event.transcript, False


def _told(line: Line) -> Tell:
    return Tell(Transcript(line.role, line.text, line.is_final, line.item_id))
