"""The session object: what ``session.update`` asks for and ``session.created``/``updated`` report.

A field that is `UNSET` is left as it is by an update and absent from the wire.
"""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

Modality = Literal["audio", "text"]


class PcmFormat(Struct, tag_field="type", tag="audio/pcm", kw_only=True):
    """PCM16 little-endian mono; a format without a rate is one of 24 kHz, the only one the service has."""

    rate: int = 24_000


class PcmuFormat(Struct, tag_field="type", tag="audio/pcmu", kw_only=True):
    """G.711 mu-law at 8 kHz."""


class PcmaFormat(Struct, tag_field="type", tag="audio/pcma", kw_only=True):
    """G.711 A-law at 8 kHz."""


AudioFormat = PcmFormat | PcmuFormat | PcmaFormat


class ServerVad(Struct, tag_field="type", tag="server_vad", kw_only=True):
    """The server ends a turn after a silence."""

    threshold: float | UnsetType = UNSET
    prefix_padding_ms: int | UnsetType = UNSET
    silence_duration_ms: int | UnsetType = UNSET
    idle_timeout_ms: int | None | UnsetType = UNSET
    create_response: bool | UnsetType = UNSET
    interrupt_response: bool | UnsetType = UNSET


class SemanticVad(Struct, tag_field="type", tag="semantic_vad", kw_only=True):
    """The server ends a turn when what was said sounds complete."""

    eagerness: Literal["low", "medium", "high", "auto"] | UnsetType = UNSET
    create_response: bool | UnsetType = UNSET
    interrupt_response: bool | UnsetType = UNSET


TurnDetection = ServerVad | SemanticVad


class Transcription(Struct, kw_only=True):
    """Whether and how the person's speech is written down."""

    model: str | UnsetType = UNSET
    language: str | None | UnsetType = UNSET
    languages: list[str] | None | UnsetType = UNSET
    prompt: str | None | UnsetType = UNSET
    keywords: list[str] | None | UnsetType = UNSET
    delay: str | None | UnsetType = UNSET


class NoiseReduction(Struct, kw_only=True):
    """Noise reduction of the input."""

    type: Literal["near_field", "far_field"]
    strength: float | UnsetType = UNSET


class InputConfig(Struct, kw_only=True):
    """``session.audio.input``."""

    format: AudioFormat | UnsetType = UNSET
    transcription: Transcription | None | UnsetType = UNSET
    noise_reduction: NoiseReduction | None | UnsetType = UNSET
    turn_detection: TurnDetection | None | UnsetType = UNSET


class VoiceId(Struct, kw_only=True):
    """A voice of one's own, by its id."""

    id: str


class OutputConfig(Struct, kw_only=True):
    """``session.audio.output``."""

    format: AudioFormat | UnsetType = UNSET
    voice: str | VoiceId | UnsetType = UNSET
    speed: float | UnsetType = UNSET


class AudioConfig(Struct, kw_only=True):
    """``session.audio``."""

    input: InputConfig | UnsetType = UNSET
    output: OutputConfig | UnsetType = UNSET


class FunctionTool(Struct, tag_field="type", tag="function", kw_only=True):
    """A function the model may ask for; ``parameters`` is a JSON Schema."""

    name: str
    description: str | UnsetType = UNSET
    parameters: dict[str, Any] | UnsetType = UNSET


class McpTool(Struct, tag_field="type", tag="mcp", kw_only=True):
    """The tools of an MCP server, called by the service."""

    server_label: str
    server_url: str | UnsetType = UNSET
    server_description: str | UnsetType = UNSET
    connector_id: str | UnsetType = UNSET
    authorization: str | UnsetType = UNSET
    headers: dict[str, str] | None | UnsetType = UNSET
    allowed_tools: list[str] | dict[str, Any] | None | UnsetType = UNSET
    require_approval: str | dict[str, Any] | None | UnsetType = UNSET


class FunctionChoice(Struct, tag_field="type", tag="function", kw_only=True):
    """The model must call this function."""

    name: str


class McpChoice(Struct, tag_field="type", tag="mcp", kw_only=True):
    """The model must call a tool of this MCP server."""

    server_label: str
    name: str | None | UnsetType = UNSET


ToolChoice = Literal["none", "auto", "required"] | FunctionChoice | McpChoice


class RetentionRatio(Struct, tag_field="type", tag="retention_ratio", kw_only=True):
    """Drop old items down to this share of the context, so that the next turns find it cached."""

    retention_ratio: float
    token_limits: dict[str, int] | UnsetType = UNSET


class Reasoning(Struct, kw_only=True):
    """How long the model may think."""

    effort: str


class _Session(Struct, tag_field="type", kw_only=True):
    id: str | UnsetType = UNSET
    object: str | UnsetType = UNSET
    audio: AudioConfig | UnsetType = UNSET
    include: list[str] | None | UnsetType = UNSET
    expires_at: int | UnsetType = UNSET


class RealtimeSession(_Session, tag="realtime", kw_only=True):
    """A conversation with a model."""

    model: str | UnsetType = UNSET
    instructions: str | UnsetType = UNSET
    output_modalities: list[Modality] | UnsetType = UNSET
    tools: list[FunctionTool | McpTool] | UnsetType = UNSET
    tool_choice: ToolChoice | UnsetType = UNSET
    parallel_tool_calls: bool | UnsetType = UNSET
    reasoning: Reasoning | None | UnsetType = UNSET
    max_output_tokens: int | Literal["inf"] | UnsetType = UNSET
    truncation: Literal["auto", "disabled"] | RetentionRatio | UnsetType = UNSET
    tracing: Literal["auto"] | dict[str, Any] | None | UnsetType = UNSET
    prompt: dict[str, Any] | None | UnsetType = UNSET


class TranscriptionSession(_Session, tag="transcription", kw_only=True):
    """A session that only writes down what it hears."""


Session = RealtimeSession | TranscriptionSession

S = TypeVar("S", bound=Struct)


def merged(current: S, update: S) -> S:
    """Give ``current`` with every field that ``update`` sets.

    Audio input and output are merged field by field; a turn detection, transcription or format that is given
    replaces the former one whole, as the service does.
    """
    changes: dict[str, Any] = {}
    for field in msgspec.structs.fields(current):
        new = getattr(update, field.name, UNSET)
        if new is UNSET:
            continue
        old = getattr(current, field.name)
        nested = isinstance(new, AudioConfig | InputConfig | OutputConfig) and type(old) is type(new)
        changes[field.name] = merged(old, new) if nested else new
    return msgspec.structs.replace(current, **changes)
