"""What a client does with the items of a conversation: making, deleting, fetching and cutting them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from msgspec import UNSET
from msgspec.structs import replace

from realtime_chat.audio.frame import SAMPLE_RATE, ms_to_samples, samples_to_ms
from realtime_chat.protocol.client_events import ItemCreate, ItemRetrieve, ItemTruncate
from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.protocol.item_events import ItemAdded, ItemDeleted, ItemDone, ItemRetrieved, ItemTruncated
from realtime_chat.protocol.items import (
    FunctionCallItem,
    FunctionCallOutputItem,
    InputItem,
    Item,
    ItemReference,
    MessageItem,
)
from realtime_chat.protocol.sessions import AudioFormat, PcmFormat
from realtime_chat.server.answerer import Answerer
from realtime_chat.server.checks import check_item
from realtime_chat.server.entry import Entry, audio_of, without_audio
from realtime_chat.server.history import History
from realtime_chat.server.input_buffer import MAX_SAMPLES
from realtime_chat.server.listener import MAX_APPEND_BYTES
from realtime_chat.server.outbox import Outbox
from realtime_chat.server.recognition import Recognition
from realtime_chat.server.room import MAX_INPUT, check, check_text, size_of
from realtime_chat.server.sound_format import QUICK_SECONDS, Formats, decoded, encoded, seconds_of, takes_long

MAX_RETRIEVED = ms_to_samples(100 * 1000)
"""The longest sound that is sent in one event: 6.4 MB of base64, as clients take frames of 8 MiB and less."""


LONG = ms_to_samples(round(1000 * QUICK_SECONDS))
"""Sound from which on it is encoded in a thread."""


class Items:
    """The items of one conversation, and what concerns them.

    Attributes:
        formats: How sound travels: what a client puts into an item, and what it is sent.
    """

    def __init__(self, outbox: Outbox, history: History, recognition: Recognition, answerer: Answerer) -> None:
        self._out = outbox
        self._history = history
        self._recognition = recognition
        self._answerer = answerer
        self.formats = Formats(PcmFormat(), PcmFormat())

    def coding(self, event: ItemCreate | ItemRetrieve) -> Callable[[], bytes] | None:
        """Give what decodes or encodes an item's sound where that takes long, to be called in a thread.

        `create` and `retrieve` take what it returns.
        """
        if isinstance(event, ItemRetrieve):
            return self._encoding(event.item_id)
        sound, inward = audio_of(event.item), self.formats.inward
        return partial(decoded, sound, inward, "") if takes_long(sound, inward) and _fits(sound, inward) else None

    def _encoding(self, item_id: str) -> Callable[[], bytes] | None:
        if item_id not in self._history:
            return None
        entry = self._history[item_id]
        if not entry.pcm or not LONG <= entry.samples <= MAX_RETRIEVED:
            return None
        return partial(encoded, entry.pcm[:], self._format_of(entry))

    def create(self, event: ItemCreate, pcm: bytes | None = None) -> None:
        """Put an item into the conversation.

        Args:
            event: What the client sent.
            pcm: The item's sound, where `coding` gave something to do.

        Raises:
            MalformedEvent: It cannot be put there, or not at that place.
        """
        check_item(event.item, "item")
        item = self._named(event.item)
        if item.id in self._history:
            reason = f"Error adding item: an item with the id '{item.id}' already exists."
            raise MalformedEvent("item_create_duplicate_item_id", reason, "item.id")
        if isinstance(item, FunctionCallOutputItem):
            self._call_of(item, "item.call_id")
        after = event.previous_item_id if isinstance(event.previous_item_id, str) else None
        if after not in (None, "root") and after not in self._history:
            reason = f"Error adding item: the previous item with id '{str(after)[:200]}' does not exist."
            raise MalformedEvent("invalid_value", reason, "previous_item_id")
        entry = self._entry(item, "item", pcm)
        text, pictures = entry.brought
        check(self._history, "item", text=text, pictures=pictures)
        if entry.pcm:
            self._recognition.check_room([entry.samples], "item")
        previous = self._history.add(entry, after)
        self._out.emit(ItemAdded, item=entry.item, previous_item_id=previous)
        self._out.emit(ItemDone, item=entry.item, previous_item_id=previous)
        if entry.pcm:
            self._recognition.listen_to(entry)

    def delete(self, item_id: str) -> None:
        """Take an item out; an answer that it is part of is stopped.

        Raises:
            MalformedEvent: There is no such item.
        """
        entry = self._known(item_id, "item_delete_invalid_item_id", "deleting")
        if self._answerer.answers_of(entry) is not None:
            self._answerer.stop("client_cancelled")
        self._recognition.forget(item_id)
        entry.awaited = False
        self._history.remove(item_id)
        entry.forget()
        self._out.emit(ItemDeleted, item_id=item_id)
        self._answerer.go_on()

    def retrieve(self, item_id: str, sound: bytes | None = None) -> None:
        """Send an item, with its sound where that is kept and not too long for one event.

        Args:
            item_id: Which.
            sound: The item's, encoded, where `coding` gave something to do.

        Raises:
            MalformedEvent: There is no such item.
        """
        entry = self._known(item_id, "item_retrieve_invalid_item_id", "retrieving")
        item = entry.item if entry.samples > MAX_RETRIEVED else entry.with_audio(self._format_of(entry), sound)
        self._out.emit(ItemRetrieved, item=item)

    def truncate(self, event: ItemTruncate) -> None:
        """Cut the sound of an answer at what was heard of it, and its words with it, even if the sound is not kept.

        Raises:
            MalformedEvent: There is no such item, it is not the model's speech, or there is no such place in it.
        """
        entry = self._known(event.item_id, "item_truncate_invalid_item_id", "truncating")
        if not entry.samples or not (isinstance(entry.item, MessageItem) and entry.item.role == "assistant"):
            reason = "Only model output audio messages can be truncated"
            raise MalformedEvent("unsupported_content_type", reason, "item_id")
        if event.content_index != 0 or event.audio_end_ms < 0:
            param = "content_index" if event.content_index else "audio_end_ms"
            raise MalformedEvent("invalid_value", f"Invalid '{param}': no such place in the item.", param)
        if self._answerer.answers_of(entry) is not None:
            # Its sound is still being made: what is cut now would come back with the next delta.
            self._answerer.stop("client_cancelled")
        length = samples_to_ms(entry.samples)
        end = min(event.audio_end_ms, length)
        entry.truncate(end)
        self._history.trim(entry)
        if event.audio_end_ms > length:
            reason = f"Audio content of {length}ms is already shorter than {event.audio_end_ms}ms"
            event_id = event.event_id if isinstance(event.event_id, str) else None
            self._out.refuse("invalid_value", reason, param="audio_end_ms", event_id=event_id)
        self._out.emit(ItemTruncated, item_id=entry.id, content_index=0, audio_end_ms=end)

    def context(self, wanted: Sequence[InputItem]) -> History:
        """Make what one response reads instead of the conversation: new items, and some of the conversation's.

        A result whose call is not among them brings the call along from the conversation.

        Raises:
            MalformedEvent: An item cannot be used, or there is none of that name, or there are too many, or too large.
        """
        if len(wanted) > MAX_INPUT:
            reason = f"Invalid 'response.input': more than {MAX_INPUT} items."
            raise MalformedEvent("invalid_value", reason, "response.input")
        context = History()
        sounds: list[Entry] = []
        text = 0
        for index, item in enumerate(wanted):
            param = f"response.input[{index}]"
            if isinstance(item, ItemReference):
                context.add(self._referenced(item, param))
                continue
            check_item(item, param)
            if isinstance(item, FunctionCallOutputItem) and context.call(item.call_id) is None:
                context.add(self._call_of(item, f"{param}.call_id"))
            entry = self._entry(self._named(replace(item, id=UNSET)), param)
            context.add(entry)
            text += entry.brought[0]
            check_text(text, "response.input")
            if entry.pcm:
                sounds.append(entry)
        if sounds:
            self._recognition.check_room([entry.samples for entry in sounds], "response.input")
        for entry in sounds:  # all items are in order: nothing was begun for a response that cannot be
            self._recognition.listen_to(entry, silently=True)
        return context

    def _referenced(self, item: ItemReference, param: str) -> Entry:
        if item.id not in self._history:
            reason = f"Error creating response: the item with id '{str(item.id)[:200]}' does not exist."
            raise MalformedEvent("invalid_value", reason, f"{param}.id")
        return self._history[str(item.id)]

    def _named(self, item: Item) -> Item:
        """Give an item the ids that the client left to the server."""
        if item.id is UNSET:
            item.id = self._out.new_id("item")
        if isinstance(item, FunctionCallItem) and item.call_id is UNSET:
            item.call_id = self._out.new_id("call")
        return item

    def _entry(self, item: Item, param: str, pcm: bytes | None = None) -> Entry:
        sound = audio_of(item)
        if not _fits(sound, self.formats.inward):
            reason = f"Invalid '{param}.content.audio': more than the 15 MiB, or ten minutes, that one item may bring."
            raise MalformedEvent("invalid_value", reason, f"{param}.content.audio")
        item.status = "completed"
        item = without_audio(item)
        brought = size_of(item)
        check_text(brought[0], param)
        if pcm is None:
            pcm = decoded(sound, self.formats.inward, f"{param}.content.audio")
        return Entry(item, bytearray(pcm), brought=brought)

    def _format_of(self, entry: Entry) -> AudioFormat:
        said_here = isinstance(entry.item, MessageItem) and entry.item.role == "assistant"
        return self.formats.outward if said_here else self.formats.inward

    def _call_of(self, item: FunctionCallOutputItem, param: str) -> Entry:
        call = self._history.call(item.call_id)
        if call is None:
            reason = f"Tool call ID '{item.call_id[:200]}' not found in conversation."
            raise MalformedEvent("invalid_tool_call_id", reason, param)
        return call

    def _known(self, item_id: str, code: str, doing: str) -> Entry:
        if item_id not in self._history:
            reason = f"Error {doing} item: the item with id '{item_id[:200]}' does not exist."
            raise MalformedEvent(code, reason, "item_id")
        return self._history[item_id]


def _fits(sound: bytes, wanted: AudioFormat) -> bool:
    return len(sound) <= MAX_APPEND_BYTES and seconds_of(sound, wanted) * SAMPLE_RATE <= MAX_SAMPLES
