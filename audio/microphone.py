"""`DeviceMicrophone`: frames from a sound device."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from functools import partial
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self, TypeVar

import numpy as np

from realtime_chat.audio.devices import Device
from realtime_chat.audio.frame import FRAME_SAMPLES, SAMPLE_BYTES, SAMPLE_RATE, Frame, Framer
from realtime_chat.audio.frame_thread import Cut, perceived
from realtime_chat.audio.line import Changed, Line
from realtime_chat.audio.resample import Resampler
from realtime_chat.audio.sound_system import sound_system
from realtime_chat.audio.stream import Callback, StreamFormat

T = TypeVar("T")


class DeviceMicrophone:
    """Hears a sound device; see `seam.Microphone`.

    PortAudio's thread only copies each block and hands it to the thread where it becomes frames.

    Where the device goes away it hears on as soon as that device or another one is there (see `sound_system`), and
    gives no frames meanwhile. Frames count what was heard, not the time: the first one afterwards follows the last
    one before without a gap.
    """

    def __init__(self, wanted: str | None = None, *, changed: Changed | None = None) -> None:
        """Name the device.

        Args:
            wanted: Its number or a part of its name; None for the default one. Where it is not there, the default one
                takes its place until it comes.
            changed: Called on the event loop with ``"input"`` and the name of the device when another one is heard,
                or one again; with None once there has been none for a while.
        """
        self._line = Line("input", wanted, self._callback, changed)
        self._cuts: SimpleQueue[Cut | None] = SimpleQueue()
        self._framer = Framer()
        self._may_wait = False

    @property
    def device(self) -> Device | None:
        """The device that is heard; None while there is none."""
        return self._line.device if self._line.is_connected else None

    @property
    def latency(self) -> float:
        """Seconds between the mouth and the callback, as far as the device knows."""
        return self._line.latency

    @property
    def xruns(self) -> int:
        """How often sound was lost since this program was too slow."""
        return self._line.xruns

    async def __aenter__(self) -> Self:
        await sound_system.attach(self._line)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await sound_system.detach(self._line)
        finally:
            self._cuts.put(None)

    def frames(self) -> AsyncIterator[Frame]:
        """Yield each frame as it is heard; end when the microphone is closed."""
        return self.perceive(lambda frame: frame)

    def perceive(
        self, through: Callable[[Frame], T], *, may_wait: Callable[[], bool] = lambda: False
    ) -> AsyncGenerator[T]:
        """Yield what ``through`` makes of each frame as it is heard; end when the microphone is closed."""

        def heard(frame: Frame) -> T:
            made = through(frame)
            self._may_wait = may_wait()
            return made

        return perceived(self._cuts, heard)

    def _callback(self, stream_format: StreamFormat) -> Callback:
        resampler = Resampler(stream_format.rate, SAMPLE_RATE)
        channels = stream_format.channels

        def cut(block: bytes) -> list[Frame]:
            return self._framer.push(resampler.push(block if channels == 1 else mixed_down(block, channels)))

        whole = stream_format.rate * channels * SAMPLE_BYTES * FRAME_SAMPLES // SAMPLE_RATE
        heard = bytearray()

        def callback(block: Any, _length: int) -> None:
            heard.extend(block)
            # To wake another thread costs more than all the rest: once a frame is enough, or once in two.
            if len(heard) >= (2 * whole if self._may_wait else whole):
                self._cuts.put(partial(cut, bytes(heard)))
                heard.clear()

        return callback


def mixed_down(pcm: bytes, channels: int) -> bytes:
    """Average ``channels`` PCM16 channels that lie side by side into one."""
    samples = np.frombuffer(pcm, dtype="<i2").reshape(-1, channels)
    mixed: bytes = samples.mean(axis=1).astype("<i2").tobytes()
    return mixed
