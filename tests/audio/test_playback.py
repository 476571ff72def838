from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from realtime_chat.audio.playback import Heard, Playback, PlaybackFinished, PlaybackStarted


def sound(samples: int, value: int = 100) -> bytes:
    """Sound so soft that it may begin and end without a fade."""
    return np.full(samples, value, "<i2").tobytes()


def values(pcm: bytes) -> list[int]:
    return np.frombuffer(pcm, "<i2").tolist()


def test_silence_where_nothing_was_put() -> None:
    playback = Playback()
    assert playback.render(480) == bytes(960)
    assert playback.is_idle
    assert playback.take_events() == []
    assert playback.flush() == ()


def test_an_item_starts_sounds_and_finishes() -> None:
    playback = Playback()
    playback.put("a", sound(700))
    assert playback.pending == 700
    playback.end("a", now=0.5)
    assert playback.render(480, now=1.0) == sound(480)
    assert playback.is_underway
    assert playback.take_events() == [PlaybackStarted("a", 1.0)]
    assert playback.render(480, now=2.0) == sound(220) + bytes(2 * 260)
    assert playback.take_events() == [PlaybackFinished("a", 2.0)]
    assert playback.is_idle


def test_items_follow_each_other_in_one_block() -> None:
    playback = Playback()
    for item, samples in (("a", 100), ("b", 0), ("c", 100)):
        playback.put(item, sound(samples, ord(item)))
        playback.end(item, now=0.25)
    assert values(playback.render(250, now=1.0)) == [ord("a")] * 100 + [ord("c")] * 100 + [0] * 50
    assert playback.take_events() == [
        PlaybackStarted("a", 1.0),
        PlaybackFinished("a", 1.0),
        PlaybackFinished("b", 0.25),
        PlaybackStarted("c", 1.0),
        PlaybackFinished("c", 1.0),
    ]


def test_an_item_that_starves_counts_no_silence_and_keeps_its_place() -> None:
    playback = Playback()
    playback.put("a", sound(400))
    playback.put("b", sound(100))
    playback.end("b")
    first = values(playback.render(480))
    assert first[:280] == [100] * 280
    assert first[399:] == [0] * 81
    assert playback.rendered == 400
    playback.put("a", sound(50))
    assert playback.render(480) == bytes(960)  # not worth going on for
    playback.end("a")
    again = values(playback.render(480))
    assert again[:50] == sorted(again[:50])
    assert again[50:150] == [100] * 100
    assert playback.rendered == 550


def test_what_is_held_back_fades_out_where_an_item_starves_and_it_fades_in_again() -> None:
    playback = Playback()
    playback.put("a", sound(480, 10_000))
    playback.render(120)
    assert playback.render(240) == sound(240, 10_000)
    assert playback.pending == 120
    falling = values(playback.render(60) + playback.render(60))
    assert falling == sorted(falling, reverse=True)
    assert (falling[0], falling[-1]) == (pytest.approx(9998, abs=2), 0)
    assert playback.pending == 0
    assert playback.render(240) == bytes(480)
    playback.put("a", sound(60 * 24 - 1, 10_000))
    assert playback.render(240) == bytes(480)
    playback.put("a", sound(1, 10_000))
    rising = values(playback.render(240))
    assert rising[:120] == sorted(rising[:120])
    assert rising[0] < 5
    assert rising[119:] == [10_000] * 121


def test_an_item_waits_for_15_ms_of_sound_or_its_end() -> None:
    playback = Playback()
    playback.put("a", sound(359))
    assert playback.render(240) == bytes(480)
    assert not playback.is_idle
    playback.put("a", sound(1))
    assert playback.render(240) == sound(240)
    playback.end("a")
    playback.put("b", sound(10))
    playback.end("b")
    assert playback.render(240) == sound(130) + bytes(220)


def test_an_end_that_comes_while_the_sound_fades_turns_it_round() -> None:
    playback = Playback()
    playback.put("a", sound(480, 10_000))
    playback.render(420)
    playback.end("a")
    rest = values(playback.render(60))
    assert max(rest) > values(sound(1, 10_000))[0] * 0.3
    assert rest[-1] == 0  # where it ends in mid-wave
    assert playback.is_idle


def test_an_item_that_only_ends_late_has_not_starved() -> None:
    playback = Playback()
    for item in "ab":
        playback.put(item, sound(480))
        playback.render(960)
        playback.end(item)
    playback.put("c", sound(360))
    assert playback.render(240) == sound(240)


def test_who_waits_for_sound_is_not_starved() -> None:
    playback = Playback()
    playback.put("a", sound(130))
    assert playback.take(480) == sound(10)
    assert playback.take(480) == b""
    playback.put("a", sound(1000))
    assert playback.take(480) == sound(480)
    assert playback.take(2000) == sound(520)
    playback.end("a")
    assert playback.take(2000) == sound(120)
    assert playback.is_idle


@pytest.mark.parametrize(("first", "last"), [(10_000, 0), (0, -10_000), (-32_768, 32_767)])
def test_an_item_that_begins_or_ends_in_mid_wave_fades_there(first: int, last: int) -> None:
    whole = np.linspace(first, last, 2400).astype("<i2")
    playback = Playback()
    playback.put("a", whole.tobytes())
    playback.end("a")
    got = np.frombuffer(playback.draw(4800), "<i2")
    assert len(got) == 2400
    assert np.array_equal(got[120:-120], whole[120:-120])
    assert (abs(got[0]) < 10, np.array_equal(got[:120], whole[:120])) == (True, first == 0)
    assert (got[-1] == 0, np.array_equal(got[-120:], whole[-120:])) == (True, last == 0)


def test_an_item_that_ends_after_it_sounded_finishes_when_it_last_sounded() -> None:
    playback = Playback()
    playback.put("a", sound(480))
    playback.render(480, now=1.0)
    playback.render(480, now=2.0)
    playback.end("a", now=3.0)
    assert playback.take_events() == [PlaybackStarted("a", 1.0), PlaybackFinished("a", 1.0)]


def test_an_item_without_sound_finishes_without_starting() -> None:
    playback = Playback()
    playback.end("a", now=3.0)
    assert playback.take_events() == [PlaybackFinished("a", 3.0)]


def test_ending_twice_says_so_once() -> None:
    playback = Playback()
    playback.put("a", sound(10))
    playback.end("a")
    playback.end("a")
    playback.render(10)
    playback.end("a")
    assert playback.take_events() == [PlaybackStarted("a", 0.0), PlaybackFinished("a", 0.0)]


def test_flush_says_how_far_each_item_got() -> None:
    playback = Playback()
    playback.put("over", sound(100))
    playback.end("over")
    playback.put("a", sound(1000))
    playback.end("a")
    playback.put("b", sound(300))
    playback.put("c", b"")
    playback.render(480)
    assert playback.flush() == (Heard("a", 380, 1000), Heard("b", 0, 300), Heard("c", 0, 0))
    assert playback.pending == 0
    assert playback.flush() == ()


def test_flush_knows_an_item_of_which_all_that_came_was_heard() -> None:
    playback = Playback()
    playback.put("a", sound(480))
    playback.render(480)
    assert playback.flush() == (Heard("a", 480, 480),)


def test_what_comes_for_an_item_that_is_over_is_dropped() -> None:
    playback = Playback()
    playback.put("a", sound(480))
    playback.flush()
    playback.put("a", sound(200))
    playback.end("a")
    playback.put("b", sound(10))
    playback.end("b")
    playback.put("b", sound(20))
    assert playback.render(480) == sound(10) + bytes(2 * 470)
    assert playback.dropped == 220
    assert playback.take_events() == [PlaybackStarted("b", 0.0), PlaybackFinished("b", 0.0)]


def test_what_sounds_is_faded_out_and_counts_as_flushed() -> None:
    playback = Playback()
    playback.put("a", sound(2000, 1000))
    playback.render(480)
    assert playback.flush() == (Heard("a", 480, 2000),)
    assert (playback.rendered, playback.flushed) == (480, 1520)
    assert not playback.is_idle
    faded = values(playback.render(100) + playback.render(480))
    assert faded[0] >= 999
    assert all(left >= right for left, right in pairwise(faded))
    assert max(left - right for left, right in pairwise(faded)) <= 15
    assert not any(faded[119:])
    assert playback.rendered == 480
    assert playback.is_idle


def test_the_next_item_follows_the_fade() -> None:
    playback = Playback()
    playback.put("a", sound(2000))
    playback.render(480)
    playback.flush()
    playback.put("b", sound(480, 7))
    assert values(playback.render(480))[120:] == [7] * 360
    assert playback.take_events()[-1] == PlaybackStarted("b", 0.0)


def test_nothing_is_faded_where_nothing_sounded() -> None:
    unheard = Playback()
    unheard.put("a", sound(480))
    unheard.flush()
    assert unheard.is_idle
    starved = Playback()
    starved.put("a", sound(400))
    starved.render(480)
    starved.put("a", sound(480))
    assert starved.flush() == (Heard("a", 400, 880),)
    assert starved.is_idle


def test_a_flush_that_meets_a_fade_goes_on_with_it() -> None:
    starving = Playback()
    starving.put("a", sound(480, 10_000))
    falling = values(starving.render(420))[-60:]
    assert starving.flush() == (Heard("a", 420, 480),)
    rest = values(starving.render(120))
    assert falling[-1] >= rest[0] >= falling[-1] - 200
    assert rest[:60] == sorted(rest[:60], reverse=True)
    assert not any(rest[60:])
    twice = Playback()
    twice.put("a", sound(2000, 10_000))
    twice.render(480)
    twice.flush()
    half = values(twice.render(60))
    assert twice.flush() == ()
    rest = values(twice.render(120))
    assert half[-1] >= rest[0] >= half[-1] - 200
    assert not any(rest[60:])


def test_what_is_held_fades_out_and_goes_on_where_it_stopped() -> None:
    playback = Playback()
    playback.put("a", sound(4800, 5000))
    playback.end("a")
    playback.render(240)
    playback.hold()
    playback.hold()
    faded = values(playback.render(480))
    assert faded[0] > 4900
    assert faded[:120] == sorted(faded[:120], reverse=True)
    assert faded[119:] == [0] * 361
    assert playback.render(24_000) == bytes(48_000)
    assert playback.rendered == 240
    assert not playback.is_idle
    playback.release()
    again = values(playback.render(4800))
    assert again[:120] == sorted(again[:120])
    assert (again[200], playback.rendered) == (5000, 4800)


def test_a_flush_ends_what_is_held_without_another_fade() -> None:
    playback = Playback()
    playback.put("a", sound(4800, 5000))
    playback.render(240)
    playback.hold()
    playback.render(240)
    assert playback.flush() == (Heard("a", 240, 4800),)
    assert playback.render(240) == bytes(480)
    playback.put("b", sound(2400))
    assert playback.render(240) == sound(240)


def test_an_item_that_comes_while_others_are_held_waits_too() -> None:
    playback = Playback()
    playback.hold()
    playback.put("a", sound(4800))
    assert playback.render(480) == bytes(960)
    playback.release()
    assert playback.render(480) == sound(480)


def test_sound_may_be_cut_inside_a_sample() -> None:
    playback = Playback()
    whole = np.arange(1, 11, dtype="<i2").tobytes()
    playback.put("a", whole[:5])
    playback.put("a", whole[5:] + b"\x7f")
    playback.end("a")
    assert values(playback.render(12)) == [*range(1, 11), 0, 0]
    assert isinstance(playback.take_events()[-1], PlaybackFinished)


class PlaybackMachine(RuleBasedStateMachine):
    """Whatever is done to it, no sample is lost, made up or counted twice, and events come in the legal order."""

    ITEMS = st.sampled_from("abcd")

    def __init__(self) -> None:
        super().__init__()
        self.playback = Playback()
        self.put_samples = 0
        self.next_value = 1
        self.expected: dict[str, list[int]] = {}
        self.received: dict[str, int] = {}
        self.ended: set[str] = set()
        self.over: set[str] = set()
        self.started: set[str] = set()

    @rule(item=ITEMS, samples=st.integers(0, 700))
    def put(self, item: str, samples: int) -> None:
        fresh = [(self.next_value + index) % 30_000 + 1 for index in range(samples)]
        self.next_value += samples
        self.put_samples += samples
        self.playback.put(item, np.array(fresh, "<i2").tobytes())
        if item not in self.over and item not in self.ended:
            self.expected.setdefault(item, []).extend(fresh)
            self.received[item] = self.received.get(item, 0) + samples

    @rule(item=ITEMS)
    def end(self, item: str) -> None:
        self.playback.end(item)
        if item not in self.over:
            self.ended.add(item)
            self.expected.setdefault(item, [])
            self.received.setdefault(item, 0)
        self.take_events()

    @rule(samples=st.integers(0, 600))
    def render(self, samples: int) -> None:
        got = self.count(values(self.playback.draw(samples)))
        self.take_events()
        if got < samples:  # whatever is next may wait for more, but not for ever
            assert next(iter(self.expected)) not in self.ended if self.expected else True

    @rule(samples=st.integers(0, 600))
    def take(self, samples: int) -> None:
        got = self.count(values(self.playback.take(samples)))
        self.take_events()
        if got < samples and self.expected:
            item, queue = next(iter(self.expected.items()))
            assert item not in self.ended
            assert len(queue) <= 120

    @rule()
    def flush(self) -> None:
        heard = self.playback.flush()
        assert [one.item_id for one in heard] == list(self.expected)
        for one in heard:
            assert one.received == self.received[one.item_id]
            assert one.rendered == one.received - len(self.expected[one.item_id])
        self.over |= self.expected.keys()
        self.expected.clear()
        self.playback.draw(120)  # the fade is looked at elsewhere

    def count(self, got: list[int]) -> int:
        """Take what was drawn from what is expected: as it was put, or softer."""
        for value in got:
            item = next(item for item, queue in self.expected.items() if queue or item not in self.ended)
            assert 0 <= value <= self.expected[item].pop(0)
        return len(got)

    def take_events(self) -> None:
        for event in self.playback.take_events():
            if isinstance(event, PlaybackStarted):
                assert event.item_id not in self.started | self.over
                self.started.add(event.item_id)
            else:
                assert event.item_id in self.ended - self.over
                assert self.expected.pop(event.item_id) == []
                self.over.add(event.item_id)

    @invariant()
    def every_sample_is_somewhere(self) -> None:
        playback = self.playback
        assert self.put_samples == playback.rendered + playback.flushed + playback.pending + playback.dropped
        assert playback.pending == sum(map(len, self.expected.values()))


TestPlaybackMachine = PlaybackMachine.TestCase

RANDOM = np.random.default_rng(3).integers(-32_768, 32_767, 20_000, dtype="<i2")


def loud(samples: int) -> np.ndarray:
    """Sound that is as jagged as can be, and soft at both ends only."""
    whole = RANDOM[:samples].copy()
    whole[:1] = whole[-1:] = 5
    return whole


@given(
    st.lists(st.tuples(st.integers(0, 900), st.lists(st.integers(1, 700), max_size=4)), max_size=12),
    st.integers(1, 700),
)
def test_how_sound_arrives_and_is_drawn_in_time_does_not_change_it(
    deltas: list[tuple[int, list[int]]], block: int
) -> None:
    whole = loud(sum(samples for samples, _ in deltas)).tobytes()
    playback = Playback()
    got = b""
    start = 0
    for samples, blocks in deltas:
        playback.put("a", whole[start : start + samples * 2])
        start += samples * 2
        for draw in blocks:
            if playback.pending - draw >= 120:
                got += playback.draw(draw)
    playback.end("a")
    while not playback.is_idle:
        got += playback.draw(block)
    assert got == whole


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 1500)), max_size=20), st.integers(1, 700))
def test_who_waits_gets_what_was_put(deltas: list[tuple[int, int]], block: int) -> None:
    whole = loud(sum(samples for samples, _ in deltas)).tobytes()
    playback = Playback()
    got = b""
    start = 0
    for samples, taken in deltas:
        playback.put("a", whole[start : start + samples * 2])
        start += samples * 2
        got += playback.take(taken)
    playback.end("a")
    while not playback.is_idle:
        got += playback.take(block)
    assert got == whole


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(1, 2000)),
        st.tuples(st.just("draw"), st.integers(1, 700)),
        st.tuples(st.just("end"), st.just(0)),
        st.tuples(st.just("flush"), st.just(0)),
    ),
    max_size=40,
)


@given(ACTIONS)
def test_where_it_starves_only_fades_change_it(actions: list[tuple[str, int]]) -> None:
    whole = loud(20_000)
    playback = Playback()
    got: list[int] = []
    start = 0
    gaps = 1
    for action, samples in actions:
        if action == "put" and start + samples <= 15_000:
            playback.put("a", whole[start : start + samples].tobytes())
            start += samples
        if action == "draw":
            drawn = values(playback.draw(samples))
            got += drawn
            gaps += playback.pending < 120 or len(drawn) < samples
    playback.end("a")
    got += values(playback.draw(20_000))
    put, sounded = whole[:start].astype(int), np.array(got, int)
    assert len(put) == len(sounded)
    assert np.all(np.abs(sounded) <= np.abs(put))
    assert np.all(sounded * put >= 0)
    assert np.count_nonzero(put != sounded) <= 240 * gaps


@given(ACTIONS, st.integers(0, 119))
def test_nothing_clicks(actions: list[tuple[str, int]], phase: int) -> None:
    loudest = 12_000
    turn = 2 * np.pi * 200 / 24_000
    wave = (np.sin((np.arange(80_000) + phase) * turn) * loudest).astype("<i2")
    playback = Playback()
    sounded = np.zeros(1, int)
    start = 0
    item = 0
    for action, samples in actions:
        if action == "put":
            playback.put(str(item), wave[start : start + samples].tobytes())
            start += samples
        elif action == "draw":
            sounded = np.append(sounded, np.frombuffer(playback.render(samples), "<i2").astype(int))
        elif action == "end":
            playback.end(str(item))
            item += 1
            start += 777  # the next one begins anywhere
        else:
            playback.flush()
            item += 1
    # The wave's own steepest step, that of a fade, and what counts as near zero.
    assert np.abs(np.diff(sounded)).max(initial=0) <= loudest * (turn + np.pi / 2 / 120) + 128
