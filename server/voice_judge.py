"""Whether a frame sounds like a voice, at a price that a hundred sessions on two cores can pay.

webrtcvad costs 4 µs a frame, and takes hum and music for a voice. The silero network does not, but costs 160 µs for
32 ms, 70 ms and 9 MB to make: so a few networks serve all sessions, each borrowed while something sounds like a
voice. Where all are out, and in a crowd, webrtcvad judges alone, and must be sure for longer.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from realtime_chat.audio.detector import (
    NARROW_RATE,
    WINDOW_BYTES,
    SileroNetwork,
    VoiceDetector,
    Wideband,
    narrowed,
)
from realtime_chat.server.turn_finder import Verdict

log = logging.getLogger(__name__)

MOST_NETWORKS = 2
"""Both at work cost 1 % of a core, and 18 MB: so many people at a time are told from noise surely."""

CROWD = 8
"""With more people than this speaking at once none is lent: few of them would get one, and all sessions wait 6 % longer
for it, as measured with a hundred."""

_LEAD_FRAMES = 16
"""320 ms: what a network must have heard to judge a beginning."""

_AWAKE_FRAMES = 50
"""A network is given back after a second in which nothing sounded like a voice."""

_POSSIBLE = 0.4
"""Music and coughs reach 0.66 in single windows, but not in two that follow each other: see
`realtime_chat.audio.detector`. With the usual threshold of 0.5 a voice begins, and goes on, as it does there at level
2."""


class Networks:
    """The networks that sessions borrow."""

    def __init__(self, most: int = MOST_NETWORKS, make: Callable[[], SileroNetwork] = SileroNetwork) -> None:
        self._most = most
        self._make = make
        self._free: list[SileroNetwork] = []
        self._made = 0
        self._speaking = 0

    async def add(self) -> None:
        """Make one more, on a thread, unless there are enough: for each session that begins."""
        if self._made >= self._most:
            return
        self._made += 1
        try:
            self._free.append(await asyncio.to_thread(self._make))
        except asyncio.CancelledError:  # the next session makes it
            self._made -= 1
            raise
        except (ImportError, OSError, RuntimeError) as error:  # no wheel for this machine, or no memory
            self._most = 0
            log.warning("Voices are told from noise less surely: the silero network cannot be loaded (%s).", error)

    def begin(self) -> None:
        """Count one more session in which something sounds like a voice."""
        self._speaking += 1

    def end(self) -> None:
        """Count one less."""
        self._speaking -= 1

    def borrow(self) -> SileroNetwork | None:
        """Give one that has forgotten what it heard, if one is free and there is no crowd."""
        if not self._free or self._speaking > CROWD:
            return None
        network = self._free.pop()
        network.reset()
        return network

    def give_back(self, network: SileroNetwork) -> None:
        """Take one back."""
        self._free.append(network)


class VoiceJudge:
    """Judges the frames of one session, in order.

    Args:
        threshold: 0..1, how sure it must be; the probability of speech where a network listens.
        networks: Where to borrow one; ``None`` does without.
    """

    def __init__(self, threshold: float, networks: Networks | None = None) -> None:
        self._threshold = threshold
        self._networks = networks
        self._wideband = Wideband()
        self._detector = VoiceDetector(min(3, round(threshold * 4)), rate=NARROW_RATE)
        self._network: SileroNetwork | None = None
        self._missed: deque[bytes] = deque(maxlen=_LEAD_FRAMES)
        self._window = bytearray()
        self._before = self._probability = 0.0
        self._awake = 0

    def push(self, pcm: bytes, *, in_turn: bool) -> Verdict:
        """Judge the next 20 ms (PCM16 mono 24 kHz).

        Args:
            pcm: One frame.
            in_turn: A turn is under way.
        """
        voiced = self._detector.is_voice(narrowed(pcm))
        self._missed.append(pcm)
        if voiced or in_turn:
            if not self._awake and self._networks is not None:
                self._networks.begin()
            self._awake = _AWAKE_FRAMES
            if self._network is None and voiced and self._networks is not None:
                self._wake(self._networks)
        elif self._awake == 1:
            self.close()
        elif self._awake:
            self._awake -= 1
        if self._network is None:
            return Verdict(voiced)
        self._hear(self._network, self._missed)
        if in_turn:
            return Verdict(voiced and self._probability >= _POSSIBLE * self._threshold)
        return Verdict(voiced, self._is_sure)

    @property
    def _is_sure(self) -> bool:
        """One window that is surely speech, or one that is likely to be after one that may be."""
        threshold = self._threshold
        likely = self._probability >= threshold and self._before >= _POSSIBLE * threshold
        return likely or self._probability >= (1 + threshold) / 2

    def close(self) -> None:
        """Give the network back: the session, or this way to find turns, is over."""
        if self._networks is not None:
            if self._awake:
                self._networks.end()
            if self._network is not None:
                self._networks.give_back(self._network)
        self._awake = 0
        self._network = None

    def _wake(self, networks: Networks) -> None:
        self._network = networks.borrow()
        if self._network is None:
            return
        self._wideband = Wideband()
        self._window.clear()
        self._before = self._probability = 0.0

    def _hear(self, network: SileroNetwork, frames: deque[bytes]) -> None:
        while frames:
            self._window += self._wideband.push(frames.popleft())
        while len(self._window) >= WINDOW_BYTES:
            self._before, self._probability = self._probability, network.judge(bytes(self._window[:WINDOW_BYTES]))
            del self._window[:WINDOW_BYTES]
