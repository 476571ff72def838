"""`Output`: a `Playback` shared between the event loop and whatever draws the sound; the half all speakers have."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from enum import Enum, auto

from realtime_chat.audio.clock import now
from realtime_chat.audio.errors import AudioError
from realtime_chat.audio.frame import SAMPLE_BYTES, level
from realtime_chat.audio.playback import Heard, Playback, PlaybackEvent


class _End(Enum):
    END = auto()


class Output:
    """What `seam.Speaker` says, without the device: a speaker inherits it, calls `_open` first and `_close` last.

    `_draw` may be called from any thread; the other methods on the event loop. Events reach the loop in the order in
    which they happened: each is handed over while the lock is held.
    """

    def __init__(self) -> None:
        self._playback = Playback()
        self._lock = threading.Lock()
        self._news: asyncio.Queue[PlaybackEvent | AudioError | _End] = asyncio.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._last = b""
        self._last_at = 0.0

    @property
    def level(self) -> float:
        """How loud what sounds now is, 0..1."""
        return level(self._last)

    def play(self, item_id: str, pcm: bytes) -> None:
        """Add sound to the end of an item."""
        with self._lock:
            self._playback.put(item_id, pcm)
        self._wake()

    def end(self, item_id: str) -> None:
        """Say that all of an item's sound was given."""
        with self._lock:
            self._playback.end(item_id, now())
            self._publish()
        self._wake()

    def flush(self) -> tuple[Heard, ...]:
        """Fall silent; say how far each item got that was not over."""
        with self._lock:
            heard = self._playback.flush()
        self._wake()
        return heard

    async def events(self) -> AsyncIterator[PlaybackEvent]:
        """Yield what happens, as it happens; end when the speaker is closed.

        Raises:
            AudioError: The speaker failed.
        """
        while (news := await self._news.get()) is not _End.END:
            if isinstance(news, AudioError):
                raise news
            yield news

    def _open(self) -> None:
        self._loop = asyncio.get_running_loop()

    def _close(self) -> None:
        self._last = b""
        self._tell(_End.END)

    def _fail(self, error: AudioError) -> None:
        self._last = b""
        self._tell(error)

    def _wake(self) -> None:
        """Called on the loop whenever there may be something to draw."""

    def _draw(self, samples: int, *, pad: bool) -> bytes:
        """Take the next sound; ``pad`` fills it up to ``samples`` with silence."""
        with self._lock:
            at = now()
            drawn = self._playback.draw(samples, at)
            self._publish()
        self._last = drawn
        if drawn:
            self._last_at = at
        return drawn.ljust(samples * SAMPLE_BYTES, b"\0") if pad else drawn

    def _publish(self) -> None:
        for event in self._playback.take_events():
            self._tell(event)

    def _tell(self, news: PlaybackEvent | AudioError | _End) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._news.put_nowait, news)
