"""`DeviceSpeaker`: items sound on a sound device."""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from types import TracebackType
from typing import Any, Self

import numpy as np

from realtime_chat.audio.clock import now
from realtime_chat.audio.devices import Device
from realtime_chat.audio.errors import DeviceLost
from realtime_chat.audio.frame import FRAME_SAMPLES, SAMPLE_BYTES, SAMPLE_RATE
from realtime_chat.audio.output import Output
from realtime_chat.audio.resample import Resampler
from realtime_chat.audio.stream import Callback, DeviceStream, StreamFormat

_DRAIN_MARGIN_S = 0.05
"""What lies behind the latency a device knows of: a sound server's own buffers."""


class _State(Enum):
    NEW = auto()
    OPEN = auto()
    CLOSED = auto()


class DeviceSpeaker(Output):
    """Sounds on a device; see `seam.Speaker`.

    PortAudio's thread draws each block from the `Playback` as the device asks for it. What was drawn counts as
    heard: it sounds even if the next thing is a flush. Where the device runs at another rate, sound is resampled
    after it was drawn and counted.
    """

    def __init__(self, device: Device | None = None) -> None:
        """Name the device, or None for the default one."""
        super().__init__()
        self._stream = DeviceStream("output", device, ended=self._on_ended)
        self._state = _State.NEW

    async def __aenter__(self) -> Self:
        self._open()
        self._stream.open(self._callback)
        self._state = _State.OPEN
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if self._state is _State.OPEN and self._playback.is_idle:
                # What was cut off need not sound to its end, but the last syllable of an answer should. PortAudio's
                # own way of waiting for it loses the last 30 ms of a PulseAudio device.
                await asyncio.sleep(self._last_at + self._stream.latency + _DRAIN_MARGIN_S - now())
        finally:
            self._state = _State.CLOSED
            self._stream.close()
            self._close()

    def _callback(self, stream_format: StreamFormat) -> Callback:
        channels = stream_format.channels
        converted = bytearray()
        resampler = Resampler(SAMPLE_RATE, stream_format.rate)

        def mono(samples: int) -> bytes:
            if stream_format.rate == SAMPLE_RATE:
                return self._draw(samples, pad=True)
            while len(converted) < samples * SAMPLE_BYTES:
                converted.extend(resampler.push(self._draw(FRAME_SAMPLES // 2, pad=True)))
            taken = bytes(converted[: samples * SAMPLE_BYTES])
            del converted[: samples * SAMPLE_BYTES]
            return taken

        def callback(block: Any, length: int) -> None:
            pcm = mono(length)
            block[:] = pcm if channels == 1 else spread(pcm, channels)

        return callback

    def _on_ended(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end_stream)

    def _end_stream(self) -> None:
        if self._state is _State.OPEN:
            self._state = _State.CLOSED
            self._fail(DeviceLost("output"))


def spread(pcm: bytes, channels: int) -> bytes:
    """Give one PCM16 channel to all of ``channels`` that lie side by side."""
    return np.repeat(np.frombuffer(pcm, dtype="<i2"), channels).tobytes()
