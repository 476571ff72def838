"""The response object: one answer of the model, its cost, and what may be asked of it."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from realtime_chat.protocol.items import InputItem, Item
from realtime_chat.protocol.sessions import (
    AudioFormat,
    FunctionTool,
    McpTool,
    Modality,
    Reasoning,
    ToolChoice,
    VoiceId,
)

ResponseStatus = Literal["in_progress", "completed", "cancelled", "failed", "incomplete"]
StatusReason = Literal["turn_detected", "client_cancelled", "max_output_tokens", "content_filter"]


class ResponseError(Struct, kw_only=True):
    """Why a response failed."""

    type: str | None | UnsetType = UNSET
    code: str | None | UnsetType = UNSET
    message: str | None | UnsetType = UNSET


class StatusDetails(Struct, kw_only=True):
    """Why a response ended as it did. ``reason`` stays a string here: vendors have reasons of their own."""

    type: str | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    error: ResponseError | None | UnsetType = UNSET


class CachedTokenDetails(Struct, kw_only=True):
    """What the part of the input that was read before was made of."""

    text_tokens: int = 0
    audio_tokens: int = 0
    image_tokens: int = 0


class InputTokenDetails(Struct, kw_only=True):
    """What the input of a response was made of."""

    text_tokens: int = 0
    audio_tokens: int = 0
    image_tokens: int = 0
    cached_tokens: int = 0
    cached_tokens_details: CachedTokenDetails | UnsetType = UNSET


class OutputTokenDetails(Struct, kw_only=True):
    """What the output of a response was made of."""

    text_tokens: int = 0
    audio_tokens: int = 0


class Usage(Struct, kw_only=True):
    """The tokens of one response."""

    total_tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    input_token_details: InputTokenDetails | UnsetType = UNSET
    output_token_details: OutputTokenDetails | UnsetType = UNSET


class ResponseOutput(Struct, kw_only=True):
    """``response.audio.output``."""

    format: AudioFormat | UnsetType = UNSET
    voice: str | VoiceId | UnsetType = UNSET


class ResponseAudio(Struct, kw_only=True):
    """``response.audio``."""

    output: ResponseOutput | UnsetType = UNSET


class Response(Struct, kw_only=True):
    """One answer of the model."""

    id: str
    object: str = "realtime.response"
    status: ResponseStatus = "in_progress"
    status_details: StatusDetails | None = None
    output: list[Item] = []
    conversation_id: str | None = None
    output_modalities: list[Modality] | UnsetType = UNSET
    max_output_tokens: int | Literal["inf"] | UnsetType = UNSET
    audio: ResponseAudio | UnsetType = UNSET
    usage: Usage | None = None
    metadata: dict[str, str] | None = None


class ResponseParams(Struct, kw_only=True):
    """What ``response.create`` may set; every field overrides the session for this response only."""

    output_modalities: list[Modality] | UnsetType = UNSET
    instructions: str | None | UnsetType = UNSET
    """``null``, which LiveKit's agents send, is like absent."""
    audio: ResponseAudio | UnsetType = UNSET
    conversation: str | UnsetType = UNSET
    input: list[InputItem] | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    max_output_tokens: int | Literal["inf"] | UnsetType = UNSET
    tools: list[FunctionTool | McpTool] | UnsetType = UNSET
    tool_choice: ToolChoice | UnsetType = UNSET
    parallel_tool_calls: bool | UnsetType = UNSET
    reasoning: Reasoning | None | UnsetType = UNSET
    prompt: dict[str, Any] | None | UnsetType = UNSET


class RateLimit(Struct, kw_only=True):
    """One limit and what is left of it."""

    name: str | UnsetType = UNSET
    limit: int | UnsetType = UNSET
    remaining: int | UnsetType = UNSET
    reset_seconds: float | UnsetType = UNSET
