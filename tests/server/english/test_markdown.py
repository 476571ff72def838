import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.server.english.markdown import BREAK, blank


def left(text: str) -> str:
    return " ".join(blank(text).replace(BREAK, "/").split())


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a **bold** and *thin* word", "a bold and thin word"),
        ("an _other_ and ~~no~~ and `code`", "an other and no and code"),
        ("snake_case_name and 2*3*4", "snake_case_name and 2*3*4"),
        ("# Title\nText", "Title/Text"),
        ("- one\n- two\n* three", "one/ two/ three"),
        ("- [x] done", "done"),
        ("1. one\n2. two", "1. one/2. two"),
        ("[the site](https://a.example/b_(c)) here", "the site here"),
        ('![alt](x.png "title")', "alt"),
        ("one[^1] two[2]", "one two"),
        ("> quoted\n> text", "quoted/ text"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a , b ,/ / 1 , 2 ,"),
        ("```py\nprint()\n```", "print()/"),
        ("x <b>bold</b> y<br/>", "x bold y"),
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
        ("---", ""),
        ("one\ntwo", "one two"),
        ("one\n\ntwo", "one/ two"),
    ],
)
def test_signs_are_blanked_and_text_is_kept(text, plain):
    assert left(text) == plain


@given(st.text(alphabet="ab1 \n*_`~#>|[]()!<-.\\x", max_size=80))
def test_every_character_keeps_its_place(text):
    plain = blank(text)
    assert len(plain) == len(text)
    for before, after in zip(text, plain, strict=True):
        if before.isalnum():
            assert after in (before, " ")  # a letter is only ever lost with a tag or an address
