"""`Answers`: what the assistant says, from its first delta until it was heard to the end or interrupted."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec import UNSET

from realtime_chat.audio.frame import samples_to_ms
from realtime_chat.audio.playback import Heard, PlaybackEvent, PlaybackStarted
from realtime_chat.protocol.client_events import ItemDelete, ItemTruncate
from realtime_chat.protocol.items import Item, MessageItem, OutputAudio, OutputText, TextPart
from realtime_chat.protocol.responses import Response, Usage
from realtime_chat.protocol.server_events import (
    AudioDelta,
    AudioTranscriptDelta,
    AudioTranscriptDone,
    ContentPartDone,
    OutputItemAdded,
    OutputItemDone,
    TextDelta,
    TextDone,
)
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
"""Responses, and items, that are kept in mind after they are over, to drop what arrives late for them."""


@dataclass(slots=True)
class _Answer:
    response_id: str
    timing: TurnTiming | None
    items: list[str] = field(default_factory=list)
    has_output: bool = False
    is_unwanted: bool = False
    done: Response | None = None


@dataclass(slots=True)
class _Sound:
    answer: _Answer
    content_index: int
    is_ended: bool = False
    is_started: bool = False


class Answers:
    """The responses that are not over, their items and their sound.

    An answer is over when its response is done and nothing of it is to sound any more; then its `Turn` is told.
    """

    def __init__(self, transcript: TranscriptStore, *, has_sound: bool) -> None:
        """Make one that writes into ``transcript``; without ``has_sound``, audio is passed over."""
        self._transcript = transcript
        self._has_sound = has_sound
        self._answers: dict[str, _Answer] = {}
        self._past: deque[str] = deque(maxlen=_REMEMBERED)
        self._over: deque[str] = deque(maxlen=_REMEMBERED)
        self._sounds: dict[str, _Sound] = {}
        self._flushing: dict[str, _Sound] = {}
        self.turns = 0
        """Answers given: heard to the end, or interrupted after they had begun."""

    @property
    def is_sounding(self) -> bool:
        """Sound was handed over and is not over."""
        return bool(self._sounds)

    @property
    def is_audible(self) -> bool:
        """An item whose sound is not over has begun to sound."""
        return any(sound.is_started for sound in self._sounds.values())

    def has_begun(self, response_id: str) -> bool:
        """Say whether words or sound of a response came that is not over."""
        answer = self._answers.get(response_id)
        return answer is not None and answer.has_output

    def knows(self, response_id: str) -> bool:
        """Say whether a response began earlier."""
        return response_id in self._answers or response_id in self._past

    def begin(self, response_id: str, timing: TurnTiming | None) -> None:
        """A response began; ``timing`` is that of the turn it answers."""
        self._answers[response_id] = _Answer(response_id, timing)

    def take(self, event: OutputEvent, now: float) -> list[Effect]:
        """Take a part of a response; what belongs to one that was interrupted or is over is dropped."""
        answer = self._answers.get(event.response_id)
        if answer is None or answer.is_unwanted:
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
                return self._worded(answer, line, now) if line.extend(event.content_index, delta) else []
            case ContentPartDone(part=part):
                text = part.text if isinstance(part, TextPart) else part.transcript
            case TextDone(text=text):
                pass
            case _:
                text = event.transcript
        line = self._line(answer, event.item_id)
        return self._worded(answer, line, now) if line.complete(event.content_index, text) else []

    def finish(self, response: Response, now: float) -> list[Effect]:
        """A response is done: nothing more comes, though it may still sound."""
        answer = self._answers.get(response.id)
        if answer is None:
            return []
        effects: list[Effect] = []
        if not answer.is_unwanted:
            for item in response.output:
                effects += self._complete(answer, item, now)
            for item_id in answer.items:
                effects += self._end(answer, item_id)
        answer.done = response
        return effects + self._settled(answer)

    def interrupt(self) -> list[Effect]:
        """Drop all that was not heard yet; where something sounds, `flushed` must follow."""
        effects: list[Effect] = []
        for answer in self._answers.values():
            if not answer.is_unwanted:
                answer.is_unwanted = True
                for item_id in answer.items:
                    effects += self._close(item_id)
        if self._sounds:
            self._over.extend(self._sounds)
            self._flushing |= self._sounds
            self._sounds = {}
            effects.append(Flush())
        return effects

    def flushed(self, heard: Sequence[Heard]) -> list[Effect]:
        """Tell the server what was heard of each item, so that it forgets the rest."""
        effects: list[Effect] = []
        flushing, self._flushing = self._flushing, {}
        for one in heard:
            sound = flushing.get(one.item_id)
            if sound is None or (sound.is_ended and one.rendered >= one.received):
                continue
            heard_ms = samples_to_ms(min(one.rendered, one.received))
            if heard_ms > 0:
                cut = ItemTruncate(item_id=one.item_id, content_index=sound.content_index, audio_end_ms=heard_ms)
                effects.append(Send(cut))
            else:
                self._transcript.remove(one.item_id)
                effects.append(Send(ItemDelete(item_id=one.item_id)))
            effects.append(Tell(Interrupted(one.item_id, heard_ms)))
        for answer in {id(sound.answer): sound.answer for sound in flushing.values()}.values():
            effects += self._settled(answer)
        return effects

    def playback(self, event: PlaybackEvent) -> list[Effect]:
        """The speaker began or finished an item."""
        sound = self._sounds.get(event.item_id)
        if sound is None:
            return []
        if isinstance(event, PlaybackStarted):
            sound.is_started = True
            if sound.answer.timing is not None:
                sound.answer.timing.audio(event.at)
            return []
        del self._sounds[event.item_id]
        return self._settled(sound.answer)

    def _play(self, answer: _Answer, item_id: str, content_index: int, pcm: bytes) -> list[Effect]:
        if not self._has_sound or not pcm or item_id in self._over:
            return []
        answer.has_output = True
        self._own(answer, item_id)
        self._sounds.setdefault(item_id, _Sound(answer, content_index))
        return [Play(item_id, pcm)]

    def _open(self, answer: _Answer, item: Item) -> list[Effect]:
        if isinstance(item, MessageItem) and item.id is not UNSET:
            self._line(answer, item.id)
        return []

    def _complete(self, answer: _Answer, item: Item, now: float) -> list[Effect]:
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
                effects += self._worded(answer, line, now)
        return effects + self._end(answer, item.id)

    def _end(self, answer: _Answer, item_id: str) -> list[Effect]:
        self._over.append(item_id)
        effects = self._close(item_id)
        sound = self._sounds.get(item_id)
        if sound is not None and not sound.is_ended:
            sound.is_ended = True
            effects.append(EndItem(item_id))
        return effects

    def _close(self, item_id: str) -> list[Effect]:
        line = self._transcript.find(item_id)
        if line is None or not line.close() or not line.text:
            return []
        return [_told(line)]

    def _worded(self, answer: _Answer, line: Line, now: float) -> list[Effect]:
        answer.has_output = True
        if answer.timing is not None:
            answer.timing.text(now)
        return [_told(line)]

    def _line(self, answer: _Answer, item_id: str) -> Line:
        self._own(answer, item_id)
        return self._transcript.place(item_id, "assistant")

    def _own(self, answer: _Answer, item_id: str) -> None:
        if item_id not in answer.items:
            answer.items.append(item_id)

    def _settled(self, answer: _Answer) -> list[Effect]:
        """Tell the turn of an answer that is over now."""
        sounds = [*self._sounds.values(), *self._flushing.values()]
        if answer.done is None or any(sound.answer is answer for sound in sounds):
            return []
        del self._answers[answer.response_id]
        self._past.append(answer.response_id)
        was_given = not answer.is_unwanted and answer.done.status in {"completed", "incomplete"}
        if not (answer.has_output or was_given):
            return []
        self.turns += 1
        usage: Usage | None = answer.done.usage
        return [Tell(turn_notice(answer.timing, usage))]


def _told(line: Line) -> Tell:
    return Tell(Transcript(line.role, line.text, line.is_final, line.item_id))
