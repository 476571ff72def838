import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.protocol import printable
from realtime_chat.protocol.printable import GrowingText, clean, is_bidi_control, one_line

HOSTILE = st.text(
    st.one_of(
        st.sampled_from("\x1b[]PX^_\\;0123456789mKHJA \n\r\t\x07\x9b\x9c\x9d\u202e\u2066\u200f\ud800é漢"),
        st.characters(),
    )
)


SEQUENCE = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]{0,32}[ -/]{0,4}(?:[@-~]|\\Z)"
    "|(?:\x1b[]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]{0,256}(?:\x07|\x1b\\\\|\x9c|\x1b?\\Z)"
    "|\x1b[ -/]{0,4}[0-~]?"
)
TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def is_hidden(character):
    turns = character in "\u200e\u200f\u061c" or unicodedata.bidirectional(character) in TURNING
    return turns or (unicodedata.category(character) == "Cc" and character not in "\n\t")


def cleaned(text):
    """What `clean` gives, a character at a time and by the tables of Unicode."""
    shown = ""
    while text:
        if sequence := SEQUENCE.match(text):
            text = text[sequence.end() :]
            continue
        character, text = text[0], text[1:]
        if unicodedata.category(character) == "Cs":
            shown += "\ufffd"
        elif not is_hidden(character):
            shown += character
    return shown


@given(HOSTILE)
def test_it_is_what_unicodes_tables_say(text):
    assert clean(text) == cleaned(text)
    assert one_line(text) == " ".join(cleaned(text).split())


def test_every_character_is_judged_as_by_unicodes_tables():
    every = list(map(chr, range(sys.maxunicode + 1)))
    shown = set(clean("\n".join(every)))  # no sequence goes on behind the end of a line
    hidden = {character for character in every if is_hidden(character)}
    halves = {character for character in every if unicodedata.category(character) == "Cs"}
    assert set(every) - shown == hidden | halves


@given(HOSTILE, st.lists(HOSTILE, max_size=6))
def test_however_a_text_grows_or_changes_it_is_cleaned(text, pieces):
    growing = GrowingText()
    for piece in pieces:
        assert growing.clean(text) == clean(text)
        text += piece
    for changed in (text, *pieces):
        assert growing.clean(changed) == clean(changed)


def test_of_a_text_that_grows_only_what_is_new_is_looked_at(monkeypatch):
    looked_at = []
    monkeypatch.setattr(printable, "clean", lambda text: looked_at.append(text) or clean(text))
    growing = GrowingText()
    for text in ("One", "One", "One two\n", "One two\nthree", "One two\nthree\x1b[", "One two\nthree\x1b[mfour", "On"):
        assert growing.clean(text) == clean(text)
    assert looked_at == ["One", "", " two\n", "three", "\x1b[", "\x1b[mfour", "On"]


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
