"""The ear of a conversation: sound in, items with words out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from realtime_chat.audio.frame import SAMPLE_BYTES, SAMPLE_RATE, ms_to_samples, samples_to_ms
from realtime_chat.protocol.buffer_events import (
    BufferCleared,
    BufferCommitted,
    SpeechStarted,
    SpeechStopped,
    TimeoutTriggered,
)
from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.protocol.item_events import (
    ItemAdded,
    ItemDone,
    TranscriptionCompleted,
    TranscriptionDelta,
    TranscriptionError,
    TranscriptionFailed,
    TranscriptionUsage,
)
from realtime_chat.protocol.items import InputAudio, MessageItem
from realtime_chat.protocol.sessions import AudioFormat, PcmFormat
from realtime_chat.server import room
from realtime_chat.server.detection import Detection
from realtime_chat.server.effects import Hurry, StopTranscribing, Transcribe
from realtime_chat.server.engines.place import Urgency
from realtime_chat.server.history import Entry, History
from realtime_chat.server.input_buffer import MAX_SAMPLES, Heard, InputBuffer
from realtime_chat.server.outbox import Outbox
from realtime_chat.server.sound_format import Inward, seconds_of
from realtime_chat.server.utterance import VOICE_TAIL, Utterance
from realtime_chat.server.voice_judge import Networks

MAX_APPEND_BYTES = 15 * 1024 * 1024
"""The most sound in one event, as at OpenAI."""

NOTHING_SAID = "(The person has said nothing for a while.)"
"""What the language model reads in place of a silence that it is to break."""


class Listener:
    """Keeps the input buffer, makes items of it, and sees to it that their words are recognised.

    Attributes:
        tells: Whether the client asked for transcripts.
    """

    def __init__(
        self, outbox: Outbox, history: History, detection: Detection | None, networks: Networks | None = None
    ) -> None:
        self.tells = False
        self._out = outbox
        self._history = history
        self._buffer = InputBuffer(detection, networks)
        self._format: AudioFormat = PcmFormat()
        self._inward = Inward(self._format)
        self._current = Utterance(outbox.new_id("item"))
        self._committed: dict[str, Utterance] = {}
        self._asides: dict[str, Entry] = {}

    def detect(self, detection: Detection | None) -> None:
        """Change how turns are found; ``None`` leaves it to the client."""
        self._buffer.detect(detection)

    def take_format(self, wanted: AudioFormat) -> None:
        """Change the format that sound comes in; what came before it is kept."""
        if wanted != self._format:
            self._flush()
            self._format, self._inward = wanted, Inward(wanted)

    def close(self) -> None:
        """The session is over: nothing of it is kept."""
        self._buffer.close()
        self._buffer.clear()
        self._committed.clear()
        self._asides.clear()

    def append(self, data: bytes) -> Iterator[Heard]:
        """Take more sound and yield what is noticed in it; the iterator must be run to its end.

        Raises:
            MalformedEvent: Half a sample, or more than an event or the buffer takes.
        """
        if len(data) > MAX_APPEND_BYTES:
            reason = f"Invalid 'audio': {len(data)} bytes are more than the 15 MiB that one event may bring."
            raise MalformedEvent("invalid_value", reason, "audio")
        if not self._has_room(data):
            reason = "Error appending audio: the buffer would hold more than ten minutes; commit or clear it."
            raise MalformedEvent("input_audio_buffer_full", reason, "audio")
        pcm = self._inward.push(data)
        for heard in self._buffer.append(pcm):
            self._tell(heard)
            yield heard
        if self._current.wants(self._buffer.samples, self._buffer.voiced_end):
            self._listen(self._current, self._buffer.pcm, Urgency.AHEAD)

    def takes(self, data: bytes) -> bool:
        """Say whether `append` takes all of ``data``."""
        return len(data) <= MAX_APPEND_BYTES and self._inward.takes(data) and self._has_room(data)

    def check(self) -> Heard | None:
        """Say whether the words that were recognised since the last sound end the turn."""
        heard = self._buffer.check()
        if heard is not None:
            self._tell(heard)
        return heard

    @property
    def current_id(self) -> str:
        """The item that what is being said will be."""
        return self._current.item_id

    @property
    def in_turn(self) -> bool:
        """Somebody speaks, as far as it is decided here."""
        return self._buffer.in_turn

    @property
    def is_quiet(self) -> bool:
        """Whether nothing was said since the words that were last recognised."""
        return self._current.settled(self._buffer.voiced_end)

    def commit(self) -> None:
        """Make an item of the buffer because the client says so.

        Raises:
            MalformedEvent: There is next to nothing in it.
        """
        self._flush()
        room.check_commit(self._buffer.samples)
        room.check(self._history, None)
        self.check_room([self._buffer.samples], None)
        voiced_end = self._buffer.voiced_end
        pcm = self._buffer.take()
        self._add_item(pcm, voiced_end or len(pcm) // SAMPLE_BYTES)  # who says so themselves may know of a voice

    def clear(self) -> None:
        """Forget the buffer."""
        self._inward.flush()
        self._buffer.clear()
        self._drop_current()
        self._out.emit(BufferCleared)

    def check_room(self, more: Sequence[int], param: str | None) -> None:
        """Check that so many more items may be recognised.

        Args:
            more: Samples of each.
            param: Where they are in the event.

        Raises:
            MalformedEvent: Too many wait for it, or too much sound does.
        """
        room.check_waiting([self._entry(item_id).samples for item_id in self._committed], more, param)

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

    def heard(self, item_id: str, samples: int, text: str) -> tuple[str, str] | None:
        """Take the words of the first ``samples`` samples of an item.

        Returns:
            The id and the words of what the person is just saying, when it sounds finished.
        """
        if item_id == self._current.item_id:
            self._tell_more(item_id, self._current.learned(samples, text))
            if self.is_quiet:
                self._buffer.expect(self._current.text)
            return (item_id, text) if text and self.is_quiet else None
        utterance = self._committed.get(item_id)
        if utterance is not None:
            self._tell_more(item_id, utterance.learned(samples, text))
            if samples >= utterance.wanted:
                del self._committed[item_id]
                self._understood(self._entry(item_id), utterance)
            else:
                self._listen(utterance, bytes(self._entry(item_id).pcm)[: utterance.wanted * SAMPLE_BYTES])
        return None

    def failed(self, item_id: str, message: str) -> bool:
        """Take it that an item's speech could not be recognised; say whether anybody waited for it."""
        if self._committed.pop(item_id, None) is None:
            self._current.gave_up()
            return False
        self._settle(self._entry(item_id))
        if self._asides.pop(item_id, None) is not None:
            return True
        error = TranscriptionError(type="server_error", code="transcription_failed", message=message)
        self._out.emit(TranscriptionFailed, item_id=item_id, error=error)
        return True

    def time_out(self, milliseconds: int) -> None:
        """Make an item of the silence that has lasted for so long, for the model to break it."""
        start, pcm = self._buffer.take_silence(ms_to_samples(milliseconds))
        end = self._buffer.received
        self._out.emit(
            TimeoutTriggered,
            audio_start_ms=samples_to_ms(start),
            audio_end_ms=samples_to_ms(end),
            item_id=self._current.item_id,
        )
        self._add_item(pcm, 0)
        entry = self._history[str(self._history.last_id)]
        entry.note = NOTHING_SAID

    def _has_room(self, data: bytes) -> bool:
        if not self._buffer.holds:
            return True
        more = round(seconds_of(data, self._format) * SAMPLE_RATE)
        return self._buffer.samples + more <= MAX_SAMPLES

    def _flush(self) -> None:
        """Take what the decoder kept back. Where turns are found here it comes with the sound that follows."""
        if not self._buffer.finds_turns:
            list(self._buffer.append(self._inward.flush()))

    def _tell(self, heard: Heard) -> None:
        if heard is Heard.STARTED:
            start = samples_to_ms(self._buffer.start)
            self._out.emit(SpeechStarted, audio_start_ms=start, item_id=self._current.item_id)
        else:
            end = samples_to_ms(self._buffer.turn_end)
            self._out.emit(SpeechStopped, audio_end_ms=end, item_id=self._current.item_id)
            self._make_item()

    def _make_item(self) -> None:
        voiced_end = self._buffer.voiced_end
        pcm = self._buffer.take()
        try:
            room.check(self._history, None)
        except MalformedEvent as full:
            self._drop_current()
            self._out.refuse(full.code, full.reason)
        else:
            self._add_item(pcm, voiced_end)

    def _drop_current(self) -> None:
        self._out.do(StopTranscribing(self._current.item_id))
        self._current = Utterance(self._out.new_id("item"))

    def _add_item(self, pcm: bytes, voiced_end: int) -> None:
        utterance, self._current = self._current, Utterance(self._out.new_id("item"))
        content = InputAudio(transcript=None)
        item = MessageItem(id=utterance.item_id, status="completed", role="user", content=[content])
        entry = Entry(item, bytearray(pcm))
        previous = self._history.add(entry)
        self._out.emit(BufferCommitted, item_id=entry.id, previous_item_id=previous)
        self._out.emit(ItemAdded, item=item, previous_item_id=previous)
        self._out.emit(ItemDone, item=item, previous_item_id=previous)
        if not voiced_end or utterance.settled(voiced_end):
            if utterance.busy:  # with what can change nothing
                self._out.do(StopTranscribing(entry.id))
            self._understood(entry, utterance)
            return
        entry.awaited = True
        self._committed[entry.id] = utterance
        utterance.wanted = min(voiced_end + VOICE_TAIL, len(pcm) // SAMPLE_BYTES)
        if utterance.suffices:
            self._out.do(Hurry(entry.id))
        else:  # in place of what is under way, if anything is
            self._listen(utterance, pcm[: utterance.wanted * SAMPLE_BYTES])

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
