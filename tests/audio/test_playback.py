from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from realtime_chat.audio.playback import Heard, Playback, PlaybackFinished, PlaybackStarted


def sound(samples: int, value: int = 1000) -> bytes:
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
    playback.put("a", sound(100))
    playback.put("b", sound(100))
    playback.end("b")
    assert playback.render(480) == sound(100) + bytes(760)
    assert playback.rendered == 100
    playback.put("a", sound(50))
    playback.end("a")
    assert playback.render(480) == sound(150) + bytes(660)


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
    playback.put("a", sound(2000))
    playback.render(480)
    assert playback.flush() == (Heard("a", 480, 2000),)
    assert (playback.rendered, playback.flushed) == (480, 1520)
    assert not playback.is_idle
    faded = values(playback.render(100) + playback.render(480))
    assert faded[0] == 1000
    assert all(left >= right for left, right in pairwise(faded))
    assert max(left - right for left, right in pairwise(faded)) <= 5
    assert not any(faded[240:])
    assert playback.rendered == 480
    assert playback.is_idle


def test_the_next_item_follows_the_fade() -> None:
    playback = Playback()
    playback.put("a", sound(2000))
    playback.render(480)
    playback.flush()
    playback.put("b", sound(480, 7))
    assert values(playback.render(480))[240:] == [7] * 240
    assert playback.take_events()[-1] == PlaybackStarted("b", 0.0)


def test_nothing_is_faded_where_nothing_sounded() -> None:
    unheard = Playback()
    unheard.put("a", sound(480))
    unheard.flush()
    assert unheard.render(480) == bytes(960)
    starved = Playback()
    starved.put("a", sound(100))
    starved.render(480)
    starved.put("a", sound(480))
    assert starved.flush() == (Heard("a", 100, 580),)
    assert starved.render(480) == bytes(960)


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

    @rule(item=ITEMS)
    def end(self, item: str) -> None:
        self.playback.end(item)
        if item not in self.over:
            self.ended.add(item)
            self.expected.setdefault(item, [])
        self.take()

    @rule(samples=st.integers(0, 600))
    def render(self, samples: int) -> None:
        wanted: list[int] = []
        for item in list(self.expected):
            queue = self.expected[item]
            taken = queue[: samples - len(wanted)]
            del queue[: len(taken)]
            wanted += taken
            if queue or item not in self.ended:
                break
        got = values(self.playback.render(samples))
        assert len(got) == samples
        assert got == wanted + [0] * (samples - len(wanted))
        self.take()

    @rule()
    def flush(self) -> None:
        heard = self.playback.flush()
        assert [h.item_id for h in heard] == list(self.expected)
        assert [h.received - h.rendered for h in heard] == [len(queue) for queue in self.expected.values()]
        self.over |= self.expected.keys()
        self.expected.clear()
        self.playback.draw(240)  # the fade is looked at elsewhere

    def take(self) -> None:
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


@given(st.lists(st.integers(0, 500), max_size=10), st.integers(1, 700))
def test_how_sound_arrives_and_is_drawn_does_not_change_it(cuts: list[int], block: int) -> None:
    whole = np.arange(1, sum(cuts) + 1, dtype="<i2").tobytes()
    playback = Playback()
    start = 0
    for cut in cuts:
        playback.put("a", whole[start : start + cut * 2])
        start += cut * 2
    playback.end("a")
    got = b""
    while not playback.is_idle:
        got += playback.draw(block)
    assert got == whole
