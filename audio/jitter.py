"""`JitterBuffer`: how much of an item must have arrived before it sounds, or sounds again after it starved.

Pure; it learns from when sound arrived, in samples and seconds that it is told.
"""

from __future__ import annotations

from realtime_chat.audio.fade import FADE_SAMPLES
from realtime_chat.audio.frame import SAMPLE_RATE, ms_to_samples

_START = ms_to_samples(10) + FADE_SAMPLES
"""15 ms: a block of the device, and what is held back for a fade. Nearly every first delta is longer, so that it sounds
at once."""

_SHORTEST = ms_to_samples(60)
"""What must be there after the first time that an item starved."""

_LONGEST = ms_to_samples(400)
"""Pauses of more than this seem to be the end of the answer."""

_LONGEST_START = ms_to_samples(120)
"""An answer that begins later than this by what is collected is worse than one that pauses once."""

_FORGET = ms_to_samples(30_000)
"""How much must sound without starving until half of what was learned is forgotten: a few answers."""


class JitterBuffer:
    """Counts how many samples are `needed`: few, until something starves.

    Sound that waits makes every answer late; sound that does not wait is chopped where deltas come in gaps. So nothing
    waits until an item has starved in its middle. Then there is a pause in any case, and one that is long enough is
    better than a row of them: what must have arrived doubles each time (60, 120, 240, at most 400 ms), and is at least
    as long as the arrivals ever lagged behind an even flow, which is what would have bridged the gap. Where deltas come
    faster than they sound, or all at once after a gap, to collect that much takes little time or none. The next items
    begin with it, too, up to 120 ms; it halves with every 30 seconds that sound without starving.

    Simulated with deltas of 20 ms from a source in real time, each delayed by 40 ms on average (exponentially), an
    answer of ten seconds pauses once or twice, where it pauses five times if 15 ms are enough always; from a source
    that makes 0.9 seconds a second, three to five times and not 111.
    """

    def __init__(self) -> None:
        self._target = 0
        self._lag = 0
        self._longest_lag = 0
        self._last_at = 0.0
        self._last_samples = 0
        self._steady = 0

    def needed(self, *, begins: bool) -> int:
        """Samples of an item that must be there for it to begin, or else to go on after it starved."""
        return max(_START, min(self._target, _LONGEST_START) if begins else self._target)

    def began(self, samples: int, now: float) -> None:
        """The first sound of an item arrived: what came before it says nothing about its flow."""
        self._lag = 0
        self._last_at = now
        self._last_samples = samples

    def arrived(self, samples: int, now: float) -> None:
        """More sound of the same item arrived."""
        late = round((now - self._last_at) * SAMPLE_RATE) - self._last_samples
        # How much sound would have had to wait at the worst moment so far for none to be missing now.
        self._lag = max(0, self._lag + late)
        self._longest_lag = max(self._longest_lag, self._lag)
        self._last_at = now
        self._last_samples = samples

    def starved(self) -> None:
        """There was nothing left of an item, and then more of it arrived."""
        self._target = min(_LONGEST, max(_SHORTEST, 2 * self._target, self._longest_lag))
        self._steady = 0

    def sounded(self, samples: int) -> None:
        """So much sounded."""
        self._steady += samples
        while self._steady >= _FORGET:
            self._steady -= _FORGET
            self._longest_lag //= 2
            self._target = self._target // 2 if self._target >= 2 * _SHORTEST else 0
