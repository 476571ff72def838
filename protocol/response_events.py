"""The events a server sends while it answers."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from realtime_chat.protocol.event import ServerEvent
from realtime_chat.protocol.items import Item, ResponsePart
from realtime_chat.protocol.responses import Response


class ResponseCreated(ServerEvent, tag="response.created", kw_only=True):
    """An answer begins."""

    response: Response


class ResponseDone(ServerEvent, tag="response.done", kw_only=True):
    """An answer is over, however it ended."""

    response: Response


class _OfItem(ServerEvent, kw_only=True):
    item_id: str
    output_index: int = 0


class _OfOutput(_OfItem, kw_only=True):
    response_id: str


class _OfPart(_OfOutput, kw_only=True):
    content_index: int = 0


class _OutputItem(ServerEvent, kw_only=True):
    response_id: str
    item: Item
    output_index: int = 0


class OutputItemAdded(_OutputItem, tag="response.output_item.added", kw_only=True):
    """The answer opens an item."""


class OutputItemDone(_OutputItem, tag="response.output_item.done", kw_only=True):
    """An item of the answer is complete."""


class _ContentPart(_OfPart, kw_only=True):
    part: ResponsePart


class ContentPartAdded(_ContentPart, tag="response.content_part.added", kw_only=True):
    """An item of the answer opens a part."""


class ContentPartDone(_ContentPart, tag="response.content_part.done", kw_only=True):
    """A part of the answer is complete."""


class TextDelta(_OfPart, tag="response.output_text.delta", kw_only=True):
    """More text of the answer."""

    delta: str


class TextDone(_OfPart, tag="response.output_text.done", kw_only=True):
    """All text of the part."""

    text: str


class AudioDelta(_OfPart, tag="response.output_audio.delta", kw_only=True):
    """More sound of the answer, in the session's output format."""

    delta: bytes


class AudioDone(_OfPart, tag="response.output_audio.done", kw_only=True):
    """All sound of the part was sent."""


class AudioTranscriptDelta(_OfPart, tag="response.output_audio_transcript.delta", kw_only=True):
    """More of what the answer's sound says."""

    delta: str


class AudioTranscriptDone(_OfPart, tag="response.output_audio_transcript.done", kw_only=True):
    """All of what the answer's sound says."""

    transcript: str


class FunctionCallDelta(_OfOutput, tag="response.function_call_arguments.delta", kw_only=True):
    """More of a call's arguments."""

    call_id: str
    delta: str


class FunctionCallDone(_OfOutput, tag="response.function_call_arguments.done", kw_only=True):
    """All of a call's arguments; some vendors leave the name out."""

    call_id: str
    arguments: str
    name: str = ""


class McpCallArgumentsDelta(_OfOutput, tag="response.mcp_call_arguments.delta", kw_only=True):
    """More of an MCP call's arguments."""

    delta: str
    obfuscation: str | None | UnsetType = UNSET


class McpCallArgumentsDone(_OfOutput, tag="response.mcp_call_arguments.done", kw_only=True):
    """All of an MCP call's arguments."""

    arguments: str


class McpCallInProgress(_OfItem, tag="response.mcp_call.in_progress", kw_only=True):
    """The service calls an MCP tool."""


class McpCallCompleted(_OfItem, tag="response.mcp_call.completed", kw_only=True):
    """An MCP tool answered."""


class McpCallFailed(_OfItem, tag="response.mcp_call.failed", kw_only=True):
    """An MCP tool failed."""
