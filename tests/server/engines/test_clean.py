from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.server.engines.clean import AnswerText, printable

marks = st.lists(
    st.sampled_from(["<", "|", ">", "<think>", "</think>", "<|im_end|>", "a", " ", "\n", "\x1b", "\u202e"])
).map("".join)


def clean(*pieces: str) -> str:
    answer = AnswerText()
    return "".join([*map(answer.feed, pieces), answer.end()])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Paris.<|im_end|>", "Paris."),
        ("<|im_start|>assistant", "assistant"),
        ("<think>Hm. 2 < 3\n</think>\n\nYes.", "Yes."),
        ("Yes.<think>and so on", "Yes."),
        ("\n  Well,\n\tyes. ", "Well,\n\tyes. "),
        ("a < b and b > c", "a < b and b > c"),
        ("1<2", "1<2"),
        ("<3", "<3"),
        ("<<|x|>", "<"),
        ("if a <", "if a <"),
        ("<b>bold</b>", "<b>bold</b>"),
        ("<|" + "x" * 60 + "|>", "<|" + "x" * 60 + "|>"),
        ("\x1b[31mred\x07\u202e\ufffd", "[31mred"),
        ("👩\u200d🚀 नमस्ते", "👩\u200d🚀 नमस्ते"),
    ],
)
def test_what_is_left_out(written, meant):
    assert clean(written) == meant


@given(marks, st.lists(st.integers(0, 30)))
def test_how_the_pieces_are_cut_makes_no_difference(text, cuts):
    edges = sorted({0, len(text), *(min(cut, len(text)) for cut in cuts)})
    assert clean(*(text[a:b] for a, b in pairwise(edges))) == clean(text)


@given(st.text())
def test_nothing_a_terminal_obeys_comes_through(text):
    assert not any(c < " " and c not in "\n\t" for c in clean(text))
    assert "\x7f" not in clean(text)
    assert printable(printable(text)) == printable(text)


def test_plain_words_are_not_held_back():
    assert AnswerText().feed("Paris") == "Paris"
