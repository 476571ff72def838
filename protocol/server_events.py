"""The events a server sends; those that make up an answer are in `response_events`."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from realtime_chat.protocol.items import Item
from realtime_chat.protocol.response_events import (
    AudioDelta,
    AudioDone,
    AudioTranscriptDelta,
    AudioTranscriptDone,
    ContentPartAdded,
    ContentPartDone,
    FunctionCallDelta,
    FunctionCallDone,
    McpCallArgumentsDelta,
    McpCallArgumentsDone,
    McpCallCompleted,
    McpCallFailed,
    McpCallInProgress,
    OutputItemAdded,
    OutputItemDone,
    ResponseCreated,
    ResponseDone,
    ServerEvent,
    TextDelta,
    TextDone,
)
from realtime_chat.protocol.responses import RateLimit
from realtime_chat.protocol.sessions import Session


class ErrorDetails(Struct, kw_only=True):
    """What went wrong; ``event_id`` names the client event at fault, but services often leave it null."""

    type: str = "invalid_request_error"
    code: str | None = None
    message: str = ""
    param: str | None = None
    event_id: str | None = None


class Error(ServerEvent, tag="error", kw_only=True):
    """Something went wrong; the session goes on unless the socket is closed too."""

    error: ErrorDetails


class SessionCreated(ServerEvent, tag="session.created", kw_only=True):
    """The first event of a connection."""

    session: Session


class SessionUpdated(ServerEvent, tag="session.updated", kw_only=True):
    """The whole session after an update."""

    session: Session


class Conversation(Struct, kw_only=True):
    """A conversation, by its id."""

    id: str | UnsetType = UNSET
    object: str | UnsetType = UNSET


class ConversationCreated(ServerEvent, tag="conversation.created", kw_only=True):
    """Sent by the beta dialect after `SessionCreated`."""

    conversation: Conversation


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


class BufferCleared(ServerEvent, tag="input_audio_buffer.cleared", kw_only=True):
    """The input buffer is empty."""


class BufferCommitted(ServerEvent, tag="input_audio_buffer.committed", kw_only=True):
    """The input buffer became an item."""

    item_id: str
    previous_item_id: str | None = None


class SpeechStarted(ServerEvent, tag="input_audio_buffer.speech_started", kw_only=True):
    """The server hears the person; milliseconds of audio since the session began."""

    audio_start_ms: int
    item_id: str


class SpeechStopped(ServerEvent, tag="input_audio_buffer.speech_stopped", kw_only=True):
    """The person stopped; milliseconds of audio since the session began."""

    audio_end_ms: int
    item_id: str


class TimeoutTriggered(ServerEvent, tag="input_audio_buffer.timeout_triggered", kw_only=True):
    """Nobody said anything for the idle time-out."""

    audio_start_ms: int
    audio_end_ms: int
    item_id: str


class DtmfReceived(ServerEvent, tag="input_audio_buffer.dtmf_event_received", kw_only=True):
    """A key of a telephone; it has no ``event_id``."""

    event: str
    received_at: int


class _OutputBuffer(ServerEvent, kw_only=True):
    response_id: str


class OutputBufferStarted(_OutputBuffer, tag="output_audio_buffer.started", kw_only=True):
    """The server began to play (WebRTC and SIP only)."""


class OutputBufferStopped(_OutputBuffer, tag="output_audio_buffer.stopped", kw_only=True):
    """The server played all (WebRTC and SIP only)."""


class OutputBufferCleared(_OutputBuffer, tag="output_audio_buffer.cleared", kw_only=True):
    """The server stopped the sound (WebRTC and SIP only)."""


class RateLimitsUpdated(ServerEvent, tag="rate_limits.updated", kw_only=True):
    """What is left of the limits."""

    rate_limits: list[RateLimit]


class _McpList(ServerEvent, kw_only=True):
    item_id: str


class McpListInProgress(_McpList, tag="mcp_list_tools.in_progress", kw_only=True):
    """The service asks an MCP server for its tools."""


class McpListCompleted(_McpList, tag="mcp_list_tools.completed", kw_only=True):
    """An MCP server named its tools."""


class McpListFailed(_McpList, tag="mcp_list_tools.failed", kw_only=True):
    """An MCP server did not name its tools."""


class Unknown(Struct, frozen=True):
    """An event of a type, or in a shape, that this client does not know: to be logged and ignored.

    Attributes:
        type: The event's type as it came, untrusted.
        reason: Why it could not be read.
        fields: The whole event, decoded.
    """

    type: str
    reason: str
    fields: dict[str, Any]


AnyServerEvent = (
    Error
    | SessionCreated
    | SessionUpdated
    | ConversationCreated
    | ItemAdded
    | ItemDone
    | ItemCreated
    | ItemDeleted
    | ItemRetrieved
    | ItemTruncated
    | TranscriptionDelta
    | TranscriptionCompleted
    | TranscriptionFailed
    | TranscriptionSegment
    | BufferCleared
    | BufferCommitted
    | SpeechStarted
    | SpeechStopped
    | TimeoutTriggered
    | DtmfReceived
    | OutputBufferStarted
    | OutputBufferStopped
    | OutputBufferCleared
    | RateLimitsUpdated
    | ResponseCreated
    | ResponseDone
    | OutputItemAdded
    | OutputItemDone
    | ContentPartAdded
    | ContentPartDone
    | TextDelta
    | TextDone
    | AudioDelta
    | AudioDone
    | AudioTranscriptDelta
    | AudioTranscriptDone
    | FunctionCallDelta
    | FunctionCallDone
    | McpCallArgumentsDelta
    | McpCallArgumentsDone
    | McpCallInProgress
    | McpCallCompleted
    | McpCallFailed
    | McpListInProgress
    | McpListCompleted
    | McpListFailed
)
