import pytest

from realtime_chat.protocol.dialects import wire

UNREADABLE = [
    "",
    "{",
    "[]",
    "3",
    b"\xff\xfe",
    '{"a": "\\ud800"}',
    '{"a": ' + "[" * 5_000 + "]" * 5_000 + "}",
    '{"a": 1e999}',
]


@pytest.mark.parametrize("frame", UNREADABLE)
def test_what_is_no_object(frame):
    assert wire.read(frame) is None


@pytest.mark.parametrize(
    ("frame", "kind"),
    [('{"type": "x"}', "x"), (b'{"a": 1, "type": "x"}', "x"), ('{"type": 5}', ""), ("{}", ""), ("[", "")],
)
def test_a_type(frame, kind):
    assert wire.type_of(frame) == kind


def test_there_and_back():
    assert wire.read(wire.write({"type": "x", "n": 10**30, "s": "é"})) == {"type": "x", "n": 10**30, "s": "é"}
