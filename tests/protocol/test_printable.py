import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.protocol.printable import clean, is_bidi_control, one_line

HOSTILE = st.text(
    st.one_of(
        st.sampled_from("\x1b[]PX^_\\;0123456789mKHJA \n\r\t\x07\x9b\x9c\x9d\u202e\u2066\u200f\ud800é漢"),
        st.characters(),
    )
)


@given(HOSTILE)
def test_nothing_is_left_that_a_terminal_would_obey(text):
    for character in clean(text):
        assert character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cs"}
        assert not is_bidi_control(character)


@given(HOSTILE)
def test_one_line_is_one_line(text):
    line = one_line(text)
    assert "\n" not in line
    assert "\t" not in line
    assert line == line.strip()


@given(HOSTILE, st.integers(min_value=0))
def test_a_text_that_grows_only_ever_grows(text, cut):
    assert clean(text).startswith(clean(text[: cut % (len(text) + 1)]))


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_words_stay_as_they_are(text):
    assert clean(text) == text


@given(HOSTILE)
def test_it_encodes(text):
    clean(text).encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b2Jgone", "gone"),
        ("a\x1b[3", "a"),
        ("a\x1bcb", "ab"),
        ("back\x08\x08", "back"),
        ("line\r\nnext", "line\nnext"),
        ("abc\u202edef", "abcdef"),
        ("half \ud83d", "half \ufffd"),
        ("\x1b]never ended\nbut the words stay", "never ended\nbut the words stay"),
        ("👩\u200d🚀 नमस्ते", "👩\u200d🚀 नमस्ते"),
    ],
)
def test_clean(text, shown):
    assert clean(text) == shown
