import unicodedata

import pytest
import wcwidth
from hypothesis import given
from hypothesis import strategies as st
from tricky_texts import FAMILY, FLAG, TEXTS

from realtime_chat.cli.cells import cell_width, clip, clusters, in_lines, is_sure, text_width, wrap, wrap_lines


@pytest.mark.parametrize(
    ("text", "cells"),
    [("abc", 3), ("é", 1), ("e\u0301", 1), ("漢", 2), ("ｱ", 1), ("👍", 2), ("❤️", 2), ("", 0), ("־", 1)],
)
def test_width(text, cells):
    assert text_width(text) == cells


@given(TEXTS)
def test_no_terminal_needs_more_room_than_is_counted(text):
    """`wcswidth` joins emoji and flags as newer terminals do, the sum of `wcwidth` does not, as older ones."""
    assert text_width(text) >= wcwidth.wcswidth(text)
    assert text_width(text) >= sum(max(0, wcwidth.wcwidth(character)) for character in text)


@given(st.characters())
def test_a_sure_character_has_one_cell(character):
    if is_sure(character):
        assert cell_width(character) == wcwidth.wcwidth(character) == 1
        assert not unicodedata.combining(character)


@pytest.mark.parametrize("character", "漢x\u0301…·\u200d👍é")
def test_what_is_not_sure(character):
    assert is_sure(character) is (character == "x")


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("ab", ["a", "b"]),
        ("e\u0301x", ["e\u0301", "x"]),
        (f"a{FAMILY}b", ["a", FAMILY, "b"]),
        (FLAG + FLAG + "x", [FLAG, FLAG, "x"]),
        ("👍🏽", ["👍🏽"]),
        ("❤️", ["❤️"]),
        ("", []),
    ],
)
def test_what_must_not_be_torn(text, pieces):
    assert clusters(text) == pieces


@given(TEXTS)
def test_clusters_are_the_text(text):
    assert "".join(clusters(text)) == text


def rows(text, columns):
    return [text[begin:end] for begin, end in wrap(text, columns)]


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        ("one two three", 7, ["one two", "three"]),
        ("one two three", 8, ["one two", "three"]),
        ("one two three", 100, ["one two three"]),
        ("incomprehensible", 6, ["incomp", "rehens", "ible"]),
        ("so incomprehensible", 6, ["so inc", "ompreh", "ensibl", "e"]),
        ("so wide it", 2, ["so", "wi", "de", "it"]),
        ("漢字漢字", 5, ["漢字", "漢字"]),
        ("ok漢字。", 5, ["ok漢", "字。"]),
        ("漢", 1, ["漢"]),
        ("", 5, []),
        ("\u0301", 5, ["\u0301"]),
    ],
)
def test_wrapping(text, columns, expected):
    assert rows(text, columns) == expected


@given(TEXTS, st.integers(2, 30))
def test_wrapped_rows_fit_and_hold_every_word_once(text, columns):
    found = rows(text, columns)
    assert "".join(found).replace(" ", "") == text.replace(" ", "")
    widest = max((text_width(piece) for piece in clusters(text)), default=0)
    assert all(text_width(row) <= max(columns, widest) for row in found)
    assert all(row.strip(" ") == row != "" for row in found)


@given(TEXTS, st.integers(0, 30))
def test_a_clipped_text_fits(text, columns):
    clipped = clip(text, columns)
    assert text_width(clipped) <= columns
    assert clipped == text or clipped.endswith("…") or columns == 0


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("one two\nthree", ["one two", "three"]),
        ("a\n\nb", ["a", "", "b"]),
        ("if x:\n    y = 1\nend", ["if x:", "    y = 1", "end"]),
        ("x\n    a long line", ["x", "    a", "    long", "    line"]),
        ("x\n    - abcdefgh i", ["x", "    - abc", "    defgh", "    i"]),
        ("x\n          deep", ["x", "deep"]),
        ("one two three", ["one two", "three"]),
    ],
)
def test_lines_are_kept(text, rows):
    assert [" " * row.indent + text[row.begin : row.end] for row in wrap_lines(text, 9)] == rows


@given(st.lists(TEXTS, max_size=4).map("\n".join), st.integers(1, 40))
def test_no_row_of_lines_is_wider_than_the_terminal_and_no_word_is_lost(text, columns):
    text = in_lines(text)
    rows = [" " * row.indent + text[row.begin : row.end] for row in wrap_lines(text, columns)]
    widest = max(map(text_width, clusters(text.replace("\n", " "))), default=0)
    assert all(text_width(row) <= max(columns, widest) for row in rows)
    assert "".join(rows).replace(" ", "") == text.replace(" ", "").replace("\n", "")
