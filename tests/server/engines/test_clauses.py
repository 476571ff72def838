from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.server.engines.clauses import LIMIT, Clause, ClauseCutter


def cut(*deltas: str) -> list[str]:
    cutter = ClauseCutter()
    clauses = [clause for delta in deltas for clause in cutter.push(delta)]
    return [clause.text for clause in clauses + cutter.flush()]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("", []),
        ("Yes", ["Yes"]),
        ("Sure! Here it is.", ["Sure! ", "Here it is."]),
        ("Well, of course, I can do it.", ["Well, of course, ", "I can do it."]),
        ("Paris is the capital \u2014 and more.", ["Paris is the capital \u2014 ", "and more."]),
        ("One two three. Four, five. Six seven eight.", ["One two three. ", "Four, five. Six seven eight."]),
        ("Hello there. Dr. Smith is in. Ask him.", ["Hello there. ", "Dr. Smith is in. ", "Ask him."]),
        ("Take some fruit, e.g. an apple.", ["Take some fruit, ", "e.g. an apple."]),
        ("It is about 3.14 or 1,000 at 10:30 today", ["It is about 3.14 or 1,000 at 10:30 today"]),
        ("We met on Nov 22, 2026, in Rome.", ["We met on Nov 22, 2026, ", "in Rome."]),
        ("It was built in 1889. Then it stood.", ["It was built in 1889. ", "Then it stood."]),
        ("1. Take the eggs. 2. Mix them well.", ["1. Take the eggs. ", "2. Mix them well."]),
        (
            "See https://a.example/b,c.d now. Then rest a while.",
            ["See https://a.example/b,c.d now. ", "Then rest a while."],
        ),
        ("Read [this, or that](http://a.example) now.", ["Read [this, or that](http://a.example) now."]),
        ("# Title\nText that follows here.", ["# Title\n", "Text that follows here."]),
    ],
)
def test_where_a_text_is_cut(text, clauses):
    assert cut(text) == clauses


def test_the_first_clause_does_not_wait_for_punctuation():
    first = cut("this is a long sentence that simply continues without any mark at all")[0]
    assert first == "this is a long sentence that simply continues "


def test_a_clause_does_not_end_on_a_word_that_holds_on():
    first = cut("big dogs often eat more food than the cats and mice eat")[0]
    assert first.split()[-1] not in ("the", "than", "and")


def test_a_later_clause_is_cut_at_a_comma_when_it_is_long():
    later = "this clause has quite a lot of words in it already today, and it goes on, as you see."
    assert cut("Right. " + later)[1:] == [
        "this clause has quite a lot of words in it already today, ",
        "and it goes on, as you see.",
    ]


def test_a_clause_comes_as_soon_as_its_end_is_certain():
    cutter = ClauseCutter()
    assert cutter.push("Sure! ") == [Clause("Sure! ", 0)]
    assert cutter.push("It was in 1889,") == []
    assert cutter.push(" ") == []


TEXTS = st.one_of(
    st.text(alphabet="ab1 .,!?:;\n-\u2014()[]", max_size=120),
    st.lists(st.sampled_from(["word", "Dr.", "3.14", "e.g.", "22,", "so,", "end.", "why?", "-", "(a", "b)", "\n"])).map(
        " ".join
    ),
)


@given(TEXTS, st.data())
def test_the_clauses_are_the_text_however_it_comes(text, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    bounds = [0, *cuts, len(text)]
    cutter = ClauseCutter()
    clauses = [c for a, b in pairwise(bounds) for c in cutter.push(text[a:b])] + cutter.flush()
    assert "".join(clause.text for clause in clauses) == text
    assert all(text.startswith(clause.text, clause.start) for clause in clauses)
    assert [clause.text for clause in clauses] == cut(text)


@given(st.lists(st.sampled_from(["word", "the", "so,", "(x"]), max_size=200).map(" ".join))
def test_no_clause_grows_without_end(text):
    assert all(len(clause.split()) <= 2 * LIMIT for clause in cut(text))
