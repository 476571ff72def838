import pytest
from hypothesis import given
from hypothesis import strategies as st
from wer import distance, word_error_rate, words

sentences = st.lists(st.sampled_from("abcde"), max_size=8)


def test_case_punctuation_hyphens_and_titles_make_no_difference():
    assert words("Mr. O\u2019Neil's ill-disposed, (very) OK!") == [
        "mister",
        "oneils",
        "ill",
        "disposed",
        "very",
        "okay",
    ]


@pytest.mark.parametrize(
    ("expected", "heard", "errors"),
    [
        ("a b c", "a b c", 0),
        ("a b c", "a c", 1),
        ("a b c", "a x b c", 1),
        ("a b c", "a x c", 1),
        ("", "a b", 2),
        ("a b", "", 2),
        ("a b c d", "b c d a", 2),
    ],
)
def test_distance(expected, heard, errors):
    assert distance(expected.split(), heard.split()) == errors


@given(sentences, sentences, sentences)
def test_distance_is_a_metric(a, b, c):
    assert (distance(a, b) == 0) == (a == b)
    assert distance(a, b) == distance(b, a)
    assert distance(a, c) <= distance(a, b) + distance(b, c)
    assert abs(len(a) - len(b)) <= distance(a, b) <= max(len(a), len(b))


def test_the_rate_is_over_all_words_not_the_mean_of_the_texts():
    assert word_error_rate([("one", "two"), ("a b c", "a b c")]) == 0.25


def test_no_words_have_no_rate():
    with pytest.raises(ValueError, match="no word"):
        word_error_rate([("...", "one")])
