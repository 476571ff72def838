"""`Settings`: what a person wants of a conversation, and the ``session.update`` that asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from msgspec import UNSET

from realtime_chat.audio.frame import SAMPLE_RATE
from realtime_chat.protocol.client_events import SessionUpdate
from realtime_chat.protocol.sessions import (
    AudioConfig,
    InputConfig,
    OutputConfig,
    PcmFormat,
    RealtimeSession,
    ServerVad,
    Transcription,
)
from realtime_chat.session.cleaning import encodable

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


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person wants of a conversation.

    Attributes:
        model: The model's name; None leaves it to the server. It goes into the address: an update cannot change it.
        voice: The voice's name; None leaves it to the server.
        instructions: What the model is told before anything else; None leaves the server's own.
        modality: How the assistant answers.
        turns: Who says that a turn is over; no matter where nobody speaks.
        silence_ms: The silence that ends a turn. With `TurnMode.LOCAL`, the hang-over of the gate that is used.
        transcribe: The model that writes down what the person says; None: nobody does.
        speed: How fast the assistant speaks, 0.25..1.5; None leaves it to the server.
    """

    model: str | None = None
    voice: str | None = None
    instructions: str | None = None
    modality: Literal["audio", "text"] = "audio"
    turns: TurnMode = TurnMode.LOCAL
    silence_ms: int = 500
    transcribe: str | None = None
    speed: float | None = None

    def update(self) -> SessionUpdate:
        """Give the event that asks for all this; what is None is left as it is."""
        return SessionUpdate(
            session=RealtimeSession(
                instructions=UNSET if self.instructions is None else encodable(self.instructions),
                output_modalities=[self.modality],
                audio=self._audio(),
            )
        )

    def _audio(self) -> AudioConfig:
        if self.modality == "text":
            return AudioConfig(input=InputConfig(turn_detection=None))
        return AudioConfig(
            input=InputConfig(
                format=PcmFormat(rate=SAMPLE_RATE),
                transcription=None if self.transcribe is None else Transcription(model=encodable(self.transcribe)),
                turn_detection=self._turn_detection(),
            ),
            output=OutputConfig(
                format=PcmFormat(rate=SAMPLE_RATE),
                voice=UNSET if self.voice is None else encodable(self.voice),
                speed=UNSET if self.speed is None else self.speed,
            ),
        )

    def _turn_detection(self) -> ServerVad | None:
        if self.turns is TurnMode.LOCAL:
            return None
        return ServerVad(
            threshold=_THRESHOLD,
            prefix_padding_ms=_PREFIX_PADDING_MS,
            silence_duration_ms=self.silence_ms,
            create_response=True,
            interrupt_response=True,
        )
