"""`Recording`: a talk written to a WAV file while it goes on, left the person, right the model."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from realtime_chat.audio.clock import now
from realtime_chat.audio.errors import UnwritableAudio, UnwritableRecording
from realtime_chat.audio.frame import SAMPLE_BYTES, SAMPLE_RATE, Frame
from realtime_chat.audio.sink import WavSink, check_sink
from realtime_chat.audio.timeline import Timeline

_PERIOD_S = 0.5
"""How often it is written: rarely enough to cost nothing."""

_SETTLE_S = 0.5
"""How long after it was said something is written, so that what comes late finds its place. This and the period are
what a crash can cost: one second."""

_END_S = 5.0
"""How long the end of a talk waits for a disk that does not answer."""

_MOST_BLOCKS = 9_000
"""A minute of frames of 20 ms and blocks of 10 ms: all that is kept in memory if the disk does not answer."""


class _Block(NamedTuple):
    is_person: bool
    pcm: bytes
    begin: float


def check_recording(path: Path) -> None:
    """See whether `Recording` could begin a file, and leave the disk as it is.

    Raises:
        UnwritableRecording: Something is there already, which nobody wants to lose; its name does not end in ``.wav``,
            the only format that is whole after a crash; or it cannot be made.
    """
    try:
        check_sink(path)
        exists = path.exists()
    except UnwritableAudio as error:
        raise UnwritableRecording(path, error.reason) from error
    if path.suffix.lower() != ".wav":
        raise UnwritableRecording(path, "its name does not end in .wav")
    if exists:
        raise UnwritableRecording(path, "it exists already")


class Recording:
    """Records from ``async with`` to its end; the file is made with the first sound, and can be played at any moment.

    A thread of its own writes. Even if the program is killed, all but the last second is in the file. Where the file
    cannot be written any more, it is left as it is, and the talk goes on unrecorded.
    """

    def __init__(self, path: Path, *, failed: Callable[[UnwritableRecording], None]) -> None:
        """Name the file.

        Args:
            path: A file that does not exist yet and ends in ``.wav``; see `check_recording`.
            failed: Called on the event loop, once, when it cannot be written any more.
        """
        self.path = path
        self._failed = failed
        self._blocks: deque[_Block] = deque(maxlen=_MOST_BLOCKS)
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recording", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timeline: Timeline | None = None
        self._sink: WavSink | None = None
        self._has_failed = False

    @property
    def is_whole(self) -> bool:
        """All that sounded until the end is in the file."""
        return self._sink is not None and not self._has_failed and not self._thread.is_alive()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(check_recording, self.path)
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_ending.set()
        await asyncio.to_thread(self._thread.join, _END_S)

    def person(self, frame: Frame, at: float) -> None:
        """Record what the microphone heard; returns at once.

        Args:
            frame: The frame.
            at: When all of it had been heard (`clock.now`). Where frames are missing, there is silence.
        """
        self._add(_Block(True, frame.pcm, at - len(frame.pcm) / SAMPLE_BYTES / SAMPLE_RATE))

    def model(self, pcm: bytes, at: float) -> None:
        """Record what the speaker sounds; returns at once. Made for `seam.Speaker.tap`, on any thread.

        Args:
            pcm: PCM16 mono at 24 kHz.
            at: When it begins to sound (`clock.now`): when it was drawn, and the latency of the device.
        """
        self._add(_Block(False, pcm, at))

    def _add(self, block: _Block) -> None:
        if not self._has_failed:
            self._blocks.append(block)

    def _run(self) -> None:
        try:
            while not self._is_ending.wait(_PERIOD_S):
                self._write(is_last=False)
            self._write(is_last=True)
            if self._sink is not None:
                self._sink.close()
        except UnwritableAudio as error:
            self._give_up(error.reason)
        except Exception as error:  # noqa: BLE001 - whatever it is, the talk goes on
            self._give_up(f"{type(error).__name__}: {error}")

    def _give_up(self, reason: str) -> None:
        self._has_failed = True
        self._blocks.clear()
        if self._sink is not None:
            with suppress(UnwritableAudio, OSError):
                self._sink.close()
        self._tell(UnwritableRecording(self.path, reason))

    def _write(self, *, is_last: bool) -> None:
        until = now() - _SETTLE_S
        blocks = [self._blocks.popleft() for _ in range(len(self._blocks))]
        if self._timeline is None:
            if not blocks:
                return
            self._timeline = Timeline(min(block.begin for block in blocks))
        for is_person, pcm, begin in blocks:
            (self._timeline.person if is_person else self._timeline.model)(pcm, begin)
        for piece in self._timeline.finish() if is_last else self._timeline.give(until):
            if self._sink is None:
                self._sink = WavSink(self.path, channels=2, replaces=False)
            self._sink.write(piece)

    def _tell(self, error: UnwritableRecording) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._failed, error)
