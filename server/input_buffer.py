"""The input audio buffer: what the client has sent and nobody has committed yet."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_chat.audio.detector import NARROW_RATE, VoiceDetector, narrowed
from realtime_chat.audio.frame import SAMPLE_BYTES, Framer, ms_to_samples
from realtime_chat.server.detection import Detection
from realtime_chat.server.turn_finder import Heard, TurnFinder
from realtime_chat.server.voice_judge import Networks, VoiceJudge

__all__ = ["MAX_SAMPLES", "Heard", "InputBuffer"]

MAX_SAMPLES = ms_to_samples(10 * 60 * 1000)
"""The most sound that waits uncommitted, and the longest turn: ten minutes, 29 MB."""

_SPARE = ms_to_samples(60)
"""What is not needed any more is forgotten when there is so much of it, and not with every frame."""


class InputBuffer:
    """Sound since the last commit, with voice found in it. Positions are samples since the session began.

    Where turns are found here, what is in the buffer is the turn under way; the sound of silence is only kept as long
    as it may become part of a turn, or be committed by the idle time-out.

    Attributes:
        received: Samples that came in all.
    """

    def __init__(self, detection: Detection | None, networks: Networks | None = None) -> None:
        self.received = 0
        self._detection: Detection | None = None
        self._networks = networks
        self._pcm = bytearray()
        self._first = 0
        self._start = 0
        self._voiced_end = 0
        self._framer = Framer()
        self._detector = VoiceDetector(rate=NARROW_RATE)
        self._judge: VoiceJudge | None = None
        self._finder: TurnFinder | None = None
        self._kept = 0
        self._uncommitted = False
        self.detect(detection)

    def detect(self, detection: Detection | None) -> None:
        """Change how turns are found; ``None`` leaves it to the client."""
        if self._finder is not None and self._detection is not None and detection is not None:
            self._retune(self._finder, self._detection, detection)
            return
        self.close()
        if self._finder is not None:
            is_held = self._finder.is_open or self._uncommitted
            self._voiced_end = self.voiced_end if is_held else 0
            self._start = self._finder.start if is_held else self.received
        self._detection, self._finder = detection, None
        self._uncommitted = detection is not None and self._start < self.received
        if detection is not None:
            self._judge = VoiceJudge(detection.threshold, self._networks)
            padding, patience = ms_to_samples(detection.padding_ms), ms_to_samples(detection.silence_ms)
            self._finder = TurnFinder(padding, patience, MAX_SAMPLES)
            self._finder.cut(self._start)
            self._kept = self._finder.lead + ms_to_samples(detection.idle_ms or 0)

    def _retune(self, finder: TurnFinder, had: Detection, wanted: Detection) -> None:
        """Change the numbers; a turn that is under way goes on."""
        if wanted.threshold != had.threshold:
            self.close()
            self._judge = VoiceJudge(wanted.threshold, self._networks)
        self._detection = wanted
        finder.padding = ms_to_samples(wanted.padding_ms)
        self._kept = finder.lead + ms_to_samples(wanted.idle_ms or 0)
        self.expect(None)

    def close(self) -> None:
        """Give back what was borrowed to find turns."""
        if self._judge is not None:
            self._judge.close()
            self._judge = None

    @property
    def start(self) -> int:
        """The first sample of the buffer, or of the turn that ended last."""
        return self._start if self._finder is None else self._finder.start

    @property
    def turn_end(self) -> int:
        """The first sample after the turn that ended last."""
        return 0 if self._finder is None else self._finder.end

    @property
    def finds_turns(self) -> bool:
        """Whether turns are found here."""
        return self._finder is not None

    @property
    def in_turn(self) -> bool:
        """Somebody speaks, as far as it is decided here."""
        return self._finder is not None and self._finder.is_open

    @property
    def holds(self) -> bool:
        """Whether all that comes is kept until somebody commits or clears it.

        That is so where turns are left to the client, and where there is sound from when they were: the turn that is
        found next begins with it.
        """
        return self._finder is None or (self._uncommitted and not self._finder.is_open)

    @property
    def samples(self) -> int:
        """Samples in the buffer."""
        return self.received - self.start if self.holds or self.in_turn else 0

    @property
    def pcm(self) -> bytes:
        """What is in the buffer."""
        return self._between(self.start, self.start + self.samples)

    @property
    def voiced_end(self) -> int:
        """Where in the buffer the last voice ended, in samples; 0 where there was none."""
        if self._finder is None or self.holds:
            return min(self._voiced_end, self.samples)
        return max(0, self._finder.voiced_end - self._finder.start)

    def append(self, pcm: bytes) -> Iterator[Heard]:
        """Take more sound, whole samples, and yield what is noticed in it, at the moment it is.

        The caller takes a turn out at once when `Heard.STOPPED` comes: what follows in the same ``pcm`` belongs to the
        next one. The iterator must be run to its end.
        """
        self._pcm += pcm
        self.received += len(pcm) // SAMPLE_BYTES
        for frame in self._framer.push(pcm):
            finder, judge = self._finder, self._judge
            if finder is None or judge is None:
                if self._detector.is_voice(narrowed(frame.pcm)):
                    self._voiced_end = max(0, frame.end - self._start)
                continue
            verdict = judge.push(frame.pcm, in_turn=finder.is_open)
            if finder.is_open and verdict.voiced:
                self.expect(None)
            if heard := finder.push(frame.position, verdict):
                if heard is Heard.STARTED:
                    self.expect(None)
                    if self._uncommitted:
                        finder.start, self._uncommitted = self._start, False
                yield heard
        if self.received - self._first > self._kept + _SPARE and not self.holds and not self.in_turn:
            self._forget(self.received - self._kept)

    def expect(self, words: str | None) -> None:
        """Take it that ``words`` were said in this turn; ``None`` while the last of them is not known."""
        if self._finder is not None and self._detection is not None:
            self._finder.patience = ms_to_samples(self._detection.patience_ms(words))

    def check(self) -> Heard | None:
        """Say whether the turn is over by now, after `expect`."""
        return None if self._finder is None else self._finder.check(self.received)

    def take(self) -> bytes:
        """Give what is in the buffer, or the turn that just ended, and begin anew behind it.

        What is still being said goes on as a new turn.
        """
        finder = self._finder
        if finder is None or finder.is_open or self.holds:
            pcm, end = self.pcm, self.received
        else:
            pcm, end = self._between(finder.start, finder.end), finder.end
        self._begin_at(end)
        return pcm

    def clear(self) -> None:
        """Forget all that came in so far."""
        self._begin_at(self.received)

    def take_silence(self, samples: int) -> tuple[int, bytes]:
        """Give the newest ``samples`` since the last turn, or as many as there are, and where they begin."""
        end = 0 if self._finder is None else self._finder.end
        start = max(self._first, self.received - samples, end)
        pcm = self._between(start, self.received)
        self._begin_at(self.received)
        return start, pcm

    def _begin_at(self, position: int) -> None:
        if self._finder is not None:
            self._finder.cut(position)
        self._forget(position)
        self._start, self._voiced_end, self._uncommitted = position, 0, False

    def _between(self, start: int, end: int) -> bytes:
        return bytes(self._pcm[(start - self._first) * SAMPLE_BYTES : (end - self._first) * SAMPLE_BYTES])

    def _forget(self, before: int) -> None:
        if before > self._first:
            del self._pcm[: (before - self._first) * SAMPLE_BYTES]
            self._first = before
