"""`ResampledConnection`: a connection to a server that takes the person's sound at another rate than ours."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from realtime_chat.audio.frame import SAMPLE_RATE
from realtime_chat.protocol.dialects import wire
from realtime_chat.session.seam import Connection

if TYPE_CHECKING:
    import numpy as np
    import soxr
    from numpy.typing import NDArray

_APPEND = "input_audio_buffer.append"


class ResampledConnection:
    """A connection; see `seam.Connection`. What the server says of the sound is in milliseconds, and stays."""

    def __init__(self, connection: Connection, rate: int) -> None:
        """Make one.

        Args:
            connection: The server's.
            rate: Samples a second of what it takes, PCM16 mono.
        """
        self._connection = connection
        self._rate = rate
        self._stream = self._new_stream()

    @property
    def address(self) -> str:
        """The server's address as it may be shown."""
        return self._connection.address

    async def send(self, text: str) -> None:
        """Send a frame, with its sound at the server's rate.

        Raises:
            ConnectionLost: The connection is gone.
        """
        match wire.type_of(text):
            case "input_audio_buffer.append":
                fields = wire.read(text) or {}
                pcm = self._resampled(base64.b64decode(fields.get("audio", "")))
                if not pcm:
                    return  # too little for a sample: it comes with the next frame
                text = wire.write(fields | {"audio": base64.b64encode(pcm).decode()})
            case "input_audio_buffer.commit":
                if rest := self._resampled(b"", is_last=True):
                    await self._connection.send(wire.write({"type": _APPEND, "audio": base64.b64encode(rest).decode()}))
                self._stream = self._new_stream()
            case "input_audio_buffer.clear":
                self._stream = self._new_stream()
        await self._connection.send(text)

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        """Yield each frame.

        Raises:
            ConnectionLost: The connection is gone, or the server ended it.
        """
        async for frame in self._connection:
            yield frame

    async def close(self) -> None:
        """Say goodbye; returns within a second."""
        await self._connection.close()

    def _resampled(self, pcm: bytes, *, is_last: bool = False) -> bytes:
        import numpy as np

        made: NDArray[np.int16] = self._stream.resample_chunk(np.frombuffer(pcm, "<i2"), last=is_last)
        return made.astype("<i2").tobytes()

    def _new_stream(self) -> soxr.ResampleStream:
        import soxr

        return soxr.ResampleStream(SAMPLE_RATE, self._rate, 1, dtype="int16")
