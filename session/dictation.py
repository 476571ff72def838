"""`Dictation`: what the person said aloud, as the server writes it down."""

from __future__ import annotations

from realtime_chat.protocol.buffer_events import BufferCommitted, SpeechStarted, SpeechStopped
from realtime_chat.protocol.item_events import TranscriptionCompleted, TranscriptionDelta, TranscriptionFailed
from realtime_chat.session.effects import Effect, Tell
from realtime_chat.session.notices import Fault, Transcript
from realtime_chat.session.transcript import Line, TranscriptStore

_Event = (
    SpeechStarted | SpeechStopped | BufferCommitted | TranscriptionDelta | TranscriptionCompleted | TranscriptionFailed
)


class Dictation:
    """The lines of the person's speech.

    Words arrive long after the speech, often after the answer to it. So an item is told of, empty, as soon as the
    server names it: whoever shows lines can keep its place.
    """

    def __init__(self, transcript: TranscriptStore, *, is_on: bool) -> None:
        """Make one that writes into ``transcript``; ``is_on`` says whether words are to be expected at all."""
        self._transcript = transcript
        self._is_on = is_on
        self._open: set[str] = set()

    @property
    def is_on(self) -> bool:
        """Words are to be expected at all."""
        return self._is_on

    @property
    def is_waiting(self) -> bool:
        """Words of something that was said are still to come."""
        return bool(self._open)

    def take(self, event: _Event) -> list[Effect]:
        """Take what the server says about the person's speech."""
        match event:
            case SpeechStarted(item_id=item_id):
                return self._reserve(item_id, None)
            case SpeechStopped():
                return []
            case BufferCommitted(item_id=item_id, previous_item_id=after):
                return self._reserve(item_id, after)
            case TranscriptionDelta(item_id=item_id, delta=delta):
                line = self._transcript.place(item_id, "user")
                return [_told(line)] if line.extend(event.content_index, delta) else []
            case TranscriptionCompleted(item_id=item_id, transcript=text):
                self._transcript.place(item_id, "user").complete(event.content_index, text)
                return self._close(item_id)
            case _:
                item_id, error = event.item_id, event.error
                code = error.code if isinstance(error.code, str) else "transcription_failed"
                message = (
                    error.message if isinstance(error.message, str) else "What was said could not be written down."
                )
                return [*self._close(item_id), Tell(Fault(code, message))]

    def _reserve(self, item_id: str, after: str | None) -> list[Effect]:
        if not self._is_on or self._transcript.find(item_id) is not None:
            return []
        self._open.add(item_id)
        return [_told(self._transcript.place(item_id, "user", after))]

    def _close(self, item_id: str) -> list[Effect]:
        self._open.discard(item_id)
        line = self._transcript.place(item_id, "user")
        return [_told(line)] if line.close() else []


def _told(line: Line) -> Tell:
    return Tell(Transcript(line.role, line.text, line.is_final, line.item_id))
