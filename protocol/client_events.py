"""The eleven events a client sends."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from realtime_chat.protocol.items import Item
from realtime_chat.protocol.responses import ResponseParams
from realtime_chat.protocol.sessions import Session


class ClientEvent(Struct, tag_field="type", kw_only=True):
    """What all client events have in common; ``event_id`` is echoed in an error about the event."""

    event_id: str | None | UnsetType = UNSET


class SessionUpdate(ClientEvent, tag="session.update", kw_only=True):
    """Change the session; only fields that are set change."""

    session: Session


class InputAudioBufferAppend(ClientEvent, tag="input_audio_buffer.append", kw_only=True):
    """More sound from the microphone, in the session's input format."""

    audio: bytes


class InputAudioBufferCommit(ClientEvent, tag="input_audio_buffer.commit", kw_only=True):
    """Make the buffer an item of the conversation."""


class InputAudioBufferClear(ClientEvent, tag="input_audio_buffer.clear", kw_only=True):
    """Forget the buffer."""


class ItemCreate(ClientEvent, tag="conversation.item.create", kw_only=True):
    """Put an item into the conversation, after ``previous_item_id`` (``root``: first; unset: last)."""

    item: Item
    previous_item_id: str | None | UnsetType = UNSET


class ItemDelete(ClientEvent, tag="conversation.item.delete", kw_only=True):
    """Take an item out."""

    item_id: str


class ItemRetrieve(ClientEvent, tag="conversation.item.retrieve", kw_only=True):
    """Ask for an item with its audio."""

    item_id: str


class ItemTruncate(ClientEvent, tag="conversation.item.truncate", kw_only=True):
    """Cut an assistant's audio at what was heard of it."""

    item_id: str
    content_index: int
    audio_end_ms: int


class ResponseCreate(ClientEvent, tag="response.create", kw_only=True):
    """Ask for an answer."""

    response: ResponseParams | None | UnsetType = UNSET


class ResponseCancel(ClientEvent, tag="response.cancel", kw_only=True):
    """Stop an answer: the one named, or the one in progress."""

    response_id: str | None | UnsetType = UNSET


class OutputAudioBufferClear(ClientEvent, tag="output_audio_buffer.clear", kw_only=True):
    """Stop the sound (WebRTC and SIP only)."""


AnyClientEvent = (
    SessionUpdate
    | InputAudioBufferAppend
    | InputAudioBufferCommit
    | InputAudioBufferClear
    | ItemCreate
    | ItemDelete
    | ItemRetrieve
    | ItemTruncate
    | ResponseCreate
    | ResponseCancel
    | OutputAudioBufferClear
)
