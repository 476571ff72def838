"""What is asked of one response."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import UNSET

from realtime_chat.protocol.responses import ResponseParams
from realtime_chat.protocol.sessions import AudioConfig, AudioFormat, Modality, OutputConfig, RealtimeSession, VoiceId
from realtime_chat.server.engines.seam import Toolbox
from realtime_chat.server.sound_format import formats_of
from realtime_chat.server.toolbox import toolbox
from realtime_chat.server.truncation import Truncation, truncation_of


@dataclass(frozen=True, slots=True)
class AnswerOptions:
    """What was asked of a response, session and ``response.create`` taken together.

    Attributes:
        max_tokens: The most tokens to write, ``None`` for no limit.
        format: How its sound travels.
        tools: What the model may call, ``None`` for nothing.
        truncation: What to do where the conversation is too long for the model.
        metadata: Given back with the response as it came.
    """

    modality: Modality
    instructions: str
    voice: str
    speed: float
    max_tokens: int | None
    format: AudioFormat
    tools: Toolbox | None
    truncation: Truncation
    metadata: dict[str, str] | None


def answer_options(session: RealtimeSession, params: ResponseParams) -> AnswerOptions:
    """Take the session's settings and let those of ``response.create`` override them."""
    modalities = params.output_modalities if params.output_modalities is not UNSET else session.output_modalities
    instructions = params.instructions if isinstance(params.instructions, str) else session.instructions
    limit = params.max_output_tokens if params.max_output_tokens is not UNSET else session.max_output_tokens
    config = session.audio.output if isinstance(session.audio, AudioConfig) else UNSET
    voice = voice_name(config.voice) if isinstance(config, OutputConfig) else ""
    speed = config.speed if isinstance(config, OutputConfig) else 1.0
    if params.audio is not UNSET and params.audio.output is not UNSET and params.audio.output.voice is not UNSET:
        voice = voice_name(params.audio.output.voice)
    wanted = formats_of(session).outward
    if params.audio is not UNSET and params.audio.output is not UNSET and params.audio.output.format is not UNSET:
        wanted = params.audio.output.format
    return AnswerOptions(
        modality="text" if modalities == ["text"] else "audio",
        instructions=instructions if isinstance(instructions, str) else "",
        voice=voice,
        speed=speed if isinstance(speed, int | float) else 1.0,
        max_tokens=limit if isinstance(limit, int) else None,
        format=wanted,
        tools=toolbox(session, params),
        truncation=truncation_of(session.truncation),
        metadata=params.metadata if isinstance(params.metadata, dict) else None,
    )


def voice_name(voice: object) -> str:
    """Give a voice by its name, or by its id where it is one of the client's own; ``""`` for none."""
    if isinstance(voice, VoiceId):
        return voice.id
    return voice if isinstance(voice, str) else ""
