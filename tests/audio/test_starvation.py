from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.audio.starvation import LATENCIES_S, Starvation


def test_it_begins_with_the_least() -> None:
    assert Starvation().latency_s == min(LATENCIES_S)


def test_once_in_a_while_is_nothing() -> None:
    starvation = Starvation()
    assert not any(starvation.tick(tick // 4) for tick in range(400))
    assert starvation.latency_s == LATENCIES_S[0]


def test_a_device_that_runs_dry_again_and_again_gets_more() -> None:
    starvation = Starvation()
    asked = [starvation.tick(2 * tick) for tick in range(40)]
    assert asked.count(True) == len(LATENCIES_S) - 1
    assert starvation.latency_s == max(LATENCIES_S)


def test_a_machine_that_stood_still_for_once_is_nothing() -> None:
    starvation = Starvation()
    assert not any(starvation.tick(xruns) for xruns in (0, 9, 30, *[30] * 40))


def test_what_was_before_it_got_more_does_not_count_again() -> None:
    starvation = Starvation()
    assert [starvation.tick(xruns) for xruns in (1, 2, 10)] == [False, False, True]
    assert not any(starvation.tick(10) for _ in range(100))


@given(st.lists(st.integers(0, 9)))
def test_it_only_ever_grows(news: list[int]) -> None:
    starvation, xruns, before = Starvation(), 0, 0.0
    for count in news:
        xruns += count
        is_asked = starvation.tick(xruns)
        assert (starvation.latency_s > before) is (is_asked or before == 0.0)
        before = starvation.latency_s
