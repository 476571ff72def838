"""`Recovery`: when a lost device is looked for again, and what is told about it.

Pure: what happens and the time go in, effects come out. No device, no thread, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from realtime_chat.audio.errors import DeviceKind

TICK_S = 0.25
"""How often `Recovery.tick` wants to be called: a device calls back 25 times meanwhile."""

DEAD_TICKS = 4
"""A device that has not called back for so many ticks is dead. Ticks and not seconds, so that a program that was
stopped for a minute, or a busy event loop, is no dead device."""

GRACE_S = 2.0
"""So long a device may be away before it is told: a cable that is put back, a sound server that starts again."""

RETRY_S = (0.25, 0.5, 1.0)
"""How long to wait after the first, the second, and every further attempt that found nothing. An attempt costs 10-30 ms
of CPU, and a device that is back must sound within 2 s."""

_LOOKED = 2
"""Failures after which a restart, which disturbs what runs, waits until a scout has seen something new."""


class Phase(Enum):
    """What is done about lost devices."""

    STEADY = auto()
    """Nothing: none is lost."""
    MENDING = auto()
    """An attempt is underway."""
    WAITING = auto()
    """An attempt found too little; another one follows."""


_LEGAL_MOVES = {
    Phase.STEADY: {Phase.MENDING, Phase.WAITING},
    Phase.MENDING: {Phase.STEADY, Phase.MENDING, Phase.WAITING},
    Phase.WAITING: {Phase.STEADY, Phase.MENDING},
}


@dataclass(frozen=True, slots=True)
class Connected:
    """Where an attempt connected something to.

    Attributes:
        name: The device's name.
        is_fallback: It is not the one that was asked for.
    """

    name: str
    is_fallback: bool = False


@dataclass(frozen=True, slots=True)
class Reopen:
    """Open these kinds again among the devices already known; what runs runs on. Answer with `Recovery.mended`."""

    kinds: frozenset[DeviceKind]


@dataclass(frozen=True, slots=True)
class Restart:
    """Close everything, look which devices there are now, open everything. Answer with `Recovery.mended`."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Say that sound of a kind goes on on the device called ``name``; None: on none."""

    kind: DeviceKind
    name: str | None


Effect = Reopen | Restart | Tell


class _State(Enum):
    OPEN = auto()
    """A stream was opened, and has not called back yet."""
    RUNNING = auto()
    """It calls back."""
    LOST = auto()
    """There is none."""


@dataclass(slots=True)
class _Kind:
    told: str | None
    state: _State = _State.OPEN
    name: str = ""
    is_fallback: bool = False
    silent_ticks: int = 0
    lost_at: float | None = None


class Recovery:
    """The kinds of device in use, and what is being done to keep them.

    A device lost while another one runs is first looked for among the devices known, which disturbs nobody, then
    once by a restart; afterwards again without one, until a scout has seen a device that is new. Where nothing
    runs, every attempt is a restart.

    Attributes:
        phase: What is being done.
    """

    def __init__(self) -> None:
        self.phase = Phase.STEADY
        self._kinds: dict[DeviceKind, _Kind] = {}
        self._attempted: frozenset[DeviceKind] = frozenset()
        self._failures = 0
        self._next_at = 0.0
        self._gone: frozenset[tuple[DeviceKind, str]] = frozenset()
        self._tried: frozenset[tuple[DeviceKind, str]] = frozenset()

    @property
    def wanted_news(self) -> frozenset[DeviceKind]:
        """The kinds of which a new device would be of use, but may only be looked for where it disturbs nobody."""
        if all(kind.state is _State.LOST for kind in self._kinds.values()):
            return frozenset()
        return frozenset(name for name, kind in self._kinds.items() if kind.state is _State.LOST or kind.is_fallback)

    def attached(self, kind: DeviceKind, where: Connected) -> None:
        """Take into care what was just opened. Whoever opened it knows where it is."""
        self._kinds[kind] = _Kind(where.name, name=where.name, is_fallback=where.is_fallback)

    def awaited(self, kind: DeviceKind, now: float) -> list[Effect]:
        """Take into care what was just asked for and has no device yet: it is told, and looked for like one lost."""
        self._kinds[kind] = _Kind(None, state=_State.LOST, lost_at=now)
        if self.phase is Phase.STEADY:
            self._failures = _LOOKED  # when it was asked for
            self._wait(now)
        return [Tell(kind, None)]

    def detached(self, kind: DeviceKind) -> None:
        """Care no longer."""
        self._kinds.pop(kind, None)
        if self.phase is Phase.WAITING and not self._lost():
            self._settle()

    def lost(self, kinds: frozenset[DeviceKind], now: float) -> list[Effect]:
        """Devices ended their streams, now or earlier. While an attempt is underway nobody asks: say it afterwards."""
        news: list[DeviceKind] = [
            name for name, kind in self._kinds.items() if name in kinds and kind.state is not _State.LOST
        ]
        return self._lose(news, now) if news and self.phase is not Phase.MENDING else []

    def tick(self, alive: frozenset[DeviceKind], now: float) -> list[Effect]:
        """Time has passed.

        Args:
            alive: What has called back since the tick before.
            now: The time.
        """
        effects: list[Effect] = []
        dead: list[DeviceKind] = []
        for name, kind in self._kinds.items():
            if kind.state is not _State.LOST and self.phase is not Phase.MENDING:
                if name in alive:
                    effects += self._has_called(name, kind)
                else:
                    kind.silent_ticks += 1
                    if kind.silent_ticks >= DEAD_TICKS:
                        dead.append(name)
            if kind.told is not None and kind.lost_at is not None and now - kind.lost_at >= GRACE_S:
                kind.told = None
                effects.append(Tell(name, None))
        if dead:
            effects += self._lose(dead, now)
        if self.phase is Phase.WAITING and now >= self._next_at:
            effects.append(self._attempt())
        return effects

    def mended(self, found: Mapping[DeviceKind, Connected], now: float) -> list[Effect]:
        """An attempt is over.

        Args:
            found: Everything that is connected now.
            now: The time.
        """
        for name, kind in self._kinds.items():
            if (where := found.get(name)) is None:
                kind.state = _State.LOST
                kind.lost_at = now if kind.lost_at is None else kind.lost_at
                continue
            if name in self._attempted:
                kind.state, kind.silent_ticks = _State.OPEN, 0
            kind.name, kind.is_fallback = where.name, where.is_fallback
        if not self._lost():
            self._move(Phase.STEADY)
            return []
        self._failures += 1
        if self._failures == 1 and self._is_anything_left():
            return [self._attempt()]
        self._wait(now)
        return []

    def scouted(
        self, seen: frozenset[tuple[DeviceKind, str]], known: frozenset[tuple[DeviceKind, str]]
    ) -> list[Effect]:
        """A fresh look was taken without disturbing anybody.

        Args:
            seen: The devices there are.
            known: Those there were at the last restart. One that was lost since is new when it is seen.
        """
        self._tried &= seen
        new = {device for device in seen - (known - self._gone) - self._tried if device[0] in self.wanted_news}
        if not new or self.phase is Phase.MENDING:
            return []
        self._tried |= new
        return [self._attempt(is_news=True)]

    def _has_called(self, name: DeviceKind, kind: _Kind) -> list[Effect]:
        kind.state, kind.silent_ticks, kind.lost_at = _State.RUNNING, 0, None
        if self.phase is Phase.STEADY and all(other.state is _State.RUNNING for other in self._kinds.values()):
            self._failures = 0
        if kind.told == kind.name:
            return []
        kind.told = kind.name
        return [Tell(name, kind.name)]

    def _lose(self, names: list[DeviceKind], now: float) -> list[Effect]:
        # What never called back was no success: it must not be tried again and again without a pause.
        is_fresh = any(self._kinds[name].state is _State.RUNNING for name in names)
        if is_fresh:
            gone: frozenset[tuple[DeviceKind, str]] = frozenset((name, self._kinds[name].name) for name in names)
            self._gone |= gone
            self._tried -= self._gone
        for name in names:
            kind = self._kinds[name]
            kind.state = _State.LOST
            kind.lost_at = now if kind.lost_at is None else kind.lost_at
        if is_fresh:
            return [self._attempt()]
        self._failures += 1
        if self.phase is Phase.STEADY:
            self._wait(now)
        return []

    def _attempt(self, *, is_news: bool = False) -> Effect:
        self._move(Phase.MENDING)
        if is_news or not self._is_anything_left() or self._failures == 1:
            self._attempted = frozenset(self._kinds)
            self._gone = frozenset()
            return Restart()
        self._attempted = frozenset(self._lost())
        return Reopen(self._attempted)

    def _wait(self, now: float) -> None:
        self._move(Phase.WAITING)
        self._next_at = now + RETRY_S[min(self._failures, len(RETRY_S)) - 1]

    def _settle(self) -> None:
        self._move(Phase.STEADY)
        self._failures = 0

    def _move(self, phase: Phase) -> None:
        if phase not in _LEGAL_MOVES[self.phase]:
            raise RuntimeError(f"{self.phase.name} cannot become {phase.name}")
        self.phase = phase

    def _lost(self) -> list[DeviceKind]:
        return [name for name, kind in self._kinds.items() if kind.state is _State.LOST]

    def _is_anything_left(self) -> bool:
        return any(kind.state is not _State.LOST for kind in self._kinds.values())
