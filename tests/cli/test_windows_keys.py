import pytest

from realtime_chat.cli.key_names import KeyPress
from realtime_chat.cli.windows_keys import is_first_half, key_of


@pytest.mark.parametrize(
    ("character", "second", "key"),
    [
        ("m", "", KeyPress("m", "m")),
        (" ", "", KeyPress("space", " ")),
        ("\x1b", "", KeyPress("esc")),
        ("\r", "", KeyPress("enter")),
        ("\x08", "", KeyPress("backspace")),
        ("\x01", "", KeyPress("ctrl-a")),
        ("\xe0", "H", KeyPress("up")),
        ("\x00", ";", KeyPress("f1")),
        ("\x00", "D", KeyPress("f10")),
        ("\xe0", "\x01", None),
        ("\ud83d", "\udc4d", KeyPress("👍", "👍")),
        ("\ud83d", "", None),
    ],
)
def test_what_a_console_means(character, second, key):
    assert key_of(character, second) == key


@pytest.mark.parametrize(("character", "is_half"), [("\x00", True), ("\xe0", True), ("\ud83d", True), ("a", False)])
def test_what_comes_in_two(character, is_half):
    assert is_first_half(character) is is_half
