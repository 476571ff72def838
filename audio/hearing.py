"""`Hearing`: what the person says, out of what the microphone hears."""

from __future__ import annotations

from dataclasses import dataclass

from realtime_chat.audio.detector import PIECE_BYTES
from realtime_chat.audio.echo import EchoCanceller
from realtime_chat.audio.frame import Frame
from realtime_chat.audio.gate import GateEvent, SpeechStarted, SpeechSuspected, SuspicionDropped, Voiced, VoiceGate


@dataclass(frozen=True, slots=True)
class Perceived:
    """What came of a frame.

    Attributes:
        frame: The person's part of it.
        judged: What was judged (PCM16 mono): as loud as the person is, before the voice is lifted.
        events: What it leads to, in order.
    """

    frame: Frame
    judged: bytes
    events: tuple[GateEvent, ...]


class Hearing:
    """Takes frames in order.

    While the assistant speaks each is 0.4 ms of work, and twice that on a processor that slept: not for an event loop.
    """

    def __init__(self, gate: VoiceGate, *, canceller: EchoCanceller | None = None) -> None:
        """Put one together.

        Args:
            gate: Says when somebody speaks.
            canceller: Takes the speaker's sound, and noise, out; None to leave the sound as it is.
        """
        self.is_whole = False
        """Every frame is wanted, also those in which nobody speaks; else they are given as they came."""
        self._gate = gate
        self._canceller = canceller

    @property
    def is_calm(self) -> bool:
        """Nobody speaks, and it is known that nothing sounds: a frame may wait for the next one."""
        return self._canceller is not None and self._canceller.is_calm and self._gate.is_calm

    def push(self, frame: Frame, *, is_muted: bool = False) -> Perceived:
        """Take the next frame; of a muted one silence is heard, but its echo is still learnt."""
        if self._canceller is None:
            heard = Frame(frame.position, bytes(len(frame.pcm))) if is_muted else frame
            return Perceived(heard, heard.pcm, tuple(self._gate.push(heard)))
        judged = self._canceller.push(frame)
        if is_muted:
            frame, judged = Frame(frame.position, bytes(len(frame.pcm))), bytes(PIECE_BYTES)
        voice = self._canceller.voice(frame) if self.is_whole and not is_muted else frame
        path = self._canceller.path
        events = tuple(
            self._gate.push(voice, judged, is_doubtful=path.may_echo, is_dulled=self._canceller.has_cancelled)
        )
        if any(isinstance(event, SpeechSuspected | SpeechStarted) for event in events):
            path.noticed()
        if SuspicionDropped() in events:
            path.dismissed()
        if not self.is_whole:
            events = tuple(self._cleaned(event) for event in events)
        return Perceived(voice, judged, events)

    def flush(self) -> tuple[GateEvent, ...]:
        """Say that the input ended."""
        return tuple(self._gate.flush())

    def _cleaned(self, event: GateEvent) -> GateEvent:
        if isinstance(event, Voiced) and self._canceller is not None and any(event.frame.pcm):
            return Voiced(self._canceller.voice(event.frame))
        return event
