"""What a conversation asks of the sound around it: a `Microphone` and a `Speaker`.

Devices (``microphone``, ``speaker``), files (``files``) and memory (``memory``) are the three of each there are.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from types import TracebackType
from typing import Protocol, Self, TypeVar

from realtime_chat.audio.frame import Frame
from realtime_chat.audio.playback import Heard, PlaybackEvent

T = TypeVar("T")


class Microphone(Protocol):
    """Where the person's voice comes from. Open it with ``async with``."""

    async def __aenter__(self) -> Self:
        """Begin to listen.

        Raises:
            AudioError: It cannot.
        """
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop listening; `frames` ends."""
        ...

    def frames(self) -> AsyncIterator[Frame]:
        """Yield each frame as it is heard, without gaps. One consumer; frames wait for it in memory.

        Ends when the input ends (a file) or the microphone is closed.

        Raises:
            DeviceLost: The microphone went away.
            UnreadableAudio: The file that stands in for one broke off.
        """
        ...

    def perceive(
        self, through: Callable[[Frame], T], *, may_wait: Callable[[], bool] = lambda: False
    ) -> AsyncGenerator[T]:
        """Yield what ``through`` makes of each frame, in the place of `frames`; it is called on another thread.

        ``may_wait`` is asked there after each frame: while it says so, a device may give two frames at a time.

        Raises:
            Exception: What `frames` or ``through`` raised.
        """
        ...


class Speaker(Protocol):
    """Where the assistant's voice goes. Open it with ``async with``.

    Everything but opening, closing and `events` returns at once and is called on the event loop. The caller must
    `end` or `flush` every item it plays: the next one waits for it.
    """

    async def __aenter__(self) -> Self:
        """Begin to sound.

        Raises:
            AudioError: It cannot.
        """
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop sounding, drop what is pending; `events` ends."""
        ...

    @property
    def level(self) -> float:
        """How loud what sounds now is, 0..1 (see `frame.level`)."""
        ...

    @property
    def latency(self) -> float:
        """Seconds from the drawing of a sample until it is heard, as far as is known."""
        ...

    @property
    def volume(self) -> float:
        """How loud all sounds: 1 as it was played, 0 not at all, 1.5 at most.

        It applies to what the device has not drawn yet, changes over 10 ms and counts for nothing in `flush`.
        """
        ...

    @volume.setter
    def volume(self, volume: float) -> None: ...

    def tap(self, listener: Callable[[bytes, float], None]) -> None:
        """Let ``listener`` have each block (PCM16 mono 24 kHz) that is handed to the device, silence included.

        It is called with the block as it sounds, after the volume, and the `clock.now` at which it was drawn, on the
        thread that draws: it must do no more than copy, and must not raise. A speaker that is no device draws only
        while something sounds or starves.
        """
        ...

    @property
    def sounding(self) -> Heard | None:
        """How far the item got that sounds now; None where none does."""
        ...

    def play(self, item_id: str, pcm: bytes) -> None:
        """Add sound (PCM16 mono 24 kHz) to the end of an item; dropped where the item is over (see `Playback`)."""
        ...

    def end(self, item_id: str) -> None:
        """Say that all of an item's sound was given."""
        ...

    def hold(self) -> None:
        """Fall silent for a moment and keep everything, until `release` or `flush`."""
        ...

    def release(self) -> None:
        """Go on where `hold` fell silent; nothing where it did not."""
        ...

    def flush(self) -> tuple[Heard, ...]:
        """Fall silent; say how far each item got that was not over."""
        ...

    def events(self) -> AsyncIterator[PlaybackEvent]:
        """Yield `PlaybackStarted` and `PlaybackFinished` as they happen. One consumer.

        Ends when the speaker is closed.

        Raises:
            DeviceLost: The speaker went away.
            UnwritableAudio: The file that stands in for one cannot be written any more.
        """
        ...
