from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.server.semantic_end import LONGEST_MS, Ending, ending, is_over, patience_ms

eagerness = st.sampled_from(["low", "medium", "high", "auto"])
words = st.one_of(
    st.none(),
    st.text(max_size=60),
    st.lists(st.sampled_from(["and", "the", "to", "pizza", "um", "I", "it's"]), max_size=5).flatmap(
        lambda said: st.sampled_from([".", "?", "!", "...", ",", "", " "]).map(lambda mark: " ".join(said) + mark)
    ),
)
silences = st.floats(0, 20_000)


@pytest.mark.parametrize(
    "said",
    [
        "What is the capital of France?",
        "I would like a pizza.",
        "Where are you from?",
        "What is it for?",
        "Stop!",
        'She said "hello."',
        "He paid 12.50.",
    ],
)
def test_a_sentence_that_can_stand_is_finished(said):
    assert ending(said) is Ending.FINISHED


@pytest.mark.parametrize(
    "said",
    [
        None,
        "I want a pizza and",
        "I want a pizza and.",
        "Well, um",
        "Um...",
        "It is late because.",
        "I looked at the",
        "I'm",
        "it’s",  # noqa: RUF001 - as some recognisers write it
        "First,",
        "I thought —",
        "So I went to the shop…",
    ],
)
def test_what_trails_off_goes_on(said):
    assert ending(said) is Ending.TRAILING


@pytest.mark.parametrize("said", ["", "...", "I want to.", "I want to", "nobody I talked to.", "a big dog", "Do you"])
def test_what_may_go_on_is_open(said):
    assert ending(said) is Ending.OPEN


def test_the_longest_waits_are_those_of_the_api():
    assert [patience_ms(None, level) for level in ("low", "medium", "auto", "high")] == [8_000, 4_000, 4_000, 2_000]


@given(words, eagerness)
def test_nobody_waits_longer_than_the_longest_wait(said, level):
    assert 0 < patience_ms(said, level) <= LONGEST_MS["medium" if level == "auto" else level]
    assert is_over(said, LONGEST_MS["medium" if level == "auto" else level], level)


@given(words, silences, silences, eagerness)
def test_a_longer_silence_never_reopens_a_turn(said, one, other, level):
    shorter, longer = sorted((one, other))
    assert is_over(said, longer, level) or not is_over(said, shorter, level)


@given(words, silences)
def test_who_is_more_eager_never_waits_longer(said, silence):
    verdicts = [is_over(said, silence, level) for level in ("low", "medium", "high")]
    assert verdicts == sorted(verdicts)


@given(st.text(max_size=40), eagerness)
def test_a_conjunction_at_the_end_always_means_the_longest_wait(said, level):
    assert patience_ms(f"{said} and", level) == patience_ms(None, level)
