"""The session as it is before the client says anything, and what of an update this server can take."""

from __future__ import annotations

from msgspec import UNSET
from msgspec.structs import replace

from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.protocol.responses import ResponseParams
from realtime_chat.protocol.sessions import (
    AudioConfig,
    InputConfig,
    OutputConfig,
    PcmFormat,
    RealtimeSession,
    SemanticVad,
    ServerVad,
    Session,
    Transcription,
    TranscriptionSession,
    merged,
)
from realtime_chat.server.checks import (
    check_choice,
    check_delay,
    check_include,
    check_metadata,
    check_modalities,
    check_prompt,
    check_reasoning,
    check_tools,
    check_tracing,
    check_truncation,
)
from realtime_chat.server.detection import check, completed
from realtime_chat.server.sound_format import check_format
from realtime_chat.server.toolbox import effective_tools

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


def default_transcription_session(session_id: str, model: str, expires_at: int) -> TranscriptionSession:
    """Give the effective session of a new connection that only writes down what it hears."""
    detection = completed(ServerVad(), answers=False)
    transcription = Transcription(model=model)
    return TranscriptionSession(
        id=session_id,
        object="realtime.transcription_session",
        expires_at=expires_at,
        audio=AudioConfig(
            input=InputConfig(
                format=PcmFormat(), transcription=transcription, noise_reduction=None, turn_detection=detection
            )
        ),
        include=None,
    )


def updated(current: Session, update: Session) -> Session:
    """Give the session as it is after an update, every field of it set.

    Raises:
        MalformedEvent: It asks for something this server does not do; nothing of it is to be applied.
    """
    if type(update) is not type(current):
        kind, other = (str(type(session).__struct_config__.tag) for session in (update, current))
        reason = f"Passing a {kind} session update event to a {other} session is not allowed."
        raise MalformedEvent("invalid_parameter", reason, "session.type")
    _check_audio(update)
    check_include(update.include)
    update.id = update.object = update.expires_at = UNSET  # clients send back what they were told, or anything
    if isinstance(update, RealtimeSession):
        _check_answers(update)
        update.model = UNSET  # which model answers is the server's affair
    session = merged(current, update)
    if isinstance(session.audio, AudioConfig) and isinstance(session.audio.input, InputConfig):
        detection = session.audio.input.turn_detection
        if isinstance(detection, ServerVad | SemanticVad):
            answers = isinstance(session, RealtimeSession)
            full = completed(detection, answers=answers)
            audio = replace(session.audio, input=replace(session.audio.input, turn_detection=full))
            session = replace(session, audio=audio)
    return session


def _check_audio(update: Session) -> None:
    if not isinstance(update.audio, AudioConfig):
        return
    audio = update.audio
    if isinstance(audio.input, InputConfig):
        check_format(audio.input.format, "session.audio.input.format")
        check_delay(audio.input.transcription)
        if isinstance(audio.input.turn_detection, ServerVad | SemanticVad):
            check(audio.input.turn_detection)
    if not isinstance(audio.output, OutputConfig):
        return
    if isinstance(update, TranscriptionSession):
        raise MalformedEvent("unknown_parameter", "Unknown parameter: 'session.audio.output'.", "session.audio.output")
    check_format(audio.output.format, "session.audio.output.format")
    if isinstance(audio.output.speed, int | float) and not 0.25 <= audio.output.speed <= 1.5:
        param = "session.audio.output.speed"
        raise MalformedEvent("invalid_value", f"Invalid '{param}': must be between 0.25 and 1.5.", param)


def _check_answers(update: RealtimeSession) -> None:
    check_max_tokens(update.max_output_tokens, "session.max_output_tokens")
    check_modalities(update.output_modalities, "session.output_modalities")
    check_truncation(update.truncation)
    check_reasoning(update.reasoning, "session.reasoning")
    check_tracing(update.tracing)
    check_prompt(update.prompt, "session.prompt")
    if isinstance(update.tools, list):
        check_tools(update.tools, "session.tools")


def check_response(params: ResponseParams, session: RealtimeSession, conversation_id: str) -> None:
    """Check what ``response.create`` asks for.

    Args:
        params: What it asks for.
        session: The session that it overrides.
        conversation_id: The id of the conversation, which may be named instead of ``auto``.

    Raises:
        MalformedEvent: It asks for something this server does not do.
    """
    if params.conversation not in (UNSET, "auto", "none", conversation_id):
        reason = f"Invalid value: '{str(params.conversation)[:200]}'. Supported values are: 'auto' and 'none'."
        raise MalformedEvent("invalid_value", reason, "response.conversation")
    check_max_tokens(params.max_output_tokens, "response.max_output_tokens")
    check_modalities(params.output_modalities, "response.output_modalities")
    check_metadata(params.metadata, "response.metadata")
    check_reasoning(params.reasoning, "response.reasoning")
    check_prompt(params.prompt, "response.prompt")
    if params.audio is not UNSET and params.audio.output is not UNSET:
        check_format(params.audio.output.format, "response.audio.output.format")
    if isinstance(params.tools, list):
        check_tools(params.tools, "response.tools")
    if params.tool_choice is not UNSET:
        check_choice(params.tool_choice, effective_tools(session, params), "response.tool_choice")


def check_max_tokens(value: object, param: str) -> None:
    """Refuse a token limit that the API has not.

    Raises:
        MalformedEvent: It is neither "inf" nor 1..4096.
    """
    if isinstance(value, int) and not 1 <= value <= MAX_OUTPUT_TOKENS:
        raise MalformedEvent("invalid_value", f"Invalid '{param}': must be 'inf' or 1 to {MAX_OUTPUT_TOKENS}.", param)
