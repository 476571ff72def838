"""The items of one response: told to the client, and kept in the conversation where they belong to it."""

from __future__ import annotations

from realtime_chat.protocol.item_events import ItemAdded, ItemDone
from realtime_chat.protocol.items import Item
from realtime_chat.protocol.response_events import OutputItemAdded, OutputItemDone
from realtime_chat.server.entry import Entry
from realtime_chat.server.history import History
from realtime_chat.server.outbox import Outbox


class OutputItems:
    """Numbers the items of a response.

    Args:
        outbox: Where events go.
        history: The conversation that the items become part of; ``None`` for a response outside of it.
        response_id: The response.
    """

    def __init__(self, outbox: Outbox, history: History | None, response_id: str) -> None:
        self._out = outbox
        self._history = history
        self._response_id = response_id
        self._entries: list[Entry] = []

    @property
    def items(self) -> list[Item]:
        """The items so far."""
        return [entry.item for entry in self._entries]

    def __contains__(self, item_id: object) -> bool:
        return any(entry.id == item_id for entry in self._entries)

    def add(self, item: Item) -> Entry:
        """Open an item."""
        entry = Entry(item)
        place = len(self._entries)
        self._entries.append(entry)
        self._out.emit(OutputItemAdded, response_id=self._response_id, output_index=place, item=item)
        if self._history is not None:
            previous = self._history.add(entry)
            self._out.emit(ItemAdded, item=item, previous_item_id=previous)
        return entry

    def finish(self, entry: Entry) -> None:
        """Tell that an item is complete, as it is now."""
        if self._history is not None:
            self._history.trim(entry)
            self._out.emit(ItemDone, item=entry.item, previous_item_id=self._history.before(entry.id))
        place = self._entries.index(entry)
        self._out.emit(OutputItemDone, response_id=self._response_id, output_index=place, item=entry.item)

    def place(self, entry: Entry) -> dict[str, str | int]:
        """Give the fields with which an event says that it is about ``entry``."""
        index = self._entries.index(entry)
        return {"response_id": self._response_id, "item_id": entry.id, "output_index": index}
