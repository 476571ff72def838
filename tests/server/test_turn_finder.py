"""Where turns begin and end, for every row of verdicts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.audio.frame import FRAME_SAMPLES
from realtime_chat.server.turn_finder import Heard, TurnFinder, Verdict

LONGEST = 200 * FRAME_SAMPLES
runs = st.lists(st.tuples(st.booleans(), st.integers(1, 60)), max_size=20).map(
    lambda pairs: [voiced for voiced, length in pairs for _ in range(length)]
)
lengths = st.integers(0, 20_000)


def found(verdicts, padding: int, patience: int) -> list[tuple[Heard, int, int, int]]:
    finder = TurnFinder(padding, patience, LONGEST)
    heard = []
    for index, verdict in enumerate(verdicts):
        at = index * FRAME_SAMPLES
        if event := finder.push(at, verdict):
            heard.append((event, finder.start, finder.end, at + FRAME_SAMPLES))
    return heard


@given(runs, lengths, lengths, st.sampled_from([None, True]))
def test_turns_alternate_and_never_overlap(voiced, padding, patience, sure):
    events = found([Verdict(each, sure) for each in voiced], padding, patience)
    assert [event for event, *_ in events][::2] == [Heard.STARTED] * len(events[::2])
    assert [event for event, *_ in events][1::2] == [Heard.STOPPED] * len(events[1::2])
    over = 0
    for event, start, end, now in events:
        if event is Heard.STARTED:
            assert over <= start <= now
        else:
            assert start <= end <= now
            over = end


@given(runs, lengths, lengths)
def test_a_turn_ends_its_patience_after_the_last_voice_to_the_sample(voiced, padding, patience):
    events = found([Verdict(each) for each in voiced], padding, patience)
    for event, start, end, now in events:
        if event is Heard.STOPPED:
            last = max(index + 1 for index, each in enumerate(voiced) if each and (index + 1) * FRAME_SAMPLES <= now)
            assert end == min(last * FRAME_SAMPLES + patience, start + LONGEST)
            assert now - end <= FRAME_SAMPLES


@given(runs)
def test_nothing_begins_while_the_second_detector_is_sure_that_it_is_no_voice(voiced):
    assert found([Verdict(each, sure=False) for each in voiced], 0, 5_000) == []


def test_a_turn_that_no_silence_may_interrupt_lasts_as_long_as_its_voice():
    frames = [Verdict(voiced=True)] * 50 + [Verdict(voiced=False)] * 5
    assert found(frames, 0, 0) == [
        (Heard.STARTED, 0, 0, 7 * FRAME_SAMPLES),
        (Heard.STOPPED, 0, 50 * FRAME_SAMPLES, 51 * FRAME_SAMPLES),
    ]


def test_a_click_is_no_turn_where_only_one_detector_hears_it():
    click = [Verdict(voiced=False)] * 5 + [Verdict(voiced=True)] * 6 + [Verdict(voiced=False)] * 50
    assert found(click, 0, 5_000) == []


def test_a_voice_that_both_hear_is_a_turn_after_two_frames():
    frames = [Verdict(False, False)] * 20 + [Verdict(True, False), Verdict(True, True)]
    assert found(frames, 4_800, 5_000) == [(Heard.STARTED, 20 * FRAME_SAMPLES - 4_800, 0, 22 * FRAME_SAMPLES)]
