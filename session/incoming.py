"""`Incoming`: what the server says in an open session, but for the answers themselves: taken to whom it concerns."""

from __future__ import annotations

from realtime_chat.protocol.buffer_events import BufferCommitted, SpeechStarted, SpeechStopped
from realtime_chat.protocol.item_events import (
    ItemAdded,
    ItemCreated,
    ItemDeleted,
    TranscriptionCompleted,
    TranscriptionDelta,
    TranscriptionFailed,
)
from realtime_chat.protocol.items import Item, MessageItem
from realtime_chat.protocol.response_events import ResponseCreated, ResponseDone
from realtime_chat.protocol.server_events import AnyServerEvent, Error, ErrorDetails, SessionUpdated
from realtime_chat.session.assistant import Assistant
from realtime_chat.session.controls import Controls
from realtime_chat.session.dictation import Dictation
from realtime_chat.session.effects import Effect
from realtime_chat.session.floor import Floor
from realtime_chat.session.transcript import TranscriptStore


class Incoming:
    """Knows who wants which event; what nobody wants is passed over."""

    def __init__(
        self,
        transcript: TranscriptStore,
        *,
        assistant: Assistant,
        floor: Floor,
        controls: Controls,
        dictation: Dictation,
    ) -> None:
        """Make one; where items are in the conversation is written into ``transcript``."""
        self._transcript = transcript
        self._assistant = assistant
        self._floor = floor
        self._controls = controls
        self._dictation = dictation

    def take(self, event: AnyServerEvent, now: float) -> list[Effect]:
        """Take an event that is no part of a response."""
        match event:
            case ResponseCreated(response=response):
                return self._floor.begun(response.id, now)
            case ResponseDone(response=response):
                return self._floor.done(response, now)
            case SessionUpdated():
                self._controls.agreed()
                return []
            case Error(error=error):
                return self._failed(error, now)
            case SpeechStarted() | SpeechStopped() | BufferCommitted() if self._floor.turns_mode.is_by_server:
                return self._floor.server_turn(event, now) + self._dictation.take(event)
            case BufferCommitted() | TranscriptionDelta() | TranscriptionCompleted() | TranscriptionFailed():
                return self._dictation.take(event)
            case ItemAdded(item=item, previous_item_id=after) | ItemCreated(item=item, previous_item_id=after):
                self._place(item, after)
                return []
            case ItemDeleted(item_id=item_id):
                self._transcript.remove(item_id)
                return []
            case _:
                return []

    def _failed(self, error: ErrorDetails, now: float) -> list[Effect]:
        refused = self._controls.refused(error, now)
        return self._assistant.failed(error, now) if refused is None else refused

    def _place(self, item: Item, after: str | None) -> None:
        """The conversation got an item; one that will never have words needs no place."""
        if not isinstance(item, MessageItem) or not isinstance(item.id, str) or self._assistant.is_deleted(item.id):
            return
        if item.role == "assistant" or (item.role == "user" and self._dictation.is_on):
            self._transcript.place(item.id, item.role, after)
