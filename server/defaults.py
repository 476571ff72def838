"""The session as it is before the client says anything, and what of an update this server can take."""

from __future__ import annotations

from msgspec import UNSET

from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.protocol.sessions import (
    AudioConfig,
    InputConfig,
    OutputConfig,
    PcmFormat,
    RealtimeSession,
    SemanticVad,
    ServerVad,
    Session,
    TranscriptionSession,
)
from realtime_chat.server.detection import check, completed

INSTRUCTIONS = (
    "You are a friendly voice assistant. Answer in one or two short, plain sentences, as people do when they talk."
)
"""What the model is told when the client says nothing. Short: a small model's first word waits for every token."""
MAX_OUTPUT_TOKENS = 4_096
"""The highest limit that a client may set, as at OpenAI."""


def default_session(session_id: str, model: str, voice: str, expires_at: int) -> RealtimeSession:
    """Give the effective session of a new connection, every field set."""
    return RealtimeSession(
        id=session_id,
        object="realtime.session",
        model=model,
        output_modalities=["audio"],
        instructions=INSTRUCTIONS,
        tools=[],
        tool_choice="auto",
        max_output_tokens="inf",
        tracing=None,
        truncation="auto",
        prompt=None,
        expires_at=expires_at,
        audio=AudioConfig(
            input=InputConfig(
                format=PcmFormat(), transcription=None, noise_reduction=None, turn_detection=completed(ServerVad())
            ),
            output=OutputConfig(format=PcmFormat(), voice=voice, speed=1.0),
        ),
        include=None,
    )


def check_update(update: Session) -> RealtimeSession:
    """Give the update if this server can do what it asks.

    Raises:
        MalformedEvent: It asks for something this server does not do; nothing of it is to be applied.
    """
    if isinstance(update, TranscriptionSession):
        raise MalformedEvent(
            "invalid_value", "Transcription sessions are not supported by this server.", "session.type"
        )
    if isinstance(update.audio, AudioConfig):
        for name, side in (("input", update.audio.input), ("output", update.audio.output)):
            if not isinstance(side, InputConfig | OutputConfig) or side.format is UNSET:
                continue
            if not isinstance(side.format, PcmFormat) or side.format.rate not in (24_000, UNSET):
                param = f"session.audio.{name}.format"
                reason = f"Unsupported value for '{param}': this server takes audio/pcm at 24000 Hz."
                raise MalformedEvent("invalid_value", reason, param)
        if isinstance(update.audio.output, OutputConfig):
            speed = update.audio.output.speed
            if isinstance(speed, int | float) and not 0.25 <= speed <= 1.5:
                param = "session.audio.output.speed"
                raise MalformedEvent("invalid_value", f"Invalid '{param}': must be between 0.25 and 1.5.", param)
        if isinstance(update.audio.input, InputConfig):
            detection = update.audio.input.turn_detection
            if isinstance(detection, ServerVad | SemanticVad):
                check(detection)
    check_max_tokens(update.max_output_tokens, "session.max_output_tokens")
    if isinstance(update.output_modalities, list) and len(update.output_modalities) != 1:
        param = "session.output_modalities"
        raise MalformedEvent("invalid_value", f"Invalid '{param}': give either ['audio'] or ['text'].", param)
    return update


def check_max_tokens(value: object, param: str) -> None:
    """Refuse a token limit that the API has not.

    Raises:
        MalformedEvent: It is neither "inf" nor 1..4096.
    """
    if isinstance(value, int) and not 1 <= value <= MAX_OUTPUT_TOKENS:
        raise MalformedEvent("invalid_value", f"Invalid '{param}': must be 'inf' or 1 to {MAX_OUTPUT_TOKENS}.", param)
