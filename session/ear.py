"""`Ear`: does the person speak, who says so, and how much of it did the server get?"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto
from typing import Final

from realtime_chat.audio.frame import FRAME_SAMPLES, SAMPLE_BYTES, Frame, ms_to_samples
from realtime_chat.protocol.client_events import InputAudioBufferAppend
from realtime_chat.session.effects import Effect, Send
from realtime_chat.session.settings import TurnMode

SHORTEST_TURN_MS: Final = 100
"""The service refuses to commit less."""

PRE_ROLL_MS: Final = 300
"""Sound from before the key that belongs to the turn: people begin to speak while they press it."""


class _State(Enum):
    QUIET = auto()
    HEARING = auto()


class Ear:
    """Hears the person, in the way of its `mode`; knows nothing of what is done about it."""

    def __init__(self, mode: TurnMode) -> None:
        self.mode = mode
        """Who says when the person speaks."""
        self._state = _State.QUIET
        self._appended = 0
        self._kept: deque[Frame] = deque(maxlen=ms_to_samples(PRE_ROLL_MS) // FRAME_SAMPLES)

    @property
    def is_hearing(self) -> bool:
        """The person speaks."""
        return self._state is _State.HEARING

    def begin(self) -> list[Effect]:
        """The person begins to speak; what was kept from just before goes out first."""
        self._state = _State.HEARING
        self._appended = 0
        kept = list(self._kept)
        self._kept.clear()
        effects = [effect for frame in kept for effect in self._append(frame)]
        self._appended = 0  # what was before the key does not make a turn of a slip of the finger
        return effects

    def frame(self, frame: Frame) -> list[Effect]:
        """A frame was heard, whatever is in it: the server gets those that it, or the person, wants it to have."""
        if self.mode.is_by_server or (self.mode.is_by_key and self.is_hearing):
            return self._append(frame)
        if self.mode.is_by_key:
            self._kept.append(frame)
        return []

    def voiced(self, frame: Frame) -> list[Effect]:
        """The gate lets a frame through; passed over where the beginning of the speech was."""
        return self._append(frame) if self.is_hearing else []

    def end(self) -> bool:
        """The person speaks no more; say whether enough came for a turn."""
        self._state = _State.QUIET
        return self._appended >= ms_to_samples(SHORTEST_TURN_MS)

    def turn_to(self, mode: TurnMode) -> None:
        """Let somebody else say when the person speaks; what was heard and not ended is forgotten."""
        self.mode = mode
        self._state = _State.QUIET
        self._kept.clear()

    def _append(self, frame: Frame) -> list[Effect]:
        self._appended += len(frame.pcm) // SAMPLE_BYTES
        return [Send(InputAudioBufferAppend(audio=frame.pcm))]
