"""`Settings`: what a person wants of a conversation, and each ``session.update`` that asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from msgspec import UNSET, UnsetType

from realtime_chat.audio.frame import SAMPLE_RATE
from realtime_chat.protocol.client_events import SessionUpdate
from realtime_chat.protocol.sessions import (
    AudioConfig,
    FunctionTool,
    InputConfig,
    OutputConfig,
    PcmFormat,
    RealtimeSession,
    SemanticVad,
    ServerVad,
    Transcription,
    TurnDetection,
)
from realtime_chat.session.cleaning import encodable
from realtime_chat.session.tools.seam import Tool

_THRESHOLD = 0.5
_PREFIX_PADDING_MS = 300
"""Both are the service's own defaults; they are sent since other servers have others."""


class TurnMode(Enum):
    """Who says that a turn is over."""

    LOCAL = "local"
    """This program: the voice gate."""
    SERVER = "server"
    """The server, by the silence."""
    SEMANTIC = "semantic"
    """The server, by the sense of the words."""
    TAP = "tap"
    """The person: a key begins the turn, and ends it."""
    HOLD = "hold"
    """The person: a key that is held down while they speak."""

    @property
    def is_by_server(self) -> bool:
        """The server says it, and answers by itself."""
        return self in {TurnMode.SERVER, TurnMode.SEMANTIC}

    @property
    def is_by_key(self) -> bool:
        """The person says it, with a key."""
        return self in {TurnMode.TAP, TurnMode.HOLD}


class Consent(Enum):
    """Who allows the calls of tools that may change something."""

    ASKED = "asked"
    """The person is asked each time."""
    GIVEN = "given"
    """The person has allowed all."""
    REFUSED = "refused"
    """There is nobody to ask: none is carried out."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person wants of a conversation.

    Attributes:
        model: The model's name; None leaves it to the server. It goes into the address: an update cannot change it.
        voice: The voice's name; None leaves it to the server.
        instructions: What the model is told before anything else; None leaves the server's own.
        modality: How the assistant answers at first.
        turns: Who says at first that a turn is over; no matter where nobody speaks.
        silence_ms: The silence that ends a turn. With `TurnMode.LOCAL`, the hang-over of the gate that is used; other
            modes than that and `TurnMode.SERVER` have none.
        transcribe: The model that writes down what the person says; None: nobody does.
        speed: How fast the assistant speaks, 0.25..1.5; None leaves it to the server.
        max_tokens: The most tokens of one answer; None leaves it to the server.
        tools: What the model may call; each has a name of its own.
        tool_seconds: How long a call may take.
        consent: Who allows, at first, the calls that may change something.
    """

    model: str | None = None
    voice: str | None = None
    instructions: str | None = None
    modality: Literal["audio", "text"] = "audio"
    turns: TurnMode = TurnMode.LOCAL
    silence_ms: int = 500
    transcribe: str | None = None
    speed: float | None = None
    max_tokens: int | None = None
    tools: tuple[Tool, ...] = ()
    tool_seconds: float = 30.0
    consent: Consent = Consent.REFUSED

    def update(self) -> SessionUpdate:
        """Give the event that asks for all this; what is None is left as it is."""
        return SessionUpdate(
            session=RealtimeSession(
                instructions=UNSET if self.instructions is None else encodable(self.instructions),
                output_modalities=[self.modality],
                audio=AudioConfig(input=self._input(), output=self._output()),
                max_output_tokens=UNSET if self.max_tokens is None else self.max_tokens,
                tools=list(map(_function, self.tools)) if self.tools else UNSET,
                tool_choice="auto" if self.tools else UNSET,
            )
        )

    def turns_update(self, turns: TurnMode, event_id: str) -> SessionUpdate:
        """Give the event that asks for other turns, and for nothing else."""
        audio = AudioConfig(input=InputConfig(turn_detection=self._detection(turns)))
        return SessionUpdate(event_id=event_id, session=RealtimeSession(audio=audio))

    def voice_update(self, modality: Literal["audio", "text"], event_id: str) -> SessionUpdate:
        """Give the event that asks for answers of another kind, and for nothing else."""
        return SessionUpdate(event_id=event_id, session=RealtimeSession(output_modalities=[modality]))

    def _input(self) -> InputConfig:
        # A typed conversation says nothing about sound, for a server that has none need not know the words for it.
        left = None if self.modality == "audio" else UNSET
        return InputConfig(
            format=PcmFormat(rate=SAMPLE_RATE) if self.modality == "audio" else UNSET,
            transcription=left if self.transcribe is None else Transcription(model=encodable(self.transcribe)),
            turn_detection=self._detection(self.turns),
        )

    def _output(self) -> OutputConfig | UnsetType:
        if self.modality == "text" and self.voice is None and self.speed is None:
            return UNSET
        return OutputConfig(
            format=PcmFormat(rate=SAMPLE_RATE),
            voice=UNSET if self.voice is None else encodable(self.voice),
            speed=UNSET if self.speed is None else self.speed,
        )

    def _detection(self, turns: TurnMode) -> TurnDetection | None:
        match turns:
            case TurnMode.SERVER:
                return ServerVad(
                    threshold=_THRESHOLD,
                    prefix_padding_ms=_PREFIX_PADDING_MS,
                    silence_duration_ms=self.silence_ms,
                    create_response=True,
                    interrupt_response=True,
                )
            case TurnMode.SEMANTIC:
                return SemanticVad(eagerness="auto", create_response=True, interrupt_response=True)
            case _:
                return None


def _function(tool: Tool) -> FunctionTool:
    return FunctionTool(
        name=tool.name, description=encodable(tool.description) or UNSET, parameters=dict(tool.parameters)
    )
