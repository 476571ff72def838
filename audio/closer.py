"""`Closer`: closes streams, some of which never close."""

from __future__ import annotations

import threading

from realtime_chat.audio import portaudio
from realtime_chat.audio.quiet import trap
from realtime_chat.audio.stream import DeviceStream

_LIMIT_S = 0.5
"""A stream that has not closed by then is stuck: closing takes 1-3 ms."""


class Closer:
    """Closes each stream on a thread of its own and waits for it, but not for ever.

    Measured: when PipeWire dies, PortAudio 19.6 runs in a circle inside of its ALSA output and waits for that to end
    when the stream is closed. Only the end of the program ends it. A PulseAudio that is stopped, on the other hand,
    closes its streams as soon as it goes on.
    """

    def __init__(self) -> None:
        self._closing: list[threading.Thread] = []

    @property
    def is_stuck(self) -> bool:
        """A stream has not closed yet: PortAudio must not be started again, for it would wait for that stream."""
        self._closing = [thread for thread in self._closing if thread.is_alive()]
        return bool(self._closing)

    def close(self, stream: DeviceStream) -> None:
        """Close a stream, or leave it to itself."""
        thread = threading.Thread(target=stream.close, name="close", daemon=True)
        thread.start()
        thread.join(_LIMIT_S)
        if thread.is_alive():
            self._closing.append(thread)
            portaudio.leave_running()
            trap()
