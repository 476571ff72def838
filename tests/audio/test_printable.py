import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.audio.printable import printable


@given(st.text())
def test_the_result_is_always_one_printable_line(text: str) -> None:
    assert printable(text).isprintable()
    assert printable(printable(text)) == printable(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Mikrofon (Gerät 2) 麦克风", "Mikrofon (Gerät 2) 麦克风"),
        ("two\nlines\tand  gaps", "two lines and gaps"),
        ("\x1b[31mred", "?[31mred"),
        ("a\u202eb\udc80", "a?b?"),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert printable(text) == shown
