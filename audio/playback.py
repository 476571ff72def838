"""`Playback`: what sounds next, and which item's samples really did.

The sound of an *item* (a message of the assistant) is put in as it arrives and drawn out as the device asks for it.
Pure: no device, no clock, no thread. Whoever shares one between threads locks it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice

from realtime_chat.audio.fade import FADE_SAMPLES, faded_out
from realtime_chat.audio.frame import SAMPLE_BYTES
from realtime_chat.audio.item import Item
from realtime_chat.audio.jitter import JitterBuffer

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
    """How far an item got before the sound was flushed.

    Attributes:
        item_id: The item.
        rendered: Samples of it that were handed to the device, and so sound.
        received: Samples of it that had arrived.
    """

    item_id: str
    rendered: int
    received: int


class Playback:
    """Items in the order in which they were first put; each sounds when the one before it is over.

    An item is over when it was ended and all of it was rendered, or when it was flushed. One that starves, since its
    sound arrives too slowly, fades out and keeps its place, and goes on when enough of it has arrived (see
    `JitterBuffer`): the caller must `end` (or `flush`) every item it puts.

    Every sample that was put is rendered, flushed, pending or dropped, and counted once. What sounds is what was put,
    bit for bit, but for 5 ms of fade where it is cut off, where it starves and goes on, and where an item begins or
    ends in mid-wave.
    """

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}
        self._over: deque[str] = deque(maxlen=_REMEMBERED_ITEMS)
        self._events: list[PlaybackEvent] = []
        self._jitter = JitterBuffer()
        self._starved: Item | None = None
        self._fade = b""
        self._is_held = False
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

    def put(self, item_id: str, pcm: bytes, now: float = 0.0) -> None:
        """Add sound to the end of an item; a new item goes behind the others.

        Args:
            item_id: The item. What comes for one that is over or ended is dropped.
            pcm: PCM16 little-endian mono at 24 kHz; may end inside a sample, the next part completes it.
            now: When it arrived.
        """
        if item_id in self._over or (item_id in self._items and self._items[item_id].is_complete):
            self.dropped += len(pcm) // SAMPLE_BYTES
            return
        item = self._items.setdefault(item_id, Item(item_id))
        flow = self._jitter.arrived if item.received else self._jitter.began
        item.put(pcm)
        flow(len(pcm) // SAMPLE_BYTES, now)
        if item is self._starved and pcm:  # and so it was not just its end that came late
            self._jitter.starved()
            self._starved = None

    def end(self, item_id: str, now: float = 0.0) -> None:
        """Say that all of an item was put. Its `PlaybackFinished` comes when all of it was rendered.

        An item of which nothing was put finishes without having started, in its turn.
        """
        if item_id in self._over:
            return
        item = self._items.setdefault(item_id, Item(item_id))
        item.complete()
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
        """Like `render`, but without the silence that is heard at the end: may give fewer than ``samples``."""
        return self._draw(samples, now, waits=False)

    def take(self, samples: int, now: float = 0.0) -> bytes:
        """Give up to ``samples`` samples to one for whom no time goes by while there are none, such as a file.

        Nothing starves, nothing waits for more than the 5 ms that are held back.
        """
        return self._draw(samples, now, waits=True)

    def hold(self) -> None:
        """Fall silent within 5 ms, and keep everything until `release`, or `flush`.

        What fades out sounds again when it goes on, so nothing of it is counted yet.
        """
        if self._is_held:
            return
        self._is_held = True
        if (item := next(iter(self._items.values()), None)) is not None:
            self._fade = self._fade or faded_out(item.ahead(FADE_SAMPLES))
            item.rest()

    def release(self) -> None:
        """Go on where `hold` fell silent."""
        self._is_held = False

    def flush(self) -> tuple[Heard, ...]:
        """Drop all that is pending and say how far each item got that was not over; all of them are over now.

        What sounds is faded out over the next 5 ms. Those samples count as flushed, not as rendered: nobody
        understands a word by them.
        """
        heard = tuple(Heard(item.item_id, item.rendered, item.received) for item in self._items.values())
        self.flushed += self.pending
        if not (self._fade or self._is_held):
            self._fade = faded_out(b"".join(item.ahead(FADE_SAMPLES) for item in islice(self._items.values(), 1)))
        self._over.extend(self._items)
        self._items.clear()
        self._starved = None
        self._is_held = False
        return heard

    @property
    def sounding(self) -> Heard | None:
        """How far the item got that sounds, or would if it were not starving or held; None before it begins."""
        item = next(iter(self._items.values()), None)
        return Heard(item.item_id, item.rendered, item.received) if item is not None and item.rendered else None

    def take_events(self) -> list[PlaybackEvent]:
        """Give what happened since the last call, in order."""
        events, self._events = self._events, []
        return events

    def _draw(self, samples: int, now: float, *, waits: bool) -> bytes:
        drawn = self._fade[: samples * SAMPLE_BYTES]
        if drawn:
            self._fade = self._fade[samples * SAMPLE_BYTES :]
        while (room := samples - len(drawn) // SAMPLE_BYTES) and (item := self._next(waits=waits)) is not None:
            if not item.rendered:
                self._events.append(PlaybackStarted(item.item_id, now))
            piece = item.draw(min(room, item.free) if waits else room)
            item.last_at = now
            drawn += piece
            self.rendered += len(piece) // SAMPLE_BYTES
            self._jitter.sounded(len(piece) // SAMPLE_BYTES)
            if item.is_starving:
                self._starved = item
            self._settle()
        return drawn

    def _next(self, *, waits: bool) -> Item | None:
        """Give the item that can sound now."""
        item = next(iter(self._items.values()), None)
        if item is None or self._is_held or (waits and not item.free):
            return None
        if waits or item.is_complete or not item.is_silent:
            return item
        return item if item.pending >= self._jitter.needed(begins=not item.rendered) else None

    def _settle(self) -> None:
        """Take away the items that are over."""
        for item in list(self._items.values()):
            if not item.is_over:
                break
            del self._items[item.item_id]
            self._over.append(item.item_id)
            self._events.append(PlaybackFinished(item.item_id, item.last_at))
