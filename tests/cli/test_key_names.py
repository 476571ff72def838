import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.cli.key_names import NAMED, canonical, name_of, shown


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("space", "space"),
        (" ", "space"),
        ("Esc", "esc"),
        ("ESCAPE", "esc"),
        ("return", "enter"),
        ("f5", "f5"),
        ("F12", "f12"),
        ("M", "m"),
        ("é", "é"),
        ("e\u0301", "é"),
        ("Ж", "ж"),
        ("漢", "漢"),
        ("+", "+"),
        ("ctrl-x", "ctrl-x"),
        ("Ctrl+X", "ctrl-x"),
        ("f13", None),
        ("ctrl-", None),
        ("ctrl-1", None),
        ("alt-x", None),
        ("two words", None),
        ("\x1b", None),
        ("\u202e", None),
        ("", None),
    ],
)
def test_what_a_person_calls_a_key(name, key):
    assert canonical(name) == key


@given(st.text(max_size=8))
def test_a_canonical_name_is_its_own(name):
    key = canonical(name)
    assert key is None or canonical(key) == key


@given(st.characters(categories=["L", "N", "P", "S"]).filter(lambda letter: unicodedata.is_normalized("NFC", letter)))
def test_what_a_key_types_is_how_it_can_be_bound(character):
    assert canonical(character) == name_of(character)


@pytest.mark.parametrize(
    ("key", "label"), [("space", "space"), ("esc", "Esc"), ("f5", "F5"), ("m", "m"), ("ctrl-x", "Ctrl-X"), ("up", "Up")]
)
def test_how_a_key_is_shown(key, label):
    assert shown(key) == label


def test_named_keys_are_their_own():
    assert all(canonical(name) == name for name in NAMED)
