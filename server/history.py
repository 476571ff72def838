"""The items of a conversation, in order."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_chat.protocol.items import FunctionCallItem, MessageItem
from realtime_chat.server.engines.seam import ChatMessage
from realtime_chat.server.entry import Entry
from realtime_chat.server.prompt import chat_messages


class History:
    """The conversation's items in order.

    Args:
        limit: Bytes of sound that are kept, ``None`` for no limit. What is in use is kept beyond it, and so is what
            each side said last.

    Attributes:
        text: Characters that a client brought, in all items together.
        pictures: The same of pictures, which are not among them.

    Raises:
        KeyError: From every method that takes an id that is not here.
    """

    def __init__(self, limit: int | None = None) -> None:
        self._limit = limit
        self._entries: list[Entry] = []
        self._by_id: dict[str, Entry] = {}
        self._calls: dict[str, Entry] = {}
        self._kept: dict[str, int] = {}
        self._kept_sum = 0
        self.text = self.pictures = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._by_id

    def __getitem__(self, item_id: str) -> Entry:
        return self._by_id[item_id]

    @property
    def last_id(self) -> str | None:
        """The id of the last item."""
        return self._entries[-1].id if self._entries else None

    @property
    def awaited(self) -> bool:
        """Whether the words of any item are still being recognised."""
        return any(entry.awaited for entry in self._entries)

    @property
    def ends_in_silence(self) -> bool:
        """Whether the last item is speech in which no words were found: a cough, a door."""
        last = self._entries[-1] if self._entries else None
        if last is None or not isinstance(last.item, MessageItem) or last.item.role != "user":
            return False
        return not last.transcript.strip() and not last.note

    @property
    def has_spoken(self) -> bool:
        """Whether there is sound of the model."""
        items = (entry.item for entry in self._entries if entry.samples)
        return any(isinstance(item, MessageItem) and item.role == "assistant" for item in items)

    def add(self, entry: Entry, after: str | None = None) -> str | None:
        """Put an entry behind the item ``after`` (``"root"``: first; ``None``: last).

        Returns:
            The id of the item it now follows, ``None`` when it is the first.
        """
        if after is None:
            index = len(self._entries)
        elif after == "root":
            index = 0
        else:
            index = self._entries.index(self[after]) + 1
        self._entries.insert(index, entry)
        self._by_id[entry.id] = entry
        if isinstance(entry.item, FunctionCallItem):
            self._calls.setdefault(str(entry.item.call_id), entry)
        self._count(entry, 1)
        self.trim(entry)
        return self._entries[index - 1].id if index else None

    def before(self, item_id: str) -> str | None:
        """Give the id of the item that ``item_id`` follows, ``None`` where it is the first or not here."""
        index = self._entries.index(self[item_id]) if item_id in self else 0
        return self._entries[index - 1].id if index else None

    def call(self, call_id: str) -> Entry | None:
        """Give the call of a function that has this id."""
        return self._calls.get(call_id)

    def clear(self) -> None:
        """Take all items out."""
        for held in (self._entries, self._by_id, self._calls, self._kept):
            held.clear()
        self._kept_sum = self.text = self.pictures = 0

    def remove(self, item_id: str) -> None:
        """Take an item out."""
        entry = self._by_id.pop(item_id)
        self._entries.remove(entry)
        self._count(entry, -1)
        self._kept_sum -= self._kept.pop(item_id, 0)
        if isinstance(entry.item, FunctionCallItem) and self.call(str(entry.item.call_id)) is entry:
            del self._calls[str(entry.item.call_id)]
            for other in reversed(self._entries):  # somebody may have made two of one id
                if isinstance(other.item, FunctionCallItem) and other.item.call_id == entry.item.call_id:
                    self._calls[str(other.item.call_id)] = other

    def trim(self, changed: Entry) -> None:
        """Drop the sound that came first, until there is no more than the limit.

        Args:
            changed: An entry that has other sound than before, or that is not in use any more. One whose sound is
                being made need not be told of before it is complete.
        """
        if self._limit is None or changed.id not in self:
            return
        self._weigh(changed)
        if self._kept_sum <= self._limit:
            return
        arrived = [entry for item_id, entry in self._by_id.items() if item_id in self._kept]
        last = {entry.item.role: entry for entry in arrived if isinstance(entry.item, MessageItem)}
        for entry in arrived:
            if self._kept_sum <= self._limit:
                return
            if not entry.is_in_use and entry not in last.values():
                entry.drop_sound()
                self._weigh(entry)

    def _weigh(self, entry: Entry) -> None:
        self._kept_sum += len(entry.pcm) - self._kept.get(entry.id, 0)
        if entry.pcm:
            self._kept[entry.id] = len(entry.pcm)
        else:
            self._kept.pop(entry.id, None)

    def _count(self, entry: Entry, sign: int) -> None:
        text, pictures = entry.brought
        self.text += sign * text
        self.pictures += sign * pictures

    def messages(
        self, instructions: str, *, heard: tuple[str, str] | None = None, last: str = ""
    ) -> tuple[ChatMessage, ...]:
        """Give the conversation as the language model reads it; what nobody said is left out.

        Args:
            instructions: The system prompt; ``""`` for none.
            heard: An item that is not here yet, and its words: what the person is just saying.
            last: What is read in place of the last item, where that has no words.
        """
        said = [(entry.item, entry.words_read) for entry in self._entries]
        if said and not said[-1][1]:
            said[-1] = (said[-1][0], last)
        if heard is not None and heard[0] not in self and heard[1].strip():
            said.append((MessageItem(role="user", content=[]), heard[1].strip()))
        return tuple(chat_messages(said, instructions))
