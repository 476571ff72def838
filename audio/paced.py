"""`PacedSpeaker`: a speaker without a device; memory and files take what it sounds."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from realtime_chat.audio.errors import AudioError, DeviceLost
from realtime_chat.audio.frame import FRAME_SAMPLES, SAMPLE_BYTES
from realtime_chat.audio.output import Output
from realtime_chat.audio.pace import Metronome, Pace


class PacedSpeaker(Output):
    """A speaker with no device: what sounds goes to `_sound`, block by block.

    It runs while something sounds and rests otherwise. At real-time pace an item that starves sounds as the silence
    it would be; eagerly, it just waits for more. Those who tap get whole blocks while it runs and nothing while it
    rests, and eagerly, just what sounds, faster than it would: then their times mean nothing.
    """

    def __init__(self, pace: Pace) -> None:
        super().__init__()
        self._pace = pace
        self._work = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._open()
        if self._pace is not Pace.STEPPED:
            self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            if not self._task.cancelled():
                self._task.result()
        self._close()

    def unplug(self) -> None:
        """Let it go away, as a device does."""
        if self._task is not None:
            self._task.cancel()
        self._fail(DeviceLost("output"))

    def _sound(self, pcm: bytes) -> None:
        """Take the next sound.

        Raises:
            AudioError: It cannot be taken.
        """
        raise NotImplementedError  # what sounds, and where, is all that the kinds of paced speaker differ in

    def _wake(self) -> None:
        self._work.set()

    async def _run(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            try:
                await self._sound_until_idle()
            except AudioError as error:
                self._fail(error)
                return

    async def _sound_until_idle(self) -> None:
        metronome = Metronome(self._pace)
        samples = 0
        while not self._playback.is_idle:
            if self._pace is Pace.EAGER:
                drawn = self._take(FRAME_SAMPLES)
                if not drawn:
                    return
            else:
                drawn = self._draw(FRAME_SAMPLES, pad=False)
                if self._playback.is_underway:
                    drawn = drawn.ljust(FRAME_SAMPLES * SAMPLE_BYTES, b"\0")
            self._sound(drawn)
            samples += FRAME_SAMPLES
            await metronome.until(samples)
        self._last = b""
