from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.audio.timeline import Timeline, Track

RATE = 24_000
BLOCK = 480


def block(value: int, samples: int = BLOCK) -> bytes:
    return np.full(samples, value, "<i2").tobytes()


def given_by(track: Track, until: int) -> list[int]:
    return np.frombuffer(track.give(until), "<i2").tolist()


def runs(samples: list[int]) -> list[tuple[int, int]]:
    """Values and how often each is repeated."""
    edges = [0, *(np.flatnonzero(np.diff(samples)) + 1).tolist(), len(samples)]
    return [(samples[a], b - a) for a, b in pairwise(edges) if b > a]


def test_there_is_silence_before_and_after_and_where_a_side_says_nothing() -> None:
    track = Track()
    track.add(1000, block(1000))
    track.add(10_000, block(2000, 100))
    assert runs(given_by(track, 5000)) == [(0, 1000), (1000, 480), (0, 3520)]
    assert runs(given_by(track, 12_000)) == [(0, 5000), (2000, 100), (0, 1900)]
    assert given_by(track, 12_000) == []
    assert track.finish() == 12_000


@given(
    st.lists(st.floats(0, 0.09), min_size=1, max_size=60),
    st.integers(0, 5000),
    st.lists(st.integers(0, 40_000), max_size=5),
)
def test_blocks_that_come_unevenly_are_joined_without_a_seam(delays: list[float], start: int, looks: list[int]) -> None:
    track = Track()
    whole = np.arange(1000, 1000 + len(delays) * BLOCK, dtype="<i4").astype("<i2")
    late = [start + index * BLOCK + round(delay * RATE) for index, delay in enumerate(delays)]
    for index, begin in enumerate(np.maximum.accumulate(late).tolist()):
        track.add(begin, whole[index * BLOCK : (index + 1) * BLOCK].tobytes())
    end = track.finish()
    got = b"".join(track.give(look) for look in sorted(look for look in looks if look < end)) + track.give(end)
    sounded = np.frombuffer(got, "<i2")
    assert np.array_equal(sounded[-len(whole) :], whole)
    assert not sounded[: -len(whole)].any()
    assert start <= end - len(whole) <= start + 0.09 * RATE + 1


def test_what_comes_late_and_all_at_once_makes_no_gap() -> None:
    track = Track()
    for index in range(100):
        track.add(max(index * BLOCK, 24_000 if 20 <= index < 50 else 0), block(1000 + index))
    assert given_by(track, 100 * BLOCK) == [1000 + index // BLOCK for index in range(100 * BLOCK)]


def test_a_gap_is_kept_as_long_as_it_was() -> None:
    track = Track()
    for index in range(100):
        track.add(index * BLOCK + (50_000 if index >= 40 else 0), block(1000))
    assert runs(given_by(track, track.finish())) == [(1000, 40 * BLOCK), (0, 50_000), (1000, 60 * BLOCK)]


def drifting(parts_in_a_million: int, *, is_talking: bool) -> tuple[np.ndarray, list[int]]:
    """An hour of a device that is too fast, or too slow: one loud block in a minute, and how far off each is."""
    track = Track()
    got = []
    begins = []
    for index in range(3600 * 5):
        begin = round(index * 4800 * (1 - parts_in_a_million / 1e6))
        is_marked = index % 300 == 0
        if is_marked:
            begins.append(begin)
        track.add(begin, block(9000 if is_marked else 1000 if is_talking else 3, 4800))
        if index % 5 == 0:
            got.append(np.frombuffer(track.give(max(0, begin - 12_000)), "<i2"))
    got.append(np.frombuffer(track.give(track.finish()), "<i2"))
    sounded = np.concatenate(got)
    loud = sounded == 9000
    found = np.flatnonzero(loud[1:] & ~loud[:-1]) + 1
    return sounded, [int(at - begin) for at, begin in zip([0, *found.tolist()], begins, strict=True)]


@pytest.mark.parametrize("parts_in_a_million", [-100, 100])
@pytest.mark.parametrize(("is_talking", "tolerance"), [(False, 720), (True, 2400)])
def test_both_sides_are_in_step_after_an_hour(parts_in_a_million: int, is_talking: bool, tolerance: int) -> None:
    sounded, off = drifting(parts_in_a_million, is_talking=is_talking)
    assert len(off) == 60
    assert 0 < max(map(abs, off)) <= tolerance + 1
    assert np.count_nonzero(sounded == 9000) >= 60 * 4800 - (4 * 2401 if is_talking else 0)
    assert abs(len(sounded) - 3600 * RATE * (1 - parts_in_a_million / 1e6)) <= tolerance + 1


def test_the_sides_lie_side_by_side() -> None:
    timeline = Timeline(100.0)
    timeline.person(block(1, 24), 100.0)
    timeline.model(block(2, 24), 100.0005)
    pieces = b"".join(timeline.give(100.001)) + b"".join(timeline.finish())
    left, right = np.frombuffer(pieces, "<i2").reshape(-1, 2).T
    assert runs(left.tolist()) == [(1, 24), (0, 12)]
    assert runs(right.tolist()) == [(0, 12), (2, 24)]


def test_nothing_to_give() -> None:
    timeline = Timeline(5.0)
    assert list(timeline.give(4.0)) == []
    assert list(timeline.finish()) == []


def test_long_silence_comes_in_pieces() -> None:
    timeline = Timeline(0.0)
    timeline.person(block(1), 3600.0)
    sizes = [len(piece) for piece in timeline.give(3601.0)]
    assert sum(sizes) == 3601 * RATE * 4
    assert max(sizes) == RATE * 4


@given(st.lists(st.tuples(st.booleans(), st.integers(-2000, 60_000), st.integers(0, 900)), max_size=40))
def test_whatever_comes_both_sides_are_as_long_and_nothing_is_made_up(
    blocks: list[tuple[bool, int, int]],
) -> None:
    timeline = Timeline(0.0)
    put = {True: 0, False: 0}
    got = b""
    for is_person, begin, samples in blocks:
        (timeline.person if is_person else timeline.model)(block(1000, samples), begin / RATE)
        put[is_person] += samples
        got += b"".join(timeline.give((begin - 12_000) / RATE))
    got += b"".join(timeline.finish())
    left, right = np.frombuffer(got, "<i2").reshape(-1, 2).T
    assert set(np.unique(left)) | set(np.unique(right)) <= {0, 1000}
    assert np.count_nonzero(left) <= put[True]
    assert np.count_nonzero(right) <= put[False]
