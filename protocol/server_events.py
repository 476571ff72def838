"""The events a server sends.

Those of items are in `item_events`, those of sound in `buffer_events`, those of an answer in `response_events`.
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from realtime_chat.protocol.buffer_events import (
    BufferCleared,
    BufferCommitted,
    DtmfReceived,
    OutputBufferCleared,
    OutputBufferStarted,
    OutputBufferStopped,
    SpeechStarted,
    SpeechStopped,
    TimeoutTriggered,
)
from realtime_chat.protocol.event import ServerEvent
from realtime_chat.protocol.item_events import (
    ItemAdded,
    ItemCreated,
    ItemDeleted,
    ItemDone,
    ItemRetrieved,
    ItemTruncated,
    TranscriptionCompleted,
    TranscriptionDelta,
    TranscriptionFailed,
    TranscriptionSegment,
)
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
