"""`Output`: a `Playback` shared between the event loop and whatever draws the sound; the half all speakers have."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from enum import Enum, auto

from realtime_chat.audio.clock import now
from realtime_chat.audio.errors import AudioError
from realtime_chat.audio.frame import SAMPLE_BYTES, level
from realtime_chat.audio.playback import Heard, Playback, PlaybackEvent
from realtime_chat.audio.volume import Volume


class _End(Enum):
    END = auto()


class Output:
    """What `seam.Speaker` says, without the device: a speaker inherits it, calls `_open` first and `_close` last.

    `_draw` (or `_take`) is called from any thread, but one at a time; the other methods on the event loop. Events reach
    the loop in the order in which they happened: each is handed over while the lock is held.
    """

    def __init__(self) -> None:
        self._playback = Playback()
        self._lock = threading.Lock()
        self._news: asyncio.Queue[PlaybackEvent | AudioError | _End] = asyncio.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._volume = Volume()
        self._taps: tuple[Callable[[bytes, float], None], ...] = ()
        self._last = b""
        self._last_at = 0.0

    @property
    def volume(self) -> float:
        """How loud all sounds, 0..1.5 times what was put; whatever it is set to becomes one of these."""
        return self._volume.target

    @volume.setter
    def volume(self, volume: float) -> None:
        self._volume.target = volume

    def tap(self, listener: Callable[[bytes, float], None]) -> None:
        """Let ``listener`` have each block that is handed to the device (see `seam.Speaker.tap`)."""
        self._taps = (*self._taps, listener)

    @property
    def latency(self) -> float:
        """Seconds from `_draw` until it is heard."""
        return 0.0

    @property
    def level(self) -> float:
        """How loud what sounds now is, 0..1."""
        return level(self._last)

    @property
    def sounding(self) -> Heard | None:
        """How far the item got that sounds now; None where none does."""
        with self._lock:
            return self._playback.sounding

    def play(self, item_id: str, pcm: bytes) -> None:
        """Add sound to the end of an item."""
        with self._lock:
            self._playback.put(item_id, pcm, now())
        self._wake()

    def end(self, item_id: str) -> None:
        """Say that all of an item's sound was given."""
        with self._lock:
            self._playback.end(item_id, now())
            self._publish()
        self._wake()

    def hold(self) -> None:
        """Fall silent and keep everything, until `release` or `flush`."""
        with self._lock:
            self._playback.hold()

    def release(self) -> None:
        """Go on where `hold` fell silent."""
        with self._lock:
            self._playback.release()
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

    @property
    def _is_idle(self) -> bool:
        with self._lock:
            return self._playback.is_idle

    def _wake(self) -> None:
        """Called on the loop whenever there may be something to draw."""

    def _draw(self, samples: int, *, pad: bool) -> bytes:
        """Take the next sound, while time goes by: where there is none, it is heard as silence.

        Args:
            samples: How many; those who tap get as many.
            pad: Fill what is given up with that silence.
        """
        with self._lock:
            at = now()
            drawn = self._playback.draw(samples, at)
            self._publish()
        block = self._volume.apply(drawn.ljust(samples * SAMPLE_BYTES, b"\0"))
        self._hand_over(block, at, is_sound=bool(drawn))
        return block if pad else block[: len(drawn)]

    def _take(self, samples: int) -> bytes:
        """Take up to ``samples`` of the next sound, while no time goes by; those who tap get just that."""
        with self._lock:
            at = now()
            taken = self._playback.take(samples, at)
            self._publish()
        block = self._volume.apply(taken)
        self._hand_over(block, at, is_sound=bool(taken))
        return block

    def _hand_over(self, block: bytes, at: float, *, is_sound: bool) -> None:
        self._last = block if is_sound else b""
        if is_sound:
            self._last_at = at
        for listener in self._taps:
            listener(block, at)

    def _publish(self) -> None:
        for event in self._playback.take_events():
            self._tell(event)

    def _tell(self, news: PlaybackEvent | AudioError | _End) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._news.put_nowait, news)
