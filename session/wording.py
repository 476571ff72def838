"""`Wording`: the words of the assistant's items, and how much of them was heard."""

from __future__ import annotations

from realtime_chat.audio.playback import Heard
from realtime_chat.session.answer import Output
from realtime_chat.session.effects import Effect, Tell
from realtime_chat.session.notices import Transcript
from realtime_chat.session.transcript import Line, TranscriptStore


def told(line: Line) -> Tell:
    """Tell what a line says now."""
    return Tell(Transcript(line.role, line.text, line.is_final, line.item_id))


class Wording:
    """Writes the assistant's lines, and ends each once: whole, cut where it was heard, or taken back."""

    def __init__(self, transcript: TranscriptStore) -> None:
        self._transcript = transcript

    def line(self, item_id: str) -> Line:
        """Give an item's line; a new one gets its place."""
        return self._transcript.place(item_id, "assistant")

    def has_words(self, item_id: str) -> bool:
        """Say whether words of an item came."""
        line = self._transcript.find(item_id)
        return line is not None and bool(line.text)

    def spoken(self, item: Output, heard: Heard) -> str:
        """Give the words that were over when the item was heard so far."""
        line = self._transcript.find(item.item_id)
        if line is None:
            return ""
        samples = min(heard.rendered, heard.received)
        return item.alignment.heard(line.text, samples, received=heard.received, is_whole=item.is_whole)

    def close(self, item_id: str) -> list[Effect]:
        """Take no more words of an item."""
        line = self._transcript.find(item_id)
        if line is None or not line.close() or not line.text:
            return []
        return [told(line)]

    def cut(self, item: Output, heard: Heard) -> list[Effect]:
        """Let an item's words end where it was heard."""
        line = self._transcript.find(item.item_id)
        if line is None or line.is_final:
            return []
        had_words = bool(line.text)
        line.cut(self.spoken(item, heard))
        return [told(line)] if had_words else []

    def withdraw(self, item_id: str) -> list[Effect]:
        """Nobody heard an item, and so nobody is told that its words were said."""
        effects: list[Effect] = []
        line = self._transcript.find(item_id)
        if line is not None and line.close() and line.text:
            effects.append(Tell(Transcript(line.role, "", True, line.item_id)))
        self._transcript.remove(item_id)
        return effects
