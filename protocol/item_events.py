"""The events by which a server tells of a conversation's items, and of what was said in them."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from realtime_chat.protocol.event import ServerEvent
from realtime_chat.protocol.items import Item


class _Placed(ServerEvent, kw_only=True):
    item: Item
    previous_item_id: str | None = None


class ItemAdded(_Placed, tag="conversation.item.added", kw_only=True):
    """An item entered the conversation; it may still be in progress."""


class ItemDone(_Placed, tag="conversation.item.done", kw_only=True):
    """An item is complete."""


class ItemCreated(_Placed, tag="conversation.item.created", kw_only=True):
    """The beta dialect's `ItemAdded`."""


class ItemDeleted(ServerEvent, tag="conversation.item.deleted", kw_only=True):
    """An item left the conversation."""

    item_id: str


class ItemRetrieved(ServerEvent, tag="conversation.item.retrieved", kw_only=True):
    """An item with its audio."""

    item: Item


class ItemTruncated(ServerEvent, tag="conversation.item.truncated", kw_only=True):
    """An assistant's audio was cut."""

    item_id: str
    content_index: int
    audio_end_ms: int


class TranscriptionUsage(Struct, kw_only=True):
    """What a transcription cost: a ``duration`` in seconds, or ``tokens``."""

    type: str = "duration"
    seconds: float | UnsetType = UNSET
    total_tokens: int | UnsetType = UNSET
    input_tokens: int | UnsetType = UNSET
    output_tokens: int | UnsetType = UNSET


class TranscriptionDelta(ServerEvent, tag="conversation.item.input_audio_transcription.delta", kw_only=True):
    """More of what the person said."""

    item_id: str
    content_index: int = 0
    delta: str = ""


class TranscriptionCompleted(ServerEvent, tag="conversation.item.input_audio_transcription.completed", kw_only=True):
    """All of what the person said in an item."""

    item_id: str
    transcript: str
    content_index: int = 0
    usage: TranscriptionUsage | UnsetType = UNSET


class TranscriptionError(Struct, kw_only=True):
    """Why speech could not be written down."""

    type: str | UnsetType = UNSET
    code: str | None | UnsetType = UNSET
    message: str | UnsetType = UNSET
    param: str | None | UnsetType = UNSET


class TranscriptionFailed(ServerEvent, tag="conversation.item.input_audio_transcription.failed", kw_only=True):
    """Speech could not be written down."""

    item_id: str
    error: TranscriptionError
    content_index: int = 0


class TranscriptionSegment(ServerEvent, tag="conversation.item.input_audio_transcription.segment", kw_only=True):
    """A piece of a transcript with its speaker and times in seconds."""

    item_id: str
    id: str
    text: str
    speaker: str
    start: float
    end: float
    content_index: int = 0
