from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.cli.rows import Run, Style, cut, escaped, row_text, row_width

RUNS = st.lists(st.builds(Run, st.text("ab漢 ", max_size=5), st.sampled_from(list(Style))), max_size=5)


@given(RUNS, st.integers(0, 30), st.integers(0, 30))
def test_a_piece_is_that_of_the_text(runs, begin, end):
    assert row_text(cut(runs, begin, end)) == row_text(tuple(runs))[begin:end]


def test_a_piece_keeps_its_styles():
    assert cut([Run("one", Style.DIM), Run(" two")], 1, 5) == (Run("ne", Style.DIM), Run(" t"))


def test_width():
    assert row_width((Run("a漢"), Run("b"))) == 4


def test_every_style_is_taken_back():
    assert escaped([Run("a"), Run("b", Style.NOTE), Run("c")]) == "a\x1b[2;3mb\x1b[mc"
