"""What is asked of one response."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import UNSET

from realtime_chat.protocol.responses import ResponseParams
from realtime_chat.protocol.sessions import AudioConfig, Modality, OutputConfig, RealtimeSession


@dataclass(frozen=True, slots=True)
class AnswerOptions:
    """What was asked of a response, session and ``response.create`` taken together.

    Attributes:
        max_tokens: The most tokens to write, ``None`` for no limit.
        metadata: Given back with the response as it came.
    """

    modality: Modality
    instructions: str
    voice: str
    speed: float
    max_tokens: int | None
    metadata: dict[str, str] | None


def answer_options(session: RealtimeSession, params: ResponseParams) -> AnswerOptions:
    """Take the session's settings and let those of ``response.create`` override them."""
    modalities = params.output_modalities if params.output_modalities is not UNSET else session.output_modalities
    instructions = params.instructions if params.instructions is not UNSET else session.instructions
    limit = params.max_output_tokens if params.max_output_tokens is not UNSET else session.max_output_tokens
    config = session.audio.output if isinstance(session.audio, AudioConfig) else UNSET
    voice = config.voice if isinstance(config, OutputConfig) else ""
    speed = config.speed if isinstance(config, OutputConfig) else 1.0
    if params.audio is not UNSET and params.audio.output is not UNSET and params.audio.output.voice is not UNSET:
        voice = params.audio.output.voice
    return AnswerOptions(
        modality="text" if modalities == ["text"] else "audio",
        instructions=instructions if isinstance(instructions, str) else "",
        voice=voice if isinstance(voice, str) else "",
        speed=speed if isinstance(speed, int | float) else 1.0,
        max_tokens=limit if isinstance(limit, int) else None,
        metadata=params.metadata if isinstance(params.metadata, dict) else None,
    )
