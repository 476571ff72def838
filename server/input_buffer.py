"""The input audio buffer: what the client has sent and nobody has committed yet."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto

from realtime_chat.audio.detector import VoiceDetector, Wideband
from realtime_chat.audio.frame import SAMPLE_BYTES, Framer
from realtime_chat.audio.gate import SpeechStarted, SpeechStopped, Voiced, VoiceGate
from realtime_chat.server.detection import Detection


class Heard(Enum):
    """What the buffer noticed in the sound, where turns are detected here."""

    STARTED = auto()
    STOPPED = auto()


class InputBuffer:
    """Sound since the last commit, with voice found in it. Positions are samples since the session began."""

    def __init__(self, detection: Detection | None) -> None:
        self.pcm = bytearray()
        self.start = 0
        self.voiced_end = 0
        self.turn_end = 0
        self._position = 0
        self._framer = Framer()
        self._detector = VoiceDetector()
        self._wideband = Wideband()
        self._gate: VoiceGate | None = None
        self.detect(detection)

    def detect(self, detection: Detection | None) -> None:
        """Change how turns are found; ``None`` leaves it to the client."""
        self._detection = detection
        self._gate = None
        if detection is not None:
            self._gate = VoiceGate(
                level=detection.level, pre_roll_ms=detection.padding_ms, hang_over_ms=detection.silence_ms
            )

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
                if self._detector.is_voice(self._wideband.push(frame.pcm)):
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
                        if self._detector.is_voice(self._wideband.push(voiced.pcm)):
                            self.voiced_end = self.samples
                    case SpeechStopped(position):
                        self.turn_end = position
                        yield Heard.STOPPED
                    case _:  # what may be speech is no news yet
                        pass

    def take(self) -> bytes:
        """Empty the buffer and give what was in it; what is being said goes on as a new turn."""
        pcm = bytes(self.pcm)
        self.pcm.clear()
        self.start, self.voiced_end = self._position, 0
        if self._gate is not None and self._gate.is_open:
            self._gate.restart()
        return pcm
