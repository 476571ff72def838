"""`DeviceStream`: a raw stream of a sound device, opened the way the device likes it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from realtime_chat.audio import portaudio
from realtime_chat.audio.devices import Device
from realtime_chat.audio.errors import DeviceFailed, DeviceKind
from realtime_chat.audio.frame import SAMPLE_RATE
from realtime_chat.audio.quiet import quiet
from realtime_chat.audio.starvation import LATENCIES_S

BLOCK_MS: dict[DeviceKind, int] = {"input": 20, "output": 10}
"""How much sound a device gives or takes at once. A microphone's is a frame, for nothing can be done with less; with
10 ms of it a talk took another 1.2 % of a core. A speaker's is how soon it can fall silent."""

_REFUSED_FORMAT = {-9997, -9998}
"""PortAudio's paInvalidSampleRate and paInvalidChannelCount: worth another try with another format."""

Callback = Callable[[Any, int], None]
"""Called on PortAudio's thread with the block's buffer and its length in sample frames."""


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """How a device's stream runs: samples a second, and channels that lie side by side (PCM16)."""

    rate: int
    channels: int


class DeviceStream:
    """One direction of a device, open and running from `open` until `close`."""

    def __init__(
        self, kind: DeviceKind, device: Device, *, ended: Callable[[], None], latency_s: float = LATENCIES_S[0]
    ) -> None:
        """Name the device.

        Args:
            kind: Which way.
            device: The device.
            ended: Called on a thread of PortAudio's when the stream ends, whether closed or lost.
            latency_s: How much sound is to wait in the device, in seconds.
        """
        self._latency_s = latency_s
        self._kind: DeviceKind = kind
        self._device = device
        self._ended = ended
        self._stream: Any = None
        self._quiet = ExitStack()
        self.xruns = 0
        """How often the device had to do without sound, or threw some away, since this program was too slow."""
        self.calls = 0
        """How often the device has called back: a stream that is dead says nothing, but this stands still."""
        self.has_ended = False
        """The stream ended, whether closed or lost."""

    def open(self, make_callback: Callable[[StreamFormat], Callback]) -> None:
        """Open and start; ``make_callback`` is called with each format that is tried.

        It takes 5-10 ms, unless the sound server hangs. PortAudio wants one thread to open and close it all.

        Raises:
            DeviceFailed: The device cannot be opened, in any format.
            PortAudioMissing: The library is not installed.
        """
        sounddevice = portaudio.load()
        device = self._device
        make_stream = sounddevice.RawInputStream if self._kind == "input" else sounddevice.RawOutputStream
        failure: Exception | None = None
        with ExitStack() as undo:
            undo.enter_context(quiet())
            for stream_format in formats(device, self._kind):
                try:
                    self._stream = make_stream(
                        samplerate=stream_format.rate,
                        channels=stream_format.channels,
                        dtype="int16",
                        blocksize=stream_format.rate * BLOCK_MS[self._kind] // 1000,
                        device=device.index,
                        latency=self._latency_s,
                        callback=self._counting(make_callback(stream_format)),
                        finished_callback=self._on_ended,
                    )
                    self._stream.start()
                except sounddevice.PortAudioError as error:
                    failure = failure or error
                    self._abandon()
                    if _code(error) not in _REFUSED_FORMAT:
                        break
                except (ValueError, OSError) as error:
                    failure = failure or error
                    break
                else:
                    self._quiet = undo.pop_all()
                    return
        raise DeviceFailed(device.name, portaudio.reason(failure) if failure else "it has no channel") from failure

    @property
    def latency(self) -> float:
        """Seconds between the callback and the ear (or the mouth), as far as the device knows; 0 while closed."""
        return float(stream.latency) if (stream := self._stream) is not None else 0.0

    def close(self) -> None:
        """Stop at once and close; a second time it does nothing."""
        self._abandon()
        self._quiet.close()

    def _counting(self, callback: Callback) -> Callable[[Any, int, Any, Any], None]:
        def call(block: Any, length: int, _time: Any, flags: Any) -> None:
            self.calls += 1
            if flags:
                self.xruns += 1
            callback(block, length)

        return call

    def _on_ended(self) -> None:
        self.has_ended = True
        self._ended()

    def _abandon(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.abort()
            stream.close()


def formats(device: Device, kind: DeviceKind) -> tuple[StreamFormat, ...]:
    """The formats to try, best first: ours, then more channels, then the device's own rate."""
    available = device.channels(kind)
    channels = [count for count in dict.fromkeys((1, 2, available)) if 0 < count <= available]
    rates = dict.fromkeys((SAMPLE_RATE, device.sample_rate))
    return tuple(StreamFormat(rate, count) for rate in rates for count in channels)


def _code(error: Exception) -> int | None:
    code = error.args[1] if len(error.args) > 1 else None
    return code if isinstance(code, int) else None
