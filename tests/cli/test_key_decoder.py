import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.cli.key_decoder import ESCAPE_SECONDS, DeviceAttributes, KeyboardFlags, KeyDecoder
from realtime_chat.cli.key_names import Edge, KeyPress, Paste


def inputs_of(data):
    decoder = KeyDecoder()
    return decoder.feed(data) + decoder.flush()


def names_of(data):
    return [(key.name if key.edge is Edge.PRESS else f"-{key.name}") for key in inputs_of(data)]


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b" ", ["space"]),
        (b"mM+", ["m", "m", "+"]),
        (b"\x1b", ["esc"]),
        (b"\x1b\x1b", ["esc", "esc"]),
        (b"\r\n\t\x7f\x08", ["enter", "enter", "tab", "backspace", "backspace"]),
        (b"\x01\x17\x00", ["ctrl-a", "ctrl-w"]),
        (b"\x1b[A\x1b[B\x1bOC\x1b[D", ["up", "down", "right", "left"]),
        (b"\x1b[H\x1b[F\x1b[3~\x1b[1~\x1b[4~", ["home", "end", "delete", "home", "end"]),
        (b"\x1bOP\x1b[15~\x1b[24~m", ["f1", "f5", "f12", "m"]),
        (b"\x1b[1;5C", []),  # Ctrl and arrow right
        (b"\x1b[Z", []),  # Shift and tab
        (b"\x1bq", []),  # Alt and q
        (b"\x1b[<0;10;20M", []),  # a click
        (b"\x1b[12;40R", []),  # where the cursor is
        (b"\x1b[" + b"1" * 300 + b"m", ["1"] * 43 + ["m"]),  # no sequence is as long
        ("é漢Ж".encode(), ["é", "漢", "ж"]),
        (b"\xc3m\xff\xfe\xc2\x9bq", ["m", "q"]),  # no UTF-8, and a control character of 8 bits
        (b"\x1b[1\x1b[Aq", ["up", "q"]),  # cut off
        (b"\x1b]11;rgb:0000/0000/0000\x07q", ["q"]),  # the colour behind the text
        (b"\x1b]52;c;bXEg\x1b\\q", ["q"]),  # the clipboard
        (b"\x1bP>|xterm(390) q\x1b\\m\x1b_Gi=1;OK\x1b\\q", ["m", "q"]),  # its name and version; a picture
        (b"\x1bPq\x1b[A", ["up"]),  # cut off
    ],
)
def test_what_bytes_mean(data, names):
    assert names_of(data) == names


def test_what_is_typed_comes_with_its_text():
    assert inputs_of("MÉ ".encode()) == [KeyPress("m", "M"), KeyPress("é", "É"), KeyPress("space", " ")]


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b"\x1b[32;1:1;32u\x1b[32;1:2;32u\x1b[32;1:3u", ["space", "-space"]),  # repeats are passed over
        (b"\x1b[32u\x1b[32;1:3u", ["space", "-space"]),
        (b"\x1b[27u", ["esc"]),
        (b"\x1b[27;1:3u", []),  # pressed before anybody listened
        (b"\x1b[109;65;109u", ["m"]),  # with caps lock
        (b"\x1b[109:77;2;77u\x1b[109;1:3u", ["m", "-m"]),
        (b"\x1b[61:43;2;43u\x1b[61;1:3u", ["+", "-+"]),  # Shift was let go first
        (b"\x1b[61:43;2u", ["+"]),  # a terminal that gives no text
        (b"\x1b[99;5u", ["ctrl-c"]),
        (b"\x1b[1089::99;5u", ["ctrl-c"]),  # on a Cyrillic keyboard
        (b"\x1b[97;3u\x1b[97;9u", []),  # Alt, Super
        (b"\x1b[1;1:1A\x1b[1;1:2A\x1b[1;1:3A", ["up", "-up"]),
        (b"\x1b[3;1:3~", ["-delete"]),
        (b"\x1b[57441;2u\x1b[57441;1:3u", []),  # Shift itself
        (b"\x1b[57400;129;49u", ["1"]),  # of the keypad
        (b"\x1b[57414u\x1b[57419u", ["enter", "up"]),
        (b"\x1b[0;;229u", ["å"]),  # an input method
        (b"\x1b[9;5u", []),
        (b"\x1b[1114112;;1114112u\x1b[27;;7u", ["esc"]),  # beyond Unicode; a text that controls
        (b"\x1b[O\x1b[I", ["focus-lost"]),
    ],
)
def test_the_kitty_protocol(data, names):
    assert names_of(data) == names


def test_answers_are_no_keys():
    assert inputs_of(b"\x1b[?1u\x1b[?62;22c") == [KeyboardFlags(1), DeviceAttributes()]
    assert inputs_of(b"\x1b[?u\x1b[?2026;2$y") == []


def test_what_is_pasted_is_one_text():
    assert inputs_of(b"a\x1b[200~q\nm\x1b[A\xc3\xa9\x1b[201~b") == [
        KeyPress("a", "a"),
        Paste("q\nm\x1b[Aé"),
        KeyPress("b", "b"),
    ]


def test_a_paste_that_never_ends_is_over_when_nothing_follows():
    assert inputs_of(b"\x1b[200~abc") == [Paste("abc")]
    decoder = KeyDecoder()
    decoder.feed(b"\x1b[200~" + b"x" * (3 << 20))
    (paste,) = decoder.flush()
    assert 0 < len(paste.text) <= 1 << 20


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=6),
            st.sampled_from(
                [b"\x1b[", b"\x1b[?1u", b"\x1b[200~", b"\x1b[201~", b"\x1b[32;1:3u", b"\x1bO", "é".encode()]
            ),
        ),
        max_size=8,
    ).map(b"".join),
    st.integers(min_value=0, max_value=40),
)
def test_how_bytes_are_split_does_not_matter(data, cut):
    decoder = KeyDecoder()
    assert decoder.feed(data[:cut]) + decoder.feed(data[cut:]) + decoder.flush() == inputs_of(data)


def test_what_is_waited_for():
    decoder = KeyDecoder()
    assert decoder.patience is None
    assert decoder.feed(b"\x1b") == []
    assert decoder.patience == ESCAPE_SECONDS
    assert decoder.flush() == [KeyPress("esc")]
    assert decoder.patience is None
    decoder.feed(b"\x1b[20")
    assert decoder.patience > ESCAPE_SECONDS  # over a slow network the rest is not taken for keys
    assert decoder.flush() == []


@pytest.mark.parametrize("rest", [b"[A", b"[27u", b"OC", b"[200~q\x1b[201~", b"q", b"]11;rgb:0/0/0\x07"])
def test_esc_may_be_the_key_until_something_follows(rest):
    decoder = KeyDecoder()
    assert not decoder.may_be_esc
    decoder.feed(b"m\x1b")
    assert decoder.may_be_esc
    decoder.feed(rest[:1])
    assert not decoder.may_be_esc
    decoder.feed(rest[1:])
    assert not decoder.may_be_esc
    decoder.feed(b"\x1b")
    assert decoder.may_be_esc
    decoder.flush()
    assert not decoder.may_be_esc


def test_an_answer_that_never_ends_is_over_when_nothing_follows():
    decoder = KeyDecoder()
    assert decoder.feed(b"\x1b]q") == []
    assert decoder.patience is not None
    assert decoder.flush() == []
    assert decoder.feed(b"q") == [KeyPress("q", "q")]
