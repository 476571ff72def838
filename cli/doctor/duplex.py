"""A microphone and a speaker for the probe: streams without the care that a conversation takes of them.

A conversation goes on with another device when its own one fails; the doctor is to say that it fails.
"""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any, Self

from realtime_chat.audio.clock import now
from realtime_chat.audio.devices import Device
from realtime_chat.audio.errors import DeviceFailed
from realtime_chat.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from realtime_chat.audio.resample import Resampler
from realtime_chat.audio.stream import Callback, DeviceStream, StreamFormat

PATIENCE_S = 3.0
"""How much longer than the sound itself it may take to come."""


class Ear:
    """Records a device for the length of a ``with``.

    Attributes:
        format: How the stream runs.
    """

    def __init__(self, device: Device) -> None:
        self._device = device
        self._stream = DeviceStream("input", device, ended=lambda: None)
        self._blocks: list[tuple[float, bytes]] = []
        self._came = threading.Condition()
        self._samples = 0
        self.format = StreamFormat(SAMPLE_RATE, 1)

    def __enter__(self) -> Self:
        self._stream.open(self._callback)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stream.close()

    @property
    def xruns(self) -> int:
        """How often sound was lost since this program was too slow."""
        return self._stream.xruns

    def wait(self, seconds: float) -> None:
        """Wait until ``seconds`` are recorded.

        Raises:
            DeviceFailed: They do not come.
        """
        with self._came:
            if not self._came.wait_for(lambda: self._samples >= seconds * self.format.rate, seconds + PATIENCE_S):
                raise DeviceFailed(self._device.name, "it opens, but no sound flows")

    def recorded(self) -> tuple[bytes, float]:
        """Give the sound, PCM16 mono at 24 kHz, and when it began (`clock.now`)."""
        import numpy as np

        with self._came:
            blocks = list(self._blocks)
        began, end = float("inf"), 0
        for at, block in blocks:
            end += len(block) // (SAMPLE_BYTES * self.format.channels)
            # The block that came with the least delay tells best.
            began = min(began, at - end / self.format.rate)
        samples = np.frombuffer(b"".join(block for _, block in blocks), "<i2").reshape(-1, self.format.channels)
        mono = samples.mean(axis=1).astype("<i2").tobytes()
        resampler = Resampler(self.format.rate, SAMPLE_RATE)
        return resampler.push(mono) + resampler.flush(), began

    def _callback(self, stream_format: StreamFormat) -> Callback:
        self.format = stream_format

        def callback(block: Any, length: int) -> None:
            with self._came:
                self._blocks.append((now(), bytes(block)))
                self._samples += length
                self._came.notify()

        return callback


class Mouth:
    """Plays silence on a device for the length of a ``with``, and a sound when it is told to.

    Attributes:
        format: How the stream runs.
    """

    def __init__(self, device: Device, pcm: bytes = b"") -> None:
        """Name the device, and the sound: PCM16 mono at 24 kHz."""
        self._device = device
        self._pcm = pcm
        self._stream = DeviceStream("output", device, ended=lambda: None)
        self._rest: bytes | None = None
        self._sound = b""
        self._flows = threading.Event()
        self._began = threading.Event()
        self._began_at = 0.0
        self.format = StreamFormat(SAMPLE_RATE, 1)

    def __enter__(self) -> Self:
        self._stream.open(self._callback)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stream.close()

    @property
    def xruns(self) -> int:
        """How often the device had to do without sound."""
        return self._stream.xruns

    def wait(self) -> None:
        """Wait until the device takes sound.

        Raises:
            DeviceFailed: It does not.
        """
        self._expect(self._flows)

    def sound(self) -> float:
        """Play the sound, and give when its first sample was handed to the device (`clock.now`).

        Raises:
            DeviceFailed: The device takes none.
        """
        self._rest = self._sound
        self._expect(self._began)
        return self._began_at

    def _expect(self, event: threading.Event) -> None:
        if not event.wait(PATIENCE_S):
            raise DeviceFailed(self._device.name, "it opens, but no sound flows")

    def _callback(self, stream_format: StreamFormat) -> Callback:
        import numpy as np

        self.format = stream_format
        resampler = Resampler(SAMPLE_RATE, stream_format.rate)
        mono = np.frombuffer(resampler.push(self._pcm) + resampler.flush(), "<i2")
        self._sound = np.repeat(mono, stream_format.channels).tobytes()

        def callback(block: Any, _length: int) -> None:
            rest = self._rest
            taken = b"" if rest is None else rest[: len(block)]
            block[:] = taken.ljust(len(block), b"\0")
            self._flows.set()
            if rest is None:
                return
            self._rest = rest[len(block) :]
            if not self._began.is_set():
                self._began_at = now()
                self._began.set()

        return callback
