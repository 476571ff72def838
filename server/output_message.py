"""A message of a response while it is written and spoken."""

from __future__ import annotations

from realtime_chat.audio.frame import SAMPLE_BYTES
from realtime_chat.protocol.items import (
    AudioPart,
    MessageItem,
    OutputAudio,
    OutputText,
    ResponsePart,
    Status,
    TextPart,
)
from realtime_chat.protocol.response_events import (
    AudioDelta,
    AudioDone,
    AudioTranscriptDelta,
    AudioTranscriptDone,
    ContentPartAdded,
    ContentPartDone,
    TextDelta,
    TextDone,
)
from realtime_chat.protocol.sessions import AudioFormat, Modality
from realtime_chat.server.engines.clauses import Clause
from realtime_chat.server.engines.seam import Speech
from realtime_chat.server.outbox import Outbox
from realtime_chat.server.output_items import OutputItems
from realtime_chat.server.sound_format import Outward


class OutputMessage:
    """One message with one part, told as it grows.

    Attributes:
        spoken: Samples of sound sent.
    """

    def __init__(self, outbox: Outbox, items: OutputItems, modality: Modality, wanted: AudioFormat) -> None:
        self.spoken = 0
        self._outward = Outward(wanted)
        self._out = outbox
        self._items = items
        self._modality = modality
        self._text = ""
        self._clause_start = -1
        self._clause_at = 0
        item = MessageItem(id=outbox.new_id("item"), status="in_progress", role="assistant", content=[])
        self._entry = items.add(item)
        self._place = {**items.place(self._entry), "content_index": 0}
        outbox.emit(ContentPartAdded, **self._place, part=self._part())
        self._update("in_progress")

    @property
    def item_id(self) -> str:
        """The message's id."""
        return self._entry.id

    def wrote(self, delta: str) -> None:
        """The language model wrote more."""
        self._text += delta
        self._update("in_progress")
        kind = TextDelta if self._modality == "text" else AudioTranscriptDelta
        self._out.emit(kind, **self._place, delta=delta)

    def spoke(self, clause: Clause, speech: Speech) -> None:
        """The voice said more of a clause; clauses come in order, each whole before the next."""
        entry = self._entry
        if clause.start != self._clause_start:
            self._clause_start, self._clause_at = clause.start, len(entry.pcm) // SAMPLE_BYTES
        entry.words += [(clause.start + word.end_char, self._clause_at + word.end_sample) for word in speech.words]
        self.spoken += len(speech.pcm) // SAMPLE_BYTES
        entry.pcm += speech.pcm
        self._send(self._outward.push(speech.pcm))

    def close(self, status: Status) -> None:
        """The message is over, complete or not."""
        self._update(status)
        if self._modality == "text":
            self._out.emit(TextDone, **self._place, text=self._text)
        else:
            self._send(self._outward.flush())
            self._out.emit(AudioDone, **self._place)
            self._out.emit(AudioTranscriptDone, **self._place, transcript=self._text)
        self._out.emit(ContentPartDone, **self._place, part=self._part())
        self._items.finish(self._entry)

    def _send(self, deltas: list[bytes]) -> None:
        for delta in deltas:
            self._out.emit(AudioDelta, **self._place, delta=delta)

    def _part(self) -> ResponsePart:
        return TextPart(text=self._text) if self._modality == "text" else AudioPart(transcript=self._text)

    def _update(self, status: Status) -> None:
        spoken = self._modality == "audio"
        part = OutputAudio(transcript=self._text) if spoken else OutputText(text=self._text)
        self._entry.item = MessageItem(id=self._entry.id, status=status, role="assistant", content=[part])
