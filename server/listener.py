"""The ear of a conversation: sound in, items with words out."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_chat.audio.frame import SAMPLE_BYTES, SAMPLE_RATE, ms_to_samples, samples_to_ms
from realtime_chat.protocol.buffer_events import (
    BufferCleared,
    BufferCommitted,
    SpeechStarted,
    SpeechStopped,
    TimeoutTriggered,
)
from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.protocol.item_events import ItemAdded, ItemDone
from realtime_chat.protocol.items import InputAudio, MessageItem
from realtime_chat.protocol.sessions import AudioFormat, PcmFormat
from realtime_chat.server import room
from realtime_chat.server.detection import Detection
from realtime_chat.server.entry import Entry
from realtime_chat.server.history import History
from realtime_chat.server.input_buffer import MAX_SAMPLES, Heard, InputBuffer
from realtime_chat.server.outbox import Outbox
from realtime_chat.server.recognition import Recognition
from realtime_chat.server.sound_format import Inward, seconds_of
from realtime_chat.server.voice_judge import Networks

MAX_APPEND_BYTES = 15 * 1024 * 1024
"""The most sound in one event, as at OpenAI."""

NOTHING_SAID = "(The person has said nothing for a while.)"
"""What the language model reads in place of a silence that it is to break."""


class Listener:
    """Keeps the input buffer, makes items of it, and sees to it that their words are recognised."""

    def __init__(
        self,
        outbox: Outbox,
        history: History,
        recognition: Recognition,
        detection: Detection | None,
        networks: Networks | None = None,
    ) -> None:
        self._out = outbox
        self._history = history
        self._recognition = recognition
        self._buffer = InputBuffer(detection, networks)
        self._format: AudioFormat = PcmFormat()
        self._inward = Inward(self._format)

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
        self._recognition.close()

    def append(self, data: bytes) -> Iterator[Heard]:
        """Take more sound and yield what is noticed in it; the iterator must be run to its end.

        The end of a turn that there is no room for is not yielded: the client is told, and there is nothing to answer.

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
            if self._tell(heard):
                yield heard
        if self._recognition.current.wants(self._buffer.samples, self._buffer.voiced_end):
            self._recognition.listen_ahead(self._buffer.pcm)

    def takes(self, data: bytes) -> bool:
        """Say whether `append` takes all of ``data``."""
        return len(data) <= MAX_APPEND_BYTES and self._inward.takes(data) and self._has_room(data)

    def check(self) -> Heard | None:
        """Say whether the words that were recognised since the last sound end the turn; as `append` does."""
        heard = self._buffer.check()
        return heard if heard is not None and self._tell(heard) else None

    @property
    def current_id(self) -> str:
        """The item that what is being said will be."""
        return self._recognition.current.item_id

    @property
    def in_turn(self) -> bool:
        """Somebody speaks, as far as it is decided here."""
        return self._buffer.in_turn

    @property
    def is_quiet(self) -> bool:
        """Whether nothing was said since the words that were last recognised."""
        return self._recognition.current.settled(self._buffer.voiced_end)

    def commit(self) -> None:
        """Make an item of the buffer because the client says so.

        Raises:
            MalformedEvent: There is next to nothing in it.
        """
        self._flush()
        room.check_commit(self._buffer.samples)
        room.check(self._history, None)
        self._recognition.check_room([self._buffer.samples], None)
        voiced_end = self._buffer.voiced_end
        pcm = self._buffer.take()
        self._add_item(pcm, voiced_end or len(pcm) // SAMPLE_BYTES)  # who says so themselves may know of a voice

    def clear(self) -> None:
        """Forget the buffer."""
        self._inward.flush()
        self._buffer.clear()
        self._recognition.drop_current()
        self._out.emit(BufferCleared)

    def heard(self, item_id: str, samples: int, text: str) -> tuple[str, str] | None:
        """Take the words of the first ``samples`` samples of an item.

        Returns:
            The id and the words of what the person is just saying, when it sounds finished.
        """
        self._recognition.learned(item_id, samples, text)
        if item_id != self.current_id or not self.is_quiet:
            return None
        self._buffer.expect(self._recognition.current.text)
        return (item_id, text) if text else None

    def time_out(self, milliseconds: int) -> None:
        """Make an item of the silence that has lasted for so long, for the model to break it."""
        start, pcm = self._buffer.take_silence(ms_to_samples(milliseconds))
        end = self._buffer.received
        self._out.emit(
            TimeoutTriggered,
            audio_start_ms=samples_to_ms(start),
            audio_end_ms=samples_to_ms(end),
            item_id=self.current_id,
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

    def _tell(self, heard: Heard) -> bool:
        """Tell the client; give whether what was heard is, or will be, in the conversation."""
        if heard is Heard.STARTED:
            start = samples_to_ms(self._buffer.start)
            self._out.emit(SpeechStarted, audio_start_ms=start, item_id=self.current_id)
            return True
        end = samples_to_ms(self._buffer.turn_end)
        self._out.emit(SpeechStopped, audio_end_ms=end, item_id=self.current_id)
        return self._make_item()

    def _make_item(self) -> bool:
        voiced_end = self._buffer.voiced_end
        pcm = self._buffer.take()
        try:
            room.check(self._history, None)
        except MalformedEvent as full:
            self._recognition.drop_current()
            self._out.refuse(full.code, full.reason)
            return False
        self._add_item(pcm, voiced_end)
        return True

    def _add_item(self, pcm: bytes, voiced_end: int) -> None:
        utterance = self._recognition.turn_over()
        content = InputAudio(transcript=None)
        item = MessageItem(id=utterance.item_id, status="completed", role="user", content=[content])
        entry = Entry(item, bytearray(pcm))
        previous = self._history.add(entry)
        self._out.emit(BufferCommitted, item_id=entry.id, previous_item_id=previous)
        self._out.emit(ItemAdded, item=item, previous_item_id=previous)
        self._out.emit(ItemDone, item=item, previous_item_id=previous)
        self._recognition.complete(entry, utterance, voiced_end)
