"""`Writing`: what the person types, as the server and whoever watches are told of it."""

from __future__ import annotations

from collections.abc import Iterable

from realtime_chat.protocol.client_events import ItemCreate
from realtime_chat.protocol.items import InputText, MessageItem
from realtime_chat.session.cleaning import encodable
from realtime_chat.session.effects import Effect, Send, Tell
from realtime_chat.session.notices import Transcript
from realtime_chat.session.transcript import TranscriptStore


class Writing:
    """The lines that the person types: each is an item, and final at once."""

    def __init__(self, transcript: TranscriptStore) -> None:
        """Make one that writes into ``transcript``."""
        self._transcript = transcript
        self._count = 0

    def put(self, texts: Iterable[str]) -> list[Effect]:
        """Put messages into the conversation, here and at the server."""
        effects: list[Effect] = []
        for text in map(encodable, texts):
            self._count += 1
            item_id = f"typed_{self._count}"
            self._transcript.place(item_id, "user").complete(0, text)
            item = MessageItem(id=item_id, role="user", content=[InputText(text=text)])
            effects += [Send(ItemCreate(item=item)), Tell(Transcript("user", text, True, item_id))]
        return effects
