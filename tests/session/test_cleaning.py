from __future__ import annotations

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
    assert said.isprintable()
    assert len(said) <= 200
    assert not said.endswith(".")


@pytest.mark.parametrize(
    ("text", "said"),
    [("", ""), ("So.", "So"), ("a\n\tb\x1b[2Jc", "a b [2Jc"), ("x" * 201, "x" * 199 + "…"), ("x" * 200, "x" * 200)],
)
def test_sentences(text: str, said: str) -> None:
    assert one_sentence(text) == said
