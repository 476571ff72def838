from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.session.cleaning import encodable, one_sentence


@given(st.text(alphabet=st.characters()))
def test_anything_can_be_encoded(text: str) -> None:
    encodable(text).encode()
    assert len(encodable(text)) == len(text)


@given(st.text(alphabet=st.characters()))
def test_a_sentence_is_short_and_plain(text: str) -> None:
    said = one_sentence(text)
    assert not any(unicodedata.category(character) == "Cc" for character in said)
    assert len(said) <= 200
    assert not said.endswith(".")


@pytest.mark.parametrize(
    ("text", "said"),
    [("", ""), ("So.", "So"), ("a\n\tb\x1b[2Jc", "a bc"), ("x" * 201, "x" * 199 + "…"), ("x" * 200, "x" * 200)],
)
def test_sentences(text: str, said: str) -> None:
    assert one_sentence(text) == said
