import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.server.engines.even_pace import USUAL, EvenPace


@given(
    st.text(alphabet=" abc1.,\n", max_size=60),
    st.lists(st.integers(0, 30_000), max_size=8),
    st.floats(1, 20_000),
)
def test_every_word_is_told_once_in_order_and_the_last_ends_with_the_sound(text, stretches, pace):
    words = EvenPace(text, pace)
    told, samples = [], 0
    for stretch in stretches:
        samples += stretch
        new = words.until(samples)
        assert all(word.end_sample <= samples for word in new)
        told += new
    told += words.end(samples)
    ends = [len(text[:i].rstrip()) for i in range(1, len(text) + 1) if not text[i - 1].isspace()]
    ends = [end for end in ends if end == len(text) or text[end].isspace()]
    assert [word.end_char for word in told] == ends
    times = [word.end_sample for word in told]
    assert times == sorted(times)
    assert not times or times[-1] == samples


def test_a_long_word_takes_long_and_so_does_a_pause():
    times = [word.end_sample for word in EvenPace("a, bb considerations.", USUAL).end(1_000)]
    assert times == [round(1_000 * part / 26) for part in (4, 7, 26)]


def test_words_come_with_their_sound_at_the_pace_that_was_learned():
    pace = EvenPace("one two three", USUAL).learned(14_000)
    assert pace == pytest.approx(1_000)
    words = EvenPace("one two three", pace)
    assert [word.end_char for word in words.until(4_000)] == [3]
    assert [word.end_char for word in words.until(7_999)] == []
    assert [word.end_char for word in words.until(20_000)] == [7]
    assert [(word.end_char, word.end_sample) for word in words.end(21_000)] == [(13, 21_000)]


def test_nothing_is_learned_from_nothing():
    assert EvenPace("", 5.0).learned(100) == EvenPace("a", 5.0).learned(0) == 5.0
