import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.server.engines.moonshine_tokens import TokenTable

CONTROLS = b"\x05<unk>\x03<s>\x04</s>"


def table(*pieces: bytes) -> bytes:
    lengths = [bytes([len(p)]) if len(p) < 128 else bytes([len(p) % 128 + 128, len(p) // 128]) for p in pieces]
    return CONTROLS + b"".join(length + piece for length, piece in zip(lengths, pieces, strict=True))


@given(st.lists(st.text("abc", min_size=1, max_size=400), min_size=1, max_size=5))
def test_every_length_is_read(words):
    tokens = TokenTable(table(*(word.encode() for word in words)))
    assert len(tokens) == 3 + len(words)
    assert [tokens.text([3 + i]) for i in range(len(words))] == words


def test_text():
    tokens = TokenTable(table("▁Hello".encode(), b"\xc3", b"\xa9", "▁world".encode(), b"\x1b", b"\n"))
    assert tokens.text([1, 3, 6, 2]) == "Hello world"
    assert tokens.text([4, 5]) == "é"
    assert tokens.text([4]) == "", "half a character is none"
    assert tokens.text([3, 7, 8]) == "Hello"
    assert tokens.text([99]) == ""
    assert tokens.text([]) == ""


@pytest.mark.parametrize("broken", [b"", CONTROLS, CONTROLS + b"\x05abc", CONTROLS + b"\x80"])
def test_a_broken_table_is_refused(broken):
    with pytest.raises(ValueError, match="token table"):
        TokenTable(broken)


def test_read(tmp_path):
    path = tmp_path / "tokenizer.bin"
    path.write_bytes(table(b"a"))
    assert TokenTable.read(path).text([3]) == "a"
    with pytest.raises(OSError, match="nothing"):
        TokenTable.read(tmp_path / "nothing")
