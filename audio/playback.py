"""`Playback`: what sounds next, and which item's samples really did.

The sound of an *item* (a message of the assistant) is put in as it arrives and drawn out as the device asks for it.
Pure: no device, no clock, no thread. Whoever shares one between threads locks it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from realtime_chat.audio.frame import SAMPLE_BYTES

_FADE_SAMPLES = 240
"""10 ms: long enough that cutting a voice off makes no click, too short to be heard as a fade."""

_REMEMBERED_ITEMS = 256
"""How many items that are over are kept in mind, to drop sound that arrives late for them."""


@dataclass(frozen=True, slots=True)
class PlaybackStarted:
    """The first sample of an item was rendered.

    Attributes:
        item_id: The item.
        at: When it was handed to the device (`clock.now`).
    """

    item_id: str
    at: float


@dataclass(frozen=True, slots=True)
class PlaybackFinished:
    """All of an item was received and rendered; never said of an item that was flushed.

    Attributes:
        item_id: The item.
        at: When its last sample was handed to the device (`clock.now`).
    """

    item_id: str
    at: float


PlaybackEvent = PlaybackStarted | PlaybackFinished


@dataclass(frozen=True, slots=True)
class Heard:
    """How far an item got before it was flushed.

    Attributes:
        item_id: The item.
        rendered: Samples of it that were handed to the device, and so sound.
        received: Samples of it that had arrived.
    """

    item_id: str
    rendered: int
    received: int


@dataclass(slots=True)
class _Item:
    item_id: str
    pcm: bytearray = field(default_factory=bytearray)
    rendered: int = 0
    is_complete: bool = False
    last_at: float = 0.0

    @property
    def pending(self) -> int:
        return len(self.pcm) // SAMPLE_BYTES


class Playback:
    """Items in the order in which they were first put; each sounds when the one before it is over.

    An item is over when it was ended and all of it was rendered, or when it was flushed. An item that starves, since
    its sound arrives too slowly, keeps its place: the caller must `end` (or `flush`) every item it puts.

    Every sample that was put is rendered, flushed, pending or dropped, and counted once.
    """

    def __init__(self) -> None:
        self._items: dict[str, _Item] = {}
        self._over: deque[str] = deque(maxlen=_REMEMBERED_ITEMS)
        self._events: list[PlaybackEvent] = []
        self._fade = b""
        self._sounding: str | None = None
        self.rendered = 0
        """Samples of items rendered since the beginning."""
        self.flushed = 0
        """Samples flushed since the beginning."""
        self.dropped = 0
        """Samples that came for an item that was over or ended, since the beginning."""

    @property
    def pending(self) -> int:
        """Samples that wait to be rendered."""
        return sum(item.pending for item in self._items.values())

    @property
    def is_underway(self) -> bool:
        """An item has begun to sound and is not over; it may be starving."""
        return any(item.rendered for item in self._items.values())

    @property
    def is_idle(self) -> bool:
        """Nothing is underway and nothing waits: until something is put, `render` gives silence."""
        return not (self._fade or self.pending or self.is_underway)

    def put(self, item_id: str, pcm: bytes) -> None:
        """Add sound to the end of an item; a new item goes behind the others.

        Args:
            item_id: The item. What comes for one that is over or ended is dropped.
            pcm: PCM16 little-endian mono at 24 kHz; may end inside a sample, the next part completes it.
        """
        if item_id in self._over or (item_id in self._items and self._items[item_id].is_complete):
            self.dropped += len(pcm) // SAMPLE_BYTES
            return
        self._items.setdefault(item_id, _Item(item_id)).pcm += pcm

    def end(self, item_id: str, now: float = 0.0) -> None:
        """Say that all of an item was put. Its `PlaybackFinished` comes when all of it was rendered.

        An item of which nothing was put finishes without having started, in its turn.
        """
        if item_id in self._over:
            return
        item = self._items.setdefault(item_id, _Item(item_id))
        item.is_complete = True
        del item.pcm[item.pending * SAMPLE_BYTES :]
        if not item.rendered:
            item.last_at = now
        self._settle()

    def render(self, samples: int, now: float = 0.0) -> bytes:
        """Give exactly ``samples`` samples to sound next; silence where there are none.

        That silence counts as nothing: an item that starves goes on later where it stopped.

        Args:
            samples: How many the device wants.
            now: The time the events will carry.
        """
        return self.draw(samples, now).ljust(samples * SAMPLE_BYTES, b"\0")

    def draw(self, samples: int, now: float = 0.0) -> bytes:
        """Like `render`, but without the silence: may give fewer than ``samples``."""
        drawn = bytearray(self._fade[: samples * SAMPLE_BYTES])
        self._fade = self._fade[samples * SAMPLE_BYTES :]
        self._sounding = None
        while room := samples - len(drawn) // SAMPLE_BYTES:
            item = next(iter(self._items.values()), None)
            if item is None or not item.pending:
                self._sounding = None
                break
            taken = min(room, item.pending)
            drawn += item.pcm[: taken * SAMPLE_BYTES]
            del item.pcm[: taken * SAMPLE_BYTES]
            if not item.rendered:
                self._events.append(PlaybackStarted(item.item_id, now))
            item.rendered += taken
            item.last_at = now
            self.rendered += taken
            self._sounding = item.item_id
            self._settle()
        return bytes(drawn)

    def flush(self) -> tuple[Heard, ...]:
        """Drop all that is pending and say how far each item got that was not over; all of them are over now.

        What sounds is faded out over the next 10 ms. Those samples count as flushed, not as rendered: nobody
        understands a word by them.
        """
        heard = tuple(Heard(item.item_id, item.rendered, item.rendered + item.pending) for item in self._items.values())
        self.flushed += self.pending
        if self._sounding is not None and self._sounding in self._items:
            self._fade = _faded(self._items[self._sounding].pcm)
        self._sounding = None
        self._over.extend(self._items)
        self._items.clear()
        return heard

    def take_events(self) -> list[PlaybackEvent]:
        """Give what happened since the last call, in order."""
        events, self._events = self._events, []
        return events

    def _settle(self) -> None:
        """Take away the items that are over."""
        for item in list(self._items.values()):
            if not item.is_complete or item.pending:
                break
            del self._items[item.item_id]
            self._over.append(item.item_id)
            self._events.append(PlaybackFinished(item.item_id, item.last_at))


def _faded(pcm: bytearray) -> bytes:
    samples = np.frombuffer(
        bytes(pcm[: _FADE_SAMPLES * SAMPLE_BYTES]), dtype="<i2", count=min(_FADE_SAMPLES, len(pcm) // SAMPLE_BYTES)
    )
    ramp = np.linspace(1.0, 0.0, len(samples), endpoint=False)
    return (samples * ramp).astype("<i2").tobytes()
