"""`Recognition`: speech in, words out; of what is just being said, and of items that wait for theirs."""

from __future__ import annotations

from collections.abc import Sequence

from realtime_chat.audio.frame import SAMPLE_BYTES, ms_to_samples
from realtime_chat.protocol.item_events import (
    TranscriptionCompleted,
    TranscriptionDelta,
    TranscriptionError,
    TranscriptionFailed,
    TranscriptionUsage,
)
from realtime_chat.server import room
from realtime_chat.server.effects import Hurry, StopTranscribing, Transcribe
from realtime_chat.server.engines.place import Urgency
from realtime_chat.server.entry import Entry
from realtime_chat.server.history import History
from realtime_chat.server.outbox import Outbox
from realtime_chat.server.utterance import VOICE_TAIL, Utterance


class Recognition:
    """Has speech recognised, and tells its words as they become known.

    Attributes:
        tells: Whether the client asked for transcripts.
        current: What is just being said, and will be an item.
    """

    def __init__(self, outbox: Outbox, history: History) -> None:
        self.tells = False
        self._out = outbox
        self._history = history
        self.current = self._next()
        self._committed: dict[str, Utterance] = {}
        self._asides: dict[str, Entry] = {}

    def close(self) -> None:
        """The session is over: nothing of it is kept."""
        self._committed.clear()
        self._asides.clear()

    def check_room(self, more: Sequence[int], param: str | None) -> None:
        """Check that so many more items may be recognised.

        Args:
            more: Samples of each.
            param: Where they are in the event.

        Raises:
            MalformedEvent: Too many wait for it, or too much sound does.
        """
        room.check_waiting([self._entry(item_id).samples for item_id in self._committed], more, param)

    def listen_ahead(self, pcm: bytes) -> None:
        """Recognise what has been said so far."""
        self._listen(self.current, pcm, Urgency.AHEAD)

    def turn_over(self) -> Utterance:
        """Give what was just being said, which will be an item; what is said from now on is another."""
        over, self.current = self.current, self._next()
        return over

    def drop_current(self) -> None:
        """What was just being said will be no item."""
        self._out.do(StopTranscribing(self.turn_over().item_id))

    def complete(self, entry: Entry, utterance: Utterance, voiced_end: int) -> None:
        """Recognise the rest of an utterance that is an item now.

        Args:
            entry: The item.
            utterance: What is known of it.
            voiced_end: The last sample that was voiced; 0 when none was.
        """
        if not voiced_end or utterance.settled(voiced_end):
            if utterance.busy:  # with what can change nothing
                self._out.do(StopTranscribing(entry.id))
            self._understood(entry, utterance)
            return
        entry.awaited = True
        self._committed[entry.id] = utterance
        utterance.wanted = min(voiced_end + VOICE_TAIL, entry.samples)
        if utterance.suffices:
            self._out.do(Hurry(entry.id))
        else:  # in place of what is under way, if anything is
            self._listen(utterance, _beginning(entry, utterance.wanted))

    def listen_to(self, entry: Entry, *, silently: bool = False) -> None:
        """Recognise an item that came with its sound; ``silently`` if it is none of the conversation's."""
        entry.awaited = True
        if silently:
            self._asides[entry.id] = entry
        utterance = self._committed[entry.id] = Utterance(entry.id)
        self._listen(utterance, bytes(entry.pcm), Urgency.ASIDE)

    def forget(self, item_id: str) -> None:
        """Nobody wants an item's words any more."""
        if self._committed.pop(item_id, None) is not None:
            self._out.do(StopTranscribing(item_id))

    def learned(self, item_id: str, samples: int, text: str) -> None:
        """Take the words of the first ``samples`` samples of an item, or of what is just being said."""
        if item_id == self.current.item_id:
            self._tell_more(item_id, self.current.learned(samples, text))
        elif (utterance := self._committed.get(item_id)) is not None:
            self._tell_more(item_id, utterance.learned(samples, text))
            if samples >= utterance.wanted:
                del self._committed[item_id]
                self._understood(self._entry(item_id), utterance)
            else:
                self._listen(utterance, _beginning(self._entry(item_id), utterance.wanted))

    def failed(self, item_id: str, message: str) -> bool:
        """Take it that an item's speech could not be recognised; say whether anybody waited for it."""
        if self._committed.pop(item_id, None) is None:
            self.current.gave_up()
            return False
        self._settle(self._entry(item_id))
        if self._asides.pop(item_id, None) is not None:
            return True
        if self.tells:
            error = TranscriptionError(type="server_error", code="transcription_failed", message=message)
            self._out.emit(TranscriptionFailed, item_id=item_id, error=error)
        return True

    def _next(self) -> Utterance:
        return Utterance(self._out.new_id("item"))

    def _entry(self, item_id: str) -> Entry:
        return self._asides[item_id] if item_id in self._asides else self._history[item_id]

    def _listen(self, utterance: Utterance, pcm: bytes, urgency: Urgency = Urgency.TURN) -> None:
        samples = len(pcm) // SAMPLE_BYTES
        utterance.asked(samples)
        self._out.do(Transcribe(utterance.item_id, pcm, samples, utterance.text, urgency))

    def _tell_more(self, item_id: str, delta: str) -> None:
        if delta and self.tells and item_id not in self._asides:
            self._out.emit(TranscriptionDelta, item_id=item_id, delta=delta)

    def _settle(self, entry: Entry) -> None:
        entry.awaited = False
        self._history.trim(entry)

    def _understood(self, entry: Entry, utterance: Utterance) -> None:
        self._settle(entry)
        entry.set_transcript(utterance.text)
        if self._asides.pop(entry.id, None) is None and self.tells:
            self._tell_more(entry.id, utterance.rest(utterance.text))
            seconds = round(entry.samples / ms_to_samples(1000), 3)
            usage = TranscriptionUsage(type="duration", seconds=seconds)
            self._out.emit(TranscriptionCompleted, item_id=entry.id, transcript=utterance.text, usage=usage)


def _beginning(entry: Entry, samples: int) -> bytes:
    return bytes(memoryview(entry.pcm)[: samples * SAMPLE_BYTES])
