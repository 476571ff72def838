"""`Starvation`: how much sound must wait in a device for it not to run dry, found out by trying."""

from __future__ import annotations

from collections import deque

LATENCIES_S = (0.02, 0.04, 0.08)
"""What waits in a device, least first. It delays every answer and every interruption, so as little as the machine is
fast enough for. Measured on PulseAudio with four busy processes on two cores, 20 ms never ran dry in 10 s; with more
to do it has, and 60 ms had not."""

_MOST = 2
"""In how many of the ticks that are remembered a device may run dry: once in a while any machine is busy.

Ticks are counted, and not how often: where the whole machine stands still for 100 ms, a device runs dry five times at
once, and the next step would not have helped."""

_TICKS = 8
"""Two seconds of ticks of `recovery.TICK_S`."""


class Starvation:
    """One for each line. It never takes back what it gave: what starved once will again."""

    def __init__(self) -> None:
        self._step = 0
        self._seen = 0
        self._recent: deque[bool] = deque(maxlen=_TICKS)

    @property
    def latency_s(self) -> float:
        """Seconds of sound that should wait in the device."""
        return LATENCIES_S[self._step]

    def tick(self, xruns: int) -> bool:
        """Take how often it ran dry since the beginning; say whether it is to be opened again, with more."""
        self._recent.append(xruns > self._seen)
        self._seen = xruns
        if sum(self._recent) <= _MOST or self._step + 1 == len(LATENCIES_S):
            return False
        self._step += 1
        self._recent.clear()
        return True
