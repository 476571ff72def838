from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.audio.errors import DeviceKind
from realtime_chat.audio.recovery import (
    DEAD_TICKS,
    GRACE_S,
    RETRY_S,
    TICK_S,
    Connected,
    Effect,
    Phase,
    Recovery,
    Reopen,
    Restart,
    Tell,
)

IN: frozenset[DeviceKind] = frozenset({"input"})
OUT: frozenset[DeviceKind] = frozenset({"output"})
BOTH = IN | OUT
NONE: frozenset[DeviceKind] = frozenset()
STAND = Connected("stand")
DESK = Connected("desk")


def running(*kinds: DeviceKind) -> Recovery:
    """Both devices, or one, have called back."""
    recovery = Recovery()
    for kind in kinds or ("input", "output"):
        recovery.attached(kind, STAND if kind == "input" else DESK)
    assert recovery.tick(BOTH, 0.0) == []
    return recovery


def ticks(recovery: Recovery, alive: frozenset[DeviceKind], begin: float, count: int) -> list[tuple[float, Effect]]:
    """What so many ticks lead to, and when."""
    times = [begin + TICK_S * (number + 1) for number in range(count)]
    return [(at, effect) for at in times for effect in recovery.tick(alive, at)]


def test_nothing_is_done_while_all_is_well() -> None:
    recovery = running()
    assert ticks(recovery, BOTH, 0.0, 100) == []
    assert recovery.phase is Phase.STEADY
    assert recovery.wanted_news == NONE


def test_the_only_device_is_looked_for_by_restarts_at_growing_distances() -> None:
    recovery = running("input")
    assert recovery.lost(IN, 10.0) == [Restart()]
    at = 10.0
    for distance in (*RETRY_S, RETRY_S[-1], RETRY_S[-1]):
        assert recovery.phase is Phase.MENDING
        assert recovery.mended({}, at) == []
        assert recovery.phase is Phase.WAITING
        effects = [pair for pair in ticks(recovery, NONE, at, round(distance / TICK_S)) if pair[1] == Restart()]
        assert effects == [(at + distance, Restart())]
        at += distance
    assert max(RETRY_S) + TICK_S < 2


def test_it_is_told_after_the_grace_and_again_when_it_sounds() -> None:
    recovery = running("input")
    recovery.lost(IN, 10.0)
    assert recovery.tick(NONE, 10.0 + GRACE_S - 0.01) == []
    assert recovery.tick(NONE, 10.0 + GRACE_S) == [Tell("input", None)]
    assert recovery.tick(NONE, 20.0) == []
    assert recovery.mended({"input": STAND}, 20.1) == []
    assert recovery.tick(NONE, 20.2) == []  # open, but it has not called back
    assert recovery.tick(IN, 20.3) == [Tell("input", "stand")]
    assert recovery.tick(IN, 20.4) == []


def test_the_same_device_back_within_the_grace_is_not_worth_a_word() -> None:
    recovery = running("input")
    recovery.lost(IN, 10.0)
    recovery.mended({"input": STAND}, 10.1)
    assert ticks(recovery, IN, 10.1, 20) == []


def test_another_device_is_told_at_once() -> None:
    recovery = running("output")
    recovery.lost(OUT, 10.0)
    recovery.mended({"output": Connected("headset", is_fallback=True)}, 10.1)
    assert recovery.tick(OUT, 10.2) == [Tell("output", "headset")]


def test_while_another_device_runs_it_is_disturbed_once_only() -> None:
    recovery = running()
    assert recovery.lost(IN, 10.0) == [Reopen(IN)]
    assert recovery.mended({"output": DESK}, 10.0) == [Restart()]
    assert recovery.mended({"output": DESK}, 10.1) == []
    assert recovery.wanted_news == IN
    for at in range(11, 100):
        effects = [effect for effect in recovery.tick(OUT, float(at)) if not isinstance(effect, Tell)]
        assert effects == [Reopen(IN)]
        recovery.mended({"output": DESK}, float(at))
    assert recovery.scouted(frozenset({("output", "desk")}), frozenset({("output", "desk")})) == []
    seen = frozenset({("output", "desk"), ("output", "screen"), ("input", "stand")})
    assert recovery.scouted(seen, frozenset({("output", "desk")})) == [Restart()]
    assert recovery.scouted(seen, frozenset()) == []  # while it is being done
    recovery.mended({"output": DESK}, 101.0)
    assert recovery.scouted(seen, frozenset({("output", "desk")})) == []  # it was of no use
    recovery.scouted(frozenset(), frozenset())
    assert recovery.scouted(seen, frozenset({("output", "desk")})) == [Restart()]  # but it was plugged in again


def test_what_is_missing_from_the_start_is_told_at_once_and_looked_for() -> None:
    recovery = Recovery()
    recovery.attached("output", DESK)
    assert recovery.awaited("input", 0.0) == [Tell("input", None)]
    assert recovery.phase is Phase.WAITING
    assert recovery.wanted_news == IN
    # The list is fresh: the other device is not disturbed for a look at it.
    assert {effect for _, effect in ticks(recovery, OUT, 0.0, 2)} == {Reopen(IN)}
    recovery.mended({"output": DESK}, 0.5)
    seen = frozenset({("output", "desk"), ("input", "stand")})
    assert recovery.scouted(seen, frozenset({("output", "desk")})) == [Restart()]
    recovery.mended({"output": DESK, "input": STAND}, 0.6)
    assert recovery.tick(BOTH, 0.75) == [Tell("input", "stand")]
    assert recovery.wanted_news == NONE


def test_where_nothing_is_there_from_the_start_it_is_looked_for_by_restarts() -> None:
    recovery = Recovery()
    assert recovery.awaited("output", 0.0) == [Tell("output", None)]
    assert recovery.awaited("input", 0.0) == [Tell("input", None)]
    assert [effect for _, effect in ticks(recovery, NONE, 0.0, 4)] == [Restart()]
    recovery.mended({"output": DESK, "input": STAND}, 1.0)
    assert recovery.tick(BOTH, 1.25) == [Tell("output", "desk"), Tell("input", "stand")]


def test_what_is_missing_from_the_start_may_come_late_to_an_attempt() -> None:
    recovery = running("output")
    assert recovery.lost(OUT, 0.0) == [Restart()]
    assert recovery.awaited("input", 0.0) == [Tell("input", None)]
    assert recovery.phase is Phase.MENDING
    assert recovery.mended({"output": DESK}, 0.1) == [Restart()]


def test_both_lost_is_a_restart() -> None:
    recovery = running()
    assert recovery.lost(BOTH, 10.0) == [Restart()]
    assert recovery.mended({"output": DESK}, 10.0) == [Restart()]
    assert recovery.mended({"output": DESK, "input": STAND}, 10.1) == []
    assert recovery.phase is Phase.STEADY
    assert recovery.tick(BOTH, 10.2) == []


def test_a_device_on_which_something_else_sounds_is_left_when_the_right_one_comes() -> None:
    recovery = Recovery()
    recovery.attached("output", Connected("desk", is_fallback=True))
    assert recovery.wanted_news == OUT
    recovery.tick(OUT, 1.0)
    seen = frozenset({("output", "desk"), ("output", "headset")})
    assert recovery.scouted(seen, frozenset({("output", "desk")})) == [Restart()]
    recovery.mended({"output": Connected("headset")}, 1.1)
    assert recovery.wanted_news == NONE
    assert recovery.tick(OUT, 1.2) == [Tell("output", "headset")]
    # It is lost and plugged in again before the list is made anew.
    assert recovery.lost(OUT, 2.0) == [Restart()]
    recovery.mended({"output": Connected("desk", is_fallback=True)}, 2.1)
    assert recovery.scouted(seen, frozenset({("output", "desk")})) == [Restart()]


def test_a_device_lost_since_the_list_was_made_is_new_when_it_is_seen() -> None:
    recovery = running()
    recovery.lost(IN, 10.0)
    recovery.mended({"output": DESK, "input": Connected("desk", is_fallback=True)}, 10.0)
    seen = frozenset({("input", "stand")})
    assert recovery.scouted(seen, seen) == [Restart()]


@pytest.mark.parametrize("silence", range(DEAD_TICKS + 3))
def test_a_dead_stream_is_noticed_by_its_silence(silence: int) -> None:
    recovery = running("output")
    effects = ticks(recovery, NONE, 0.0, silence)
    assert effects == ([(DEAD_TICKS * TICK_S, Restart())] if silence >= DEAD_TICKS else [])
    if not effects:
        assert ticks(recovery, OUT, 10.0, 1) == []
        assert ticks(recovery, NONE, 20.0, DEAD_TICKS - 1) == []


def test_a_device_that_opens_and_never_calls_is_no_success() -> None:
    recovery = running("input")
    recovery.lost(IN, 0.0)
    attempts, told, now = 1, [], 0.0
    for _ in range(100):
        if recovery.phase is Phase.MENDING:
            recovery.mended({"input": STAND}, now)
            assert recovery.lost(IN, now) == []  # it ends at once: not tried again without a pause
        now += TICK_S
        for effect in recovery.tick(NONE, now):
            attempts += isinstance(effect, Restart)
            told += [effect] if isinstance(effect, Tell) else []
    assert told == [Tell("input", None)]
    assert now / RETRY_S[-1] - 2 <= attempts <= now / RETRY_S[-1] + 3


def test_what_is_closed_is_cared_for_no_longer() -> None:
    recovery = running()
    recovery.lost(IN, 0.0)
    recovery.mended({"output": DESK}, 0.0)
    recovery.mended({"output": DESK}, 0.0)
    assert recovery.phase is Phase.WAITING
    recovery.detached("input")
    recovery.detached("input")
    assert recovery.phase is Phase.STEADY
    assert recovery.lost(IN, 1.0) == []
    assert ticks(recovery, OUT, 1.0, 20) == []


def test_what_is_closed_during_an_attempt_is_cared_for_no_longer() -> None:
    recovery = running()
    recovery.lost(IN, 0.0)
    recovery.detached("input")
    assert recovery.mended({"output": DESK}, 0.1) == []
    assert recovery.phase is Phase.STEADY


def test_an_answer_to_no_attempt_is_a_mistake() -> None:
    with pytest.raises(RuntimeError, match="STEADY cannot become STEADY"):
        running().mended({"input": STAND, "output": DESK}, 0.0)


@dataclass
class World:
    """Devices that come and go, and a program around `Recovery` that keeps to its rules."""

    recovery: Recovery = field(default_factory=running)
    there: set[DeviceKind] = field(default_factory=lambda: {"input", "output"})
    connected: set[DeviceKind] = field(default_factory=lambda: {"input", "output"})
    known: set[tuple[DeviceKind, str]] = field(default_factory=lambda: {("input", "card"), ("output", "card")})
    attempt: Effect | None = None
    now: float = 0.0
    told: dict[DeviceKind, list[str | None]] = field(default_factory=lambda: {"input": ["x"], "output": ["x"]})

    def do(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Tell):
                assert self.told[effect.kind][-1] != effect.name
                self.told[effect.kind].append(effect.name)
                assert effect.name is None or effect.kind in self.connected
                continue
            assert self.attempt is None, "one attempt at a time"
            self.attempt = effect
            if isinstance(effect, Reopen):
                assert effect.kinds
                assert not effect.kinds & self.connected or self.there != {"input", "output"}

    def finish(self) -> None:
        if self.attempt is None:
            return
        attempt, self.attempt = self.attempt, None
        kinds = attempt.kinds if isinstance(attempt, Reopen) else BOTH
        self.connected = (self.connected - kinds) | (self.there & kinds)
        if isinstance(attempt, Restart):
            self.known = {(kind, "card") for kind in self.there}
        self.do(self.recovery.mended({kind: Connected("card") for kind in self.connected}, self.now))

    def look(self) -> None:
        self.connected &= self.there
        if self.attempt is None:
            self.do(self.recovery.lost(BOTH - self.connected, self.now))

    def tick(self) -> None:
        self.now += TICK_S
        self.do(self.recovery.tick(frozenset(self.connected & self.there), self.now))

    def scout(self) -> None:
        if self.recovery.wanted_news:
            self.do(self.recovery.scouted(frozenset((kind, "card") for kind in self.there), frozenset(self.known)))


STEPS = ("plug input", "plug output", "unplug input", "unplug output", "finish", "look", "tick", "scout")


def beginning(there: set[DeviceKind]) -> World:
    """Both are asked for, and these are there."""
    recovery = running(*there) if there else Recovery()
    known = {(kind, "card") for kind in there}
    world = World(recovery, set(there), set(there), known)
    for kind in sorted(BOTH - there):
        world.do(recovery.awaited(kind, 0.0))
    return world


@given(st.sets(st.sampled_from(["input", "output"])), st.lists(st.sampled_from(STEPS), max_size=60))
def test_whatever_happens_all_that_is_there_sounds_two_seconds_later(there: set[DeviceKind], steps: list[str]) -> None:
    world = beginning(there)
    for step in steps:
        match step.split():
            case ["plug", kind]:
                world.there.add(kind)
            case ["unplug", kind]:
                world.there.discard(kind)
            case [what]:
                getattr(world, what)()
    for _ in range(round(2 / TICK_S)):
        world.finish()
        world.look()
        world.finish()
        world.tick()
    world.finish()
    world.finish()
    assert world.connected == world.there
    for _ in range(round(GRACE_S / TICK_S) + DEAD_TICKS):
        world.tick()
        world.finish()
        world.look()
    assert {kind for kind, names in world.told.items() if names[-1] is not None} == world.there
    assert world.recovery.wanted_news == (BOTH - world.there if world.there else NONE)
