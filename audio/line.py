"""`Line`: a microphone's or a speaker's way to a device, whichever device that is at the moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from realtime_chat.audio.devices import Device, asked_for
from realtime_chat.audio.errors import AudioError, DeviceKind
from realtime_chat.audio.starvation import Starvation
from realtime_chat.audio.stream import Callback, DeviceStream, StreamFormat

Changed = Callable[[DeviceKind, str | None], None]
"""Called on the event loop when the sound goes on on a device of that name, or on none."""


@dataclass(eq=False, slots=True)
class Line:
    """What outlives the devices it is connected to, one after the other.

    Attributes:
        kind: Which way the sound goes.
        wanted: The device that was asked for, by number or name; None for the default one, also where that was named.
        make_callback: Gives what is called with each block; called anew for each format that is tried.
        changed: Called when the device changes, or there is none any more.
        may_wait: There may be no device when it is attached: it is connected to the first one that comes.
        device: Where it is connected; None while it is nowhere.
        is_fallback: It is not connected to the device that was asked for.
        trouble: Why it was connected to nothing when it was attached; None where it was.
        used: What the device that was asked for was called when it was connected to it last; None before.
    """

    kind: DeviceKind
    wanted: str | None
    make_callback: Callable[[StreamFormat], Callback]
    changed: Changed | None = None
    may_wait: bool = False
    device: Device | None = field(default=None, init=False)
    is_fallback: bool = field(default=False, init=False)
    trouble: AudioError | None = field(default=None, init=False)
    used: str | None = field(default=None, init=False)
    _stream: DeviceStream | None = field(default=None, init=False)
    _seen: int = field(default=0, init=False)
    _past_xruns: int = field(default=0, init=False)
    _starvation: Starvation = field(default_factory=Starvation, init=False)

    def __post_init__(self) -> None:
        self.wanted = asked_for(self.wanted)

    @property
    def is_connected(self) -> bool:
        """There is a stream and the device has not ended it; it may be dead all the same."""
        return (stream := self._stream) is not None and not stream.has_ended

    @property
    def latency(self) -> float:
        """Seconds between the callback and the ear (or the mouth), as far as the device knows; 0 while it has none."""
        return stream.latency if (stream := self._stream) is not None else 0.0

    @property
    def xruns(self) -> int:
        """How often a device had to do without sound, or threw some away, since this program was too slow."""
        return self._past_xruns + (stream.xruns if (stream := self._stream) is not None else 0)

    def is_alive(self) -> bool:
        """Say whether the device has called back since this was asked last."""
        calls = stream.calls if (stream := self._stream) is not None else 0
        seen, self._seen = self._seen, calls
        return calls not in {0, seen}

    def is_starving(self) -> bool:
        """Say whether the device has run dry too often of late; connected again, it gets more sound in advance."""
        return self.is_connected and self._starvation.tick(self.xruns)

    def connect(self, device: Device, *, is_fallback: bool, ended: Callable[[], None]) -> None:
        """Open a stream of ``device``. On PortAudio's thread only, as is `disconnect`.

        Args:
            device: Where to.
            is_fallback: It is not the one that was asked for.
            ended: Called on a thread of PortAudio's when the stream ends, whether disconnected or lost.

        Raises:
            DeviceFailed: It cannot be opened.
            PortAudioMissing: The library is not installed.
        """
        stream = DeviceStream(self.kind, device, ended=ended, latency_s=self._starvation.latency_s)
        stream.open(self.make_callback)
        self._seen = 0
        self._stream, self.device, self.is_fallback = stream, device, is_fallback
        if self.wanted is not None and not is_fallback:
            self.used = device.name

    def disconnect(self) -> DeviceStream | None:
        """Give up the stream, which is to be closed; a second time there is none."""
        stream, self._stream, self.device = self._stream, None, None
        if stream is not None:
            self._past_xruns += stream.xruns
        return stream
