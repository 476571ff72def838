"""`DeviceSpeaker`: items sound on a sound device."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Self

import numpy as np

from realtime_chat.audio.clock import now
from realtime_chat.audio.devices import Device
from realtime_chat.audio.frame import FRAME_SAMPLES, SAMPLE_BYTES, SAMPLE_RATE
from realtime_chat.audio.line import Changed, Line
from realtime_chat.audio.output import Output
from realtime_chat.audio.resample import Resampler
from realtime_chat.audio.sound_system import sound_system
from realtime_chat.audio.stream import Callback, StreamFormat

_DRAIN_MARGIN_S = 0.05
"""What lies behind the latency a device knows of: a sound server's own buffers."""


class DeviceSpeaker(Output):
    """Sounds on a device; see `seam.Speaker`.

    PortAudio's thread draws each block from the `Playback` as the device asks for it. What was drawn counts as
    heard: it sounds even if the next thing is a flush. Where the device runs at another rate, sound is resampled
    after it was drawn and counted.

    Where the device goes away, what is pending waits, and goes on where it stopped as soon as that device or another
    one is there (see `sound_system`).
    """

    def __init__(self, wanted: str | None = None, *, changed: Changed | None = None) -> None:
        """Name the device.

        Args:
            wanted: Its number or a part of its name; None for the default one. Where it is not there, the default one
                takes its place until it comes.
            changed: Called on the event loop with ``"output"`` and the name of the device when the sound goes on on
                another one, or on one again; with None once there has been none for a while.
        """
        super().__init__()
        self._line = Line("output", wanted, self._callback, changed)

    @property
    def device(self) -> Device | None:
        """The device that sounds; None while there is none."""
        return self._line.device if self._line.is_connected else None

    @property
    def level(self) -> float:
        """How loud what sounds now is, 0..1."""
        return super().level if self._line.is_connected else 0.0

    @property
    def latency(self) -> float:
        """Seconds between the callback and the ear, as far as the device knows."""
        return self._line.latency

    @property
    def xruns(self) -> int:
        """How often the device had to do without sound since this program was too slow."""
        return self._line.xruns

    async def __aenter__(self) -> Self:
        self._open()
        await sound_system.attach(self._line)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if self._line.is_connected and self._is_idle:
                # What was cut off need not sound to its end, but the last syllable of an answer should. PortAudio's
                # own way of waiting for it loses the last 30 ms of a PulseAudio device.
                await asyncio.sleep(self._last_at + self.latency + _DRAIN_MARGIN_S - now())
        finally:
            try:
                await sound_system.detach(self._line)
            finally:
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


def spread(pcm: bytes, channels: int) -> bytes:
    """Give one PCM16 channel to all of ``channels`` that lie side by side."""
    return np.repeat(np.frombuffer(pcm, dtype="<i2"), channels).tobytes()
