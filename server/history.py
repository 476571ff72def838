"""The items of a conversation, in order, with their sound and the times of their words."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from msgspec import UNSET
from msgspec.structs import replace

from realtime_chat.audio.frame import SAMPLE_BYTES, ms_to_samples
from realtime_chat.protocol.items import (
    FunctionCallItem,
    InputAudio,
    InputText,
    Item,
    MessageItem,
    OutputAudio,
    OutputText,
)
from realtime_chat.protocol.sessions import AudioFormat
from realtime_chat.server.engines.seam import ChatMessage
from realtime_chat.server.prompt import chat_messages
from realtime_chat.server.sound_format import encoded


@dataclass(eq=False)
class Entry:
    """An item and what belongs to it but does not travel with it.

    Attributes:
        item: The item as clients see it, without its audio.
        pcm: Its sound, PCM16 mono 24 kHz; empty where it has none, or none any more.
        words: For spoken items of the model: (end in the transcript, end in samples) of each word, ascending.
        awaited: The words of this item are still being recognised.
        counted: Its sound is in the usage of a response.
        note: What the language model reads in place of words, where there are none.
        dropped: Samples of the sound that is not kept any more.
        brought: Characters of text, and of pictures, that a client brought with it.
    """

    item: Item
    pcm: bytearray = field(default_factory=bytearray)
    words: list[tuple[int, int]] = field(default_factory=list)
    awaited: bool = False
    counted: bool = False
    note: str = ""
    dropped: int = 0
    brought: tuple[int, int] = (0, 0)
    _read: tuple[Item, str] | None = None

    @property
    def samples(self) -> int:
        """How long its sound is, whether or not it is still kept."""
        return self.dropped or len(self.pcm) // SAMPLE_BYTES

    @property
    def is_in_use(self) -> bool:
        """Whether its sound is still being made, or listened to."""
        return self.awaited or self.item.status == "in_progress"

    @property
    def id(self) -> str:
        """The item's id."""
        return str(self.item.id)

    @property
    def transcript(self) -> str:
        """All that the item says, whichever way it says it."""
        if not isinstance(self.item, MessageItem):
            return ""
        texts = []
        for part in self.item.content:
            if isinstance(part, InputText | OutputText):
                texts.append(part.text)
            elif isinstance(part, InputAudio | OutputAudio) and isinstance(part.transcript, str):
                texts.append(part.transcript)
        return " ".join(text for text in texts if text)

    @property
    def words_read(self) -> str:
        """What the language model reads of it."""
        if self._read is None or self._read[0] is not self.item:  # all of them are read for each response
            self._read = self.item, self.transcript.strip()
        return self._read[1] or self.note

    def set_transcript(self, text: str) -> None:
        """Give the item's audio part its words."""
        if isinstance(self.item, MessageItem):
            content = [
                replace(part, transcript=text) if isinstance(part, InputAudio | OutputAudio) else part
                for part in self.item.content
            ]
            self.item = replace(self.item, content=content)  # the one there was may wait to be sent as it was

    def with_audio(self, wanted: AudioFormat, sound: bytes | None = None) -> Item:
        """Give the item as ``conversation.item.retrieve`` wants it: with what is kept of its sound, as ``wanted``.

        ``sound`` is that, where it is encoded already.
        """
        if not (self.pcm and isinstance(self.item, MessageItem)):
            return self.item
        audio = encoded(bytes(self.pcm), wanted) if sound is None else sound
        content = [
            replace(part, audio=audio) if isinstance(part, InputAudio | OutputAudio) else part
            for part in self.item.content
        ]
        return replace(self.item, content=content)

    def truncate(self, milliseconds: int) -> None:
        """Cut the sound, and the transcript after the last word that was over by then."""
        samples = ms_to_samples(milliseconds)
        del self.pcm[samples * SAMPLE_BYTES :]
        self.dropped = min(self.dropped, samples)
        heard = bisect_right([end for _, end in self.words], samples)
        del self.words[heard:]
        self.set_transcript(self.transcript[: self.words[-1][0]].rstrip() if self.words else "")

    def drop_sound(self) -> None:
        """Keep no sound, only how long it is and when its words were said."""
        self.dropped = self.samples
        self.pcm = bytearray()


class History:
    """The conversation's items in order.

    Args:
        limit: Bytes of sound that are kept, ``None`` for no limit. What is in use is kept beyond it, and so is what
            each side said last.

    Attributes:
        text: Characters of text that a client brought, in all items together.
        pictures: The same of pictures.

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


def audio_of(item: Item) -> bytes:
    """Give the sound that a client put into an item's ``input_audio`` parts."""
    if not isinstance(item, MessageItem):
        return b""
    return b"".join(part.audio for part in item.content if isinstance(part, InputAudio) and part.audio is not UNSET)


def without_audio(item: Item) -> Item:
    """Give the item as it is told to clients: sound only travels when it is asked for."""
    if not isinstance(item, MessageItem):
        return item
    content = [replace(part, audio=UNSET) if isinstance(part, InputAudio) else part for part in item.content]
    return replace(item, content=content)
