"""`Timeline`: what both sides of a talk said, put side by side as it was said.

Pure: blocks of sound and the times at which they came go in, one stretch of stereo after the other comes out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from realtime_chat.audio.frame import SAMPLE_BYTES, SAMPLE_RATE, ms_to_samples

_TOLERANCE = ms_to_samples(100)
"""How far the sound of a track may be from where its times would have it. Two devices drift apart by up to about 100
parts in a million, that is 360 ms an hour, and who listens notices nothing below this."""

_QUIET_TOLERANCE = ms_to_samples(30)
"""The same where nothing is to be heard: to set a track right there changes no word."""

_QUIET_PEAK = 128
"""-48 dBFS."""


@dataclass(frozen=True, slots=True)
class _Block:
    begin: int
    pcm: bytes

    @property
    def samples(self) -> int:
        return len(self.pcm) // SAMPLE_BYTES


class Track:
    """One side: blocks that follow each other without a seam, and silence where none came.

    A block seldom comes when it should: a busy program delivers it late, and then several at once. So its time is not
    where it goes. It goes behind the block before it, unless it and all the blocks that are known to follow it came too
    late for that by more than a tolerance: then there was a gap, since delays pass and gaps do not. What came too
    *early* by more than that is dropped until it fits.
    """

    def __init__(self) -> None:
        self._waiting: deque[_Block] = deque()
        self._given = 0
        self._placed = bytearray()
        self._is_silent = True

    def add(self, begin: int, pcm: bytes) -> None:
        """Add the next block.

        Args:
            begin: The sample at which its time would have it begin.
            pcm: PCM16 mono.
        """
        if pcm:
            self._waiting.append(_Block(begin, pcm))

    def give(self, until: int) -> bytes:
        """Give the sound up to sample ``until``, from where the last one ended; it is settled then.

        What was added later may tell more about what is settled now: leave half a second between.
        """
        self._place(until)
        if (missing := until - self._given - self._ahead) > 0:
            self._placed += bytes(missing * SAMPLE_BYTES)
            self._is_silent = True
        cut = (until - self._given) * SAMPLE_BYTES
        given = bytes(self._placed[:cut])
        del self._placed[:cut]
        self._given = until
        return given

    def finish(self) -> int:
        """Settle all that was added, and say at which sample it ends."""
        self._place(None)
        return self._given + self._ahead

    @property
    def _ahead(self) -> int:
        """Samples that are placed behind what was given."""
        return len(self._placed) // SAMPLE_BYTES

    def _place(self, until: int | None) -> None:
        before = accumulate((block.samples for block in self._waiting), initial=0)
        shifts = [block.begin - samples for block, samples in zip(self._waiting, before, strict=False)]
        least = list(accumulate(reversed(shifts), min))  # from each block on, the last one first
        placed = 0
        while self._waiting:
            end = self._given + self._ahead
            block = self._waiting[0]
            gap = least.pop() + placed - end
            if gap > self._tolerance(block, is_late=True, by=gap):
                end += gap
            if until is not None and end >= until:
                return
            self._placed += bytes((end - self._given - self._ahead) * SAMPLE_BYTES)
            self._waiting.popleft()
            placed += block.samples
            early = end - block.begin
            skipped = early if early > self._tolerance(block, is_late=False, by=early) else 0
            self._placed += block.pcm[skipped * SAMPLE_BYTES :]
            self._is_silent = False

    def _tolerance(self, block: _Block, *, is_late: bool, by: int) -> int:
        if is_late and self._is_silent:
            return 0
        if by <= _QUIET_TOLERANCE:
            return _QUIET_TOLERANCE
        loudest = np.abs(np.frombuffer(block.pcm, dtype="<i2").astype(np.int32)).max()
        return _QUIET_TOLERANCE if loudest <= _QUIET_PEAK else _TOLERANCE


class Timeline:
    """Two tracks, person and model, that begin together."""

    def __init__(self, begin: float) -> None:
        """Begin at the time ``begin``, in seconds."""
        self._begin = begin
        self._person = Track()
        self._model = Track()
        self._given = 0

    def person(self, pcm: bytes, begin: float) -> None:
        """Add what the person said: PCM16 mono at 24 kHz, and when it began."""
        self._person.add(self._sample(begin), pcm)

    def model(self, pcm: bytes, begin: float) -> None:
        """Add what the model said: PCM16 mono at 24 kHz, and when it began."""
        self._model.add(self._sample(begin), pcm)

    def give(self, until: float) -> Iterator[bytes]:
        """Give all up to ``until``, in pieces of a second at most: PCM16 stereo, left the person, right the model."""
        return self._give(self._sample(until))

    def finish(self) -> Iterator[bytes]:
        """Give all the rest; nothing may be added after that."""
        return self._give(max(self._person.finish(), self._model.finish()))

    def _give(self, last: int) -> Iterator[bytes]:
        while self._given < last:
            self._given = min(self._given + SAMPLE_RATE, last)
            sides = [np.frombuffer(track.give(self._given), dtype="<i2") for track in (self._person, self._model)]
            yield np.column_stack(sides).tobytes()

    def _sample(self, at: float) -> int:
        return round((at - self._begin) * SAMPLE_RATE)
