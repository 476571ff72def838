from collections.abc import Callable, Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.audio.jitter import JitterBuffer
from realtime_chat.audio.playback import Playback

MS = 24


def test_nothing_waits_for_more_than_15_ms_until_something_starves() -> None:
    jitter = JitterBuffer()
    jitter.began(20 * MS, 0.0)
    for delta in range(1, 100):
        jitter.arrived(20 * MS, delta * 0.5)  # however late
        assert jitter.needed(begins=True) == jitter.needed(begins=False) == 15 * MS


def test_what_is_needed_doubles_up_to_a_bound_and_is_forgotten() -> None:
    jitter = JitterBuffer()
    needed = []
    for _ in range(5):
        jitter.starved()
        needed.append((jitter.needed(begins=False), jitter.needed(begins=True)))
    assert [(again // MS, begins // MS) for again, begins in needed] == [
        (60, 60),
        (120, 120),
        (240, 120),
        (400, 120),
        (400, 120),
    ]
    forgotten = []
    for _ in range(4):
        jitter.sounded(29_999 * MS)
        jitter.sounded(1 * MS)
        forgotten.append(jitter.needed(begins=False) // MS)
    assert forgotten == [200, 100, 15, 15]


def test_starving_starts_the_forgetting_anew() -> None:
    jitter = JitterBuffer()
    jitter.starved()
    jitter.sounded(20_000 * MS)
    jitter.starved()
    jitter.sounded(20_000 * MS)
    assert jitter.needed(begins=False) == 120 * MS


def test_a_gap_is_bridged_the_next_time() -> None:
    jitter = JitterBuffer()
    jitter.began(100 * MS, 1.0)
    jitter.arrived(100 * MS, 1.1)
    jitter.arrived(20 * MS, 1.5)  # 300 ms too late
    jitter.starved()
    assert jitter.needed(begins=False) == 300 * MS


def test_the_time_between_items_is_no_gap() -> None:
    jitter = JitterBuffer()
    jitter.began(100 * MS, 1.0)
    jitter.began(100 * MS, 60.0)
    jitter.arrived(100 * MS, 60.05)
    jitter.starved()
    assert jitter.needed(begins=False) == 60 * MS


@given(st.lists(st.tuples(st.integers(0, 4800), st.floats(0, 5)), max_size=30), st.booleans())
def test_it_stays_between_its_bounds(arrivals: list[tuple[int, float]], is_starving: bool) -> None:
    jitter = JitterBuffer()
    now = 0.0
    jitter.began(100, now)
    for samples, wait in arrivals:
        now += wait
        jitter.arrived(samples, now)
        if is_starving:
            jitter.starved()
        jitter.sounded(samples)
        assert 15 * MS <= jitter.needed(begins=True) <= 120 * MS
        assert jitter.needed(begins=True) <= jitter.needed(begins=False) <= 400 * MS


def in_real_time(rng: np.random.Generator) -> list[tuple[float, int]]:
    """20 ms every 20 ms, through a network that keeps the order and delays by 40 ms on average."""
    sent = np.arange(500) * 0.02
    return [(at, 20) for at in np.maximum.accumulate(sent + rng.exponential(0.04, len(sent)))]


def too_slow(rng: np.random.Generator) -> list[tuple[float, int]]:
    """0.9 seconds a second."""
    return [(index * 0.05 / 0.9, 50) for index in range(200)]


def pauses(arrivals: Iterable[tuple[float, int]], playback: Playback, item: str, start: float) -> int:
    """How often an answer that arrives like this breaks off, drawn in blocks of 10 ms."""
    waiting = list(arrivals)
    now = start
    found = 0
    was_full = False
    while playback.pending or waiting:
        while waiting and start + waiting[0][0] <= now:
            at, ms = waiting.pop(0)
            playback.put(item, np.full(ms * MS, 9000, "<i2").tobytes(), start + at)
        if not waiting:
            playback.end(item, now)
        is_full = len(playback.draw(240, now)) == 480
        found += was_full and not is_full and playback.is_underway
        was_full = is_full
        now += 0.01
    return found


@pytest.mark.parametrize("pattern", [in_real_time, too_slow])
def test_few_long_pauses_instead_of_many_short_ones(
    pattern: Callable[[np.random.Generator], list[tuple[float, int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def total() -> int:
        rng = np.random.default_rng(1)
        playback = Playback()
        return sum(pauses(pattern(rng), playback, str(answer), answer * 100.0) for answer in range(4))

    learning = total()
    monkeypatch.setattr(JitterBuffer, "starved", lambda self: None)
    assert 0 < learning < total() / 2
