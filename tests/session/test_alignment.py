from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.audio.frame import SAMPLE_RATE
from realtime_chat.session.alignment import TRUST_SECONDS, TYPICAL_PACE, Alignment, cut, weights

SECOND = SAMPLE_RATE
TEXTS = st.text(
    st.sampled_from("abc áé,.?! 42 今日はいい天気カタ한국어\u3002\u3001e\u0301が\u3099👩\u200d👧🇫🇷\ufe0f\n\u00a0"),
    max_size=60,
) | st.text(max_size=40)
ARRIVALS = st.lists(st.integers(0, 3 * SECOND) | st.text("ab ,.今日", min_size=1, max_size=12), max_size=12)
"""Samples and words in the order in which they came."""


def aligned(arrivals: Sequence[int | str], *, speed: float = 1.0) -> tuple[Alignment, str, int]:
    alignment, text, received = Alignment(speed), "", 0
    for arrival in arrivals:
        if isinstance(arrival, int):
            alignment.sound(bytes(2 * arrival))
            received += arrival
        else:
            alignment.words(len(text))
            text += arrival
    return alignment, text, received


def heard(arrivals: Sequence[int | str], samples: int, *, is_whole: bool = True, speed: float = 1.0) -> str:
    alignment, text, received = aligned(arrivals, speed=speed)
    return alignment.heard(text, samples, received=received, is_whole=is_whole)


class TestCut:
    @pytest.mark.parametrize(
        ("text", "end", "kept"),
        [
            ("Once upon a time.", 0, ""),
            ("Once upon a time.", 3, ""),
            ("Once upon a time.", 4, "Once"),
            ("Once upon a time.", 5, "Once"),
            ("Once upon a time.", 8, "Once"),
            ("Once upon a time.", 16, "Once upon a"),  # the full stop belongs to its word
            ("Once upon a time.", 17, "Once upon a time."),
            ("well-known, isn't it", 15, "well-known,"),
            ("今天天气很好、我们去公园。", 4, "今天天气"),
            ("今天天气很好、我们去公园。", 6, "今天天气很"),  # no line begins with the comma
            ("今天天气很好、我们去公园。", 7, "今天天气很好、"),
            ("コンピュータを使う", 3, ""),  # a word of another language
            ("コンピュータを使う", 6, "コンピュータ"),
            ("が\u3099か", 1, ""),  # a kana and its mark are one
            ("안녕하세요 여러분", 3, ""),
            ("안녕하세요 여러분", 6, "안녕하세요"),
            ("字👩\u200d👧字", 2, "字"),
            ("字👩\u200d👧字", 4, "字👩\u200d👧"),
            ("字👩\u200d 字", 3, "字👩"),
            ("e\u0301te\u0301 ok", 4, ""),
            ("مرحبا بك", 5, "مرحبا"),
        ],
    )
    def test_whole_words_are_kept(self, text: str, end: int, kept: str) -> None:
        assert cut(text, end) == kept

    @given(text=TEXTS, end=st.integers(0, 70))
    def test_it_is_a_beginning_that_ends_at_no_mark(self, text: str, end: int) -> None:
        kept = cut(text, end)
        assert text.startswith(kept)
        assert len(kept) <= max(end, 0) or kept == text
        rest = text[len(kept) :]
        if kept and rest:
            assert not unicodedata.category(rest[0]).startswith("M")
            assert kept[-1] != "\u200d"
            is_latin = kept[-1].isascii() and kept[-1].isalpha() and rest[0].isascii() and rest[0].isalpha()
            assert not is_latin

    @given(text=TEXTS, end=st.integers(0, 70))
    def test_a_cut_text_is_cut_at_the_same_place(self, text: str, end: int) -> None:
        assert cut(cut(text, end), end) == cut(text, end)


class TestHeard:
    @given(arrivals=ARRIVALS, is_whole=st.booleans())
    def test_nothing_and_all(self, arrivals: list[int | str], is_whole: bool) -> None:
        alignment, text, received = aligned(arrivals)
        assert alignment.heard(text, 0, received=received, is_whole=is_whole) == ""
        if received:
            assert alignment.heard(text, received, received=received, is_whole=True) == text

    @given(arrivals=ARRIVALS, is_whole=st.booleans(), positions=st.lists(st.integers(0, 30 * SECOND), max_size=8))
    def test_who_hears_longer_hears_no_less(
        self, arrivals: list[int | str], is_whole: bool, positions: list[int]
    ) -> None:
        alignment, text, received = aligned(arrivals)
        lengths = [
            len(alignment.heard(text, min(position, received), received=received, is_whole=is_whole))
            for position in sorted(positions)
        ]
        assert lengths == sorted(lengths)

    @given(arrivals=ARRIVALS, samples=st.integers(0, 30 * SECOND), is_whole=st.booleans(), data=st.data())
    def test_how_deltas_are_split_changes_nothing(
        self, arrivals: list[int | str], samples: int, is_whole: bool, data: st.DataObject
    ) -> None:
        split: list[int | str] = []
        for arrival in arrivals:
            at = data.draw(st.integers(0, arrival if isinstance(arrival, int) else len(arrival)))
            split += [at, arrival - at] if isinstance(arrival, int) else [arrival[:at], arrival[at:]]
        assert heard(split, samples, is_whole=is_whole) == heard(arrivals, samples, is_whole=is_whole)

    @given(
        text=st.text("abc .,今", min_size=1, max_size=80),
        seconds=st.integers(1, 12),
        cuts=st.lists(st.tuples(st.integers(0, 80), st.integers(0, 12 * SECOND)), max_size=8),
        samples=st.integers(0, 12 * SECOND),
    )
    def test_no_order_moves_a_word_further_than_it_is_trusted(
        self, text: str, seconds: int, cuts: list[tuple[int, int]], samples: int
    ) -> None:
        """However words and sound are mixed, the cut is where an even pace would put it, give or take a second."""
        total = seconds * SECOND
        arrivals: list[int | str] = []
        done_text = done_sound = 0
        for upto, position in [*sorted(cuts), (len(text), total)]:
            end, sound = max(done_text, min(upto, len(text))), max(done_sound, min(position, total))
            arrivals += [sound - done_sound, text[done_text:end]]
            done_text, done_sound = end, sound
        slack = round(TRUST_SECONDS * SECOND) + 1
        got = heard(arrivals, min(samples, total))
        least, most = (heard([text, total], min(max(samples + move, 0), total)) for move in (-slack, slack))
        assert len(least) <= len(got) <= len(most)

    def test_an_even_pace(self) -> None:
        text = "one two three four"
        assert [heard([text, 4 * SECOND], second * SECOND) for second in range(5)] == [
            "",
            "one",
            "one two",
            "one two three",
            text,
        ]

    def test_sentence_by_sentence_the_order_is_exact(self) -> None:
        """A short sentence that is said slowly, and a long one that is said fast."""
        first, second = "Yes, of course. ", "That is what I think about it."
        assert heard([first, 2 * SECOND, second, 2 * SECOND], 2 * SECOND) == first.strip()
        assert heard([first + second, 4 * SECOND], 2 * SECOND) == "Yes, of course. That"

    def test_words_written_far_ahead_say_nothing_about_the_sound(self) -> None:
        ahead = ["one ", SECOND // 10, "two ", SECOND // 10, "three ", SECOND // 10, "four", 4 * SECOND]
        assert heard(ahead, 2 * SECOND) == heard(["one two three four", sum(map(int, ahead[1::2]))], 2 * SECOND)

    def test_words_that_come_after_all_sound_say_nothing_either(self) -> None:
        assert heard([4 * SECOND, "one two ", "three four"], 2 * SECOND) == "one two"

    def test_of_an_item_that_goes_on_the_words_ahead_are_not_crowded_into_what_came(self) -> None:
        text = "word " * 40
        got = heard([text, SECOND], SECOND, is_whole=False)
        assert len(got) <= TYPICAL_PACE
        assert len(heard([text, SECOND], SECOND, is_whole=False, speed=0.5)) < len(got)

    def test_signs_take_longer_than_letters(self) -> None:
        assert weights("a今1e\u0301") == [1.0, 3.0, 5.0, 1.0, 0.0]
        assert heard(["in 1969 we met", 3 * SECOND], SECOND) == "in"
