"""`DeviceMicrophone`: frames from a sound device."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from enum import Enum, auto
from types import TracebackType
from typing import Any, Self

import numpy as np

from realtime_chat.audio.devices import Device
from realtime_chat.audio.errors import DeviceLost
from realtime_chat.audio.frame import SAMPLE_RATE, Frame, Framer
from realtime_chat.audio.resample import Resampler
from realtime_chat.audio.stream import Callback, DeviceStream, StreamFormat


class _State(Enum):
    NEW = auto()
    OPEN = auto()
    CLOSED = auto()


class _End(Enum):
    END = auto()


class DeviceMicrophone:
    """Hears a sound device; see `seam.Microphone`.

    PortAudio's thread only copies each block and hands it to the event loop, where it becomes frames.
    """

    def __init__(self, device: Device | None = None) -> None:
        """Name the device, or None for the default one."""
        self._stream = DeviceStream("input", device, ended=self._on_ended)
        self._state = _State.NEW
        self._loop: asyncio.AbstractEventLoop | None = None
        self._frames: asyncio.Queue[Frame | DeviceLost | _End] = asyncio.Queue()
        self._framer = Framer()
        self._resampler = Resampler(SAMPLE_RATE, SAMPLE_RATE)
        self._channels = 1

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._stream.open(self._callback)
        self._state = _State.OPEN
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._state = _State.CLOSED
        self._stream.close()
        self._frames.put_nowait(_End.END)

    async def frames(self) -> AsyncIterator[Frame]:
        """Yield each frame as it is heard.

        Raises:
            DeviceLost: The device gives no more sound.
        """
        while (frame := await self._frames.get()) is not _End.END:
            if isinstance(frame, DeviceLost):
                raise frame
            yield frame

    def _callback(self, stream_format: StreamFormat) -> Callback:
        self._resampler = Resampler(stream_format.rate, SAMPLE_RATE)
        self._channels = stream_format.channels

        def callback(block: Any, _length: int) -> None:
            self._hand_over(self._take, bytes(block))

        return callback

    def _take(self, block: bytes) -> None:
        if self._channels > 1:
            block = mixed_down(block, self._channels)
        for frame in self._framer.push(self._resampler.push(block)):
            self._frames.put_nowait(frame)

    def _on_ended(self) -> None:
        self._hand_over(self._end)

    def _end(self) -> None:
        if self._state is _State.OPEN:
            self._frames.put_nowait(DeviceLost("input"))

    def _hand_over(self, take: Any, *values: Any) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(take, *values)


def mixed_down(pcm: bytes, channels: int) -> bytes:
    """Average ``channels`` PCM16 channels that lie side by side into one."""
    samples = np.frombuffer(pcm, dtype="<i2").reshape(-1, channels)
    mixed: bytes = samples.mean(axis=1).astype("<i2").tobytes()
    return mixed
