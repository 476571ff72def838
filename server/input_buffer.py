"""The input audio buffer: what the client has sent and nobody has committed yet."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto

from realtime_chat.audio.frame import SAMPLE_BYTES, Framer
from realtime_chat.audio.gate import SpeechStarted, SpeechStopped, Voiced, VoiceDetector, VoiceGate
from realtime_chat.protocol.sessions import SemanticVad, TurnDetection


class Heard(Enum):
    """What the buffer noticed in the sound, where turns are detected here."""

    STARTED = auto()
    STOPPED = auto()


SEMANTIC_SILENCE_MS = {"high": 300, "medium": 600, "auto": 600, "low": 1200}
"""Silence that ends a turn for each eagerness of semantic turn detection, which is a timer here."""


class InputBuffer:
    """Sound since the last commit, with voice found in it. Positions are samples since the session began."""

    def __init__(self, detection: TurnDetection | None) -> None:
        self.pcm = bytearray()
        self.start = 0
        self.voiced_end = 0
        self.turn_end = 0
        self._position = 0
        self._framer = Framer()
        self._detector = VoiceDetector()
        self._gate: VoiceGate | None = None
        self.detect(detection)

    def detect(self, detection: TurnDetection | None) -> None:
        """Change how turns are found; ``None`` leaves it to the client."""
        if detection is None:
            self._gate = None
            return
        silence: float = 500
        padding: float = 300
        level = 2
        if isinstance(detection, SemanticVad):
            silence = SEMANTIC_SILENCE_MS.get(str(detection.eagerness), silence)
        else:
            silence = _number(detection.silence_duration_ms, silence)
            padding = _number(detection.prefix_padding_ms, padding)
            threshold = _number(detection.threshold, 0.5)
            level = min(3, max(0, round(threshold * 4)))
        self._gate = VoiceGate(level=level, pre_roll_ms=int(padding), hang_over_ms=int(silence))

    @property
    def samples(self) -> int:
        """Samples in the buffer."""
        return len(self.pcm) // SAMPLE_BYTES

    def append(self, pcm: bytes) -> Iterator[Heard]:
        """Take more sound and yield what is noticed in it, at the moment it is.

        The caller takes a stretch of speech out at once when `Heard.STOPPED` comes: what follows in the same ``pcm``
        belongs to the next one. The iterator must be run to its end.
        """
        if self._gate is None:
            self.pcm += pcm
        for frame in self._framer.push(pcm):
            self._position = frame.position + len(frame.pcm) // SAMPLE_BYTES
            if self._gate is None:
                if self._detector.is_voice(frame):
                    self.voiced_end = min(self._position - self.start, self.samples)
                continue
            for event in self._gate.push(frame):
                match event:
                    case SpeechStarted(position):
                        self.pcm.clear()
                        self.start, self.voiced_end = position, 0
                        yield Heard.STARTED
                    case Voiced(voiced):
                        self.pcm += voiced.pcm
                        if self._detector.is_voice(voiced):
                            self.voiced_end = self.samples
                    case SpeechStopped(position):
                        self.turn_end = position
                        yield Heard.STOPPED

    def take(self) -> bytes:
        """Empty the buffer and give what was in it."""
        pcm = bytes(self.pcm)
        self.pcm.clear()
        self.start, self.voiced_end = self._position, 0
        return pcm


def _number(value: object, default: float) -> float:
    return value if isinstance(value, int | float) else default
