"""A key that is tapped or held, where all that is told of it is presses."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.cli.tapping import DOUBT_S, LET_GO_S, LONGEST_DELAY_S, Meaning, Tapping

TAP, LET_GO = Meaning.TAP, Meaning.LET_GO

# How keyboards are set up: how long a held key waits before it comes again, and then each time.
delays = st.floats(0.2, 1.9)
intervals = st.floats(0.01, 0.1)
gaps = st.floats(LET_GO_S + 0.05, 5)
"""Between what a person does and the next thing."""


class Presses:
    """Presses, one after the other, and what they meant: each with the time at which it was known."""

    def __init__(self):
        self.tapping = Tapping()
        self.known = []
        self.now = 0.0

    def at(self, now):
        self.until(now)
        self._note(self.tapping.press(now))

    def until(self, now):
        while (due := self.tapping.due) is not None and due <= now:
            self.now = due
            self._note(self.tapping.overdue(due))
        self.now = now

    def _note(self, meaning):
        if meaning is not None:
            self.known.append((meaning, self.now))

    @property
    def meanings(self):
        return [meaning for meaning, _ in self.known]


def after(times):
    """What the presses at ``times`` meant, in the end."""
    presses = Presses()
    for at in times:
        presses.at(at)
    presses.until(times[-1] + 60)
    return presses


@given(delays, st.lists(intervals, min_size=1, max_size=50))
def test_a_held_key_is_one_press_until_it_is_let_go(delay, repeats):
    times = [0.0, delay]
    for repeat in repeats:
        times.append(times[-1] + repeat)
    assert after(times).known == [(TAP, 0.0), (LET_GO, times[-1] + LET_GO_S)]


@given(st.lists(st.floats(DOUBT_S + 0.01, 5), min_size=1, max_size=20))
def test_taps_are_taps_and_known_soon(between):
    times = [0.0]
    for gap in between:
        times.append(times[-1] + gap)
    presses = after(times)
    assert presses.meanings == [TAP] * len(times)
    for (before, now), (_, known) in zip(pairwise(times), presses.known[1:], strict=True):
        assert known == (now if now - before > LONGEST_DELAY_S else now + DOUBT_S)


@given(st.lists(st.tuples(gaps, st.none() | st.tuples(delays, st.lists(intervals, min_size=1))), min_size=1))
def test_taps_and_held_keys_are_told_apart_in_any_order(gestures):
    times, meant = [0.0], [TAP]
    for gap, held in gestures:
        times.append(times[-1] + gap)
        meant.append(TAP)
        if held is not None:
            delay, repeats = held
            times.append(times[-1] + delay)
            for repeat in repeats:
                times.append(times[-1] + repeat)
            meant.append(LET_GO)
    assert after(times).meanings == meant


@given(st.lists(st.floats(0, 3)))
def test_whatever_is_pressed_it_is_known_within_a_moment_after_the_last(between):
    presses = Presses()
    for gap in between:
        presses.at(presses.now + gap)
    presses.until(presses.now + max(DOUBT_S, LET_GO_S))
    assert presses.tapping.due is None
    assert not presses.tapping.is_in_doubt
    assert presses.meanings.count(LET_GO) <= presses.meanings.count(TAP) <= len(between)


@given(st.lists(st.floats(0, DOUBT_S - 0.001), min_size=1))
def test_a_key_that_bounces_is_pressed_once(bounces):
    tapping = Tapping()
    assert tapping.press(0) is TAP
    for bounce in sorted(bounces):
        assert tapping.press(bounce) is None
    assert tapping.due is None


@given(st.floats(0.01, 0.1), st.integers(15, 60))
def test_a_key_that_was_held_before_anybody_listened_is_held_all_the_same(interval, count):
    times = [interval * number for number in range(count)]
    assert after(times).known == [(TAP, 0.0), (LET_GO, times[-1] + LET_GO_S)]


def test_only_a_second_press_is_in_doubt():
    tapping = Tapping()
    assert (tapping.press(0), tapping.is_in_doubt, tapping.due) == (TAP, False, None)
    assert (tapping.press(0.5), tapping.is_in_doubt, tapping.due) == (None, True, 0.5 + DOUBT_S)
    assert (tapping.press(0.53), tapping.is_in_doubt, tapping.due) == (None, False, 0.53 + LET_GO_S)


def test_before_its_time_nothing_is_known():
    tapping = Tapping()
    assert tapping.overdue(10) is None
    tapping.press(0)
    tapping.press(0.5)
    assert tapping.overdue(0.5 + DOUBT_S / 2) is None
    assert tapping.overdue(0.5 + DOUBT_S) is TAP


def test_a_press_that_waited_for_its_reader_is_the_same_key_still():
    tapping = Tapping()
    tapping.press(0)
    tapping.press(0.5)
    assert tapping.press(0.53) is None
    assert tapping.press(0.9) is None  # both are there when the reader gets to it, and nobody asked in between
    assert tapping.overdue(0.9 + LET_GO_S) is LET_GO


@pytest.mark.parametrize("times", [(0,), (0, 0.5), (0, 0.5, 0.53)])
def test_what_is_forgotten_means_nothing_any_more(times):
    tapping = Tapping()
    for at in times:
        tapping.press(at)
    tapping.forget()
    assert (tapping.due, tapping.overdue(60)) == (None, None)
    assert tapping.press(0.6) is TAP
