"""A microphone and a speaker in memory: sound in and out of a conversation with no device and no file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from enum import Enum, auto
from types import TracebackType
from typing import Self

from realtime_chat.audio.errors import AudioError, DeviceLost
from realtime_chat.audio.frame import SAMPLE_BYTES, Frame, Framer, ms_to_samples
from realtime_chat.audio.frame_thread import FramesMicrophone
from realtime_chat.audio.pace import Metronome, Pace
from realtime_chat.audio.paced import PacedSpeaker


class _End(Enum):
    END = auto()


class MemoryMicrophone(FramesMicrophone):
    """Hears what it is given.

    ``MemoryMicrophone(pcm)`` hears ``pcm`` and then ends, like a file. ``MemoryMicrophone()`` stays open and hears
    what `feed` brings, until `finish` or `unplug`; between, it gives no frames (a real one would give silence).
    """

    def __init__(self, pcm: bytes | None = None, *, tail_ms: int = 0, pace: Pace = Pace.EAGER) -> None:
        """Make one.

        Args:
            pcm: PCM16 mono at 24 kHz, or None to `feed` it later.
            tail_ms: Silence after ``pcm``.
            pace: Whether each frame comes when it would have been spoken, or at once.
        """
        self._pace = pace
        self._framer = Framer()
        self._queue: asyncio.Queue[Frame | AudioError | _End] = asyncio.Queue()
        if pcm is not None:
            self.feed(pcm + bytes(ms_to_samples(tail_ms) * SAMPLE_BYTES))
            self.finish()

    def feed(self, pcm: bytes) -> None:
        """Speak ``pcm`` into it; what does not fill a frame waits for more."""
        for frame in self._framer.push(pcm):
            self._queue.put_nowait(frame)

    def finish(self) -> None:
        """End the input; the last frame is filled up with silence."""
        for frame in self._framer.flush():
            self._queue.put_nowait(frame)
        self._queue.put_nowait(_End.END)

    def unplug(self) -> None:
        """Let it go away, as a device does."""
        self._queue.put_nowait(DeviceLost("input"))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._queue.put_nowait(_End.END)

    async def frames(self) -> AsyncIterator[Frame]:
        """Yield what was fed, frame by frame.

        Raises:
            DeviceLost: `unplug` was called.
        """
        metronome = Metronome(self._pace)
        while (frame := await self._queue.get()) is not _End.END:
            if isinstance(frame, AudioError):
                raise frame
            await metronome.until(frame.end)
            yield frame


class MemorySpeaker(PacedSpeaker):
    """Keeps what sounds."""

    def __init__(self, *, pace: Pace = Pace.EAGER) -> None:
        """Make one.

        Args:
            pace: With `Pace.EAGER` everything sounds the moment it is given, with `Pace.STEPPED` when `advance` is
                called, so that a test can interrupt it at a sample.
        """
        super().__init__(pace)
        self._sounded = bytearray()

    @property
    def sounded(self) -> bytes:
        """All that sounded until now: PCM16 mono at 24 kHz, without the silence between items."""
        return bytes(self._sounded)

    def advance(self, samples: int) -> None:
        """Let ``samples`` samples of time go by; silence is not kept."""
        self._sound(self._draw(samples, pad=False))

    def _sound(self, pcm: bytes) -> None:
        self._sounded += pcm
