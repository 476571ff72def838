from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.cli.doctor.scrub import REMOVED, Scrubber, owners, private_hosts, this_machine

SCRUBBER = Scrubber(homes=[Path("/users/anna")], names=["anna", "desk-of-anna"], secrets=["hunter2-hunter2"])


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("/users/anna/models", "~/models"),
        ("'/users/anna'", "'~'"),
        ("/users/annabel/models", "/users/annabel/models"),
        ("/media/anna/disk", "/media/[name]/disk"),
        ("desk-of-anna is Anna's", "[name] is [name]'s"),
        ("bananna", "bananna"),
        ("the key hunter2-hunter2 of old", "the key [removed] of old"),
        ("wss://me:pa55@host.example/v1", "wss://[removed]@host.example/v1"),
        ("http://u:p/w@x@host/v1 and on", "http://[removed]@host/v1 and on"),
        ("https://host/v1?api_key=1&b=2 next", "https://host/v1?[removed] next"),
        ("Authorization: Bearer abcdefgh", "Authorization: Bearer [removed]"),
        ("sk-proj-abcdefgh", "[removed]"),
        ("bluez.AA:BB:CC:0D:EE:FF", "bluez.[removed]"),
        ("usb-Maker_Thing_1234567890123456789012345", "[removed]"),
        ("PortAudio V19.6.0-devel at 24000 Hz", "PortAudio V19.6.0-devel at 24000 Hz"),
    ],
)
def test_what_is_taken_out(text: str, clean: str):
    assert SCRUBBER.text(text) == clean


@given(st.text(), st.text())
def test_a_secret_never_stays(before: str, after: str):
    assert "hunter2-hunter2" not in SCRUBBER.text(f"{before}hunter2-hunter2{after}")


def test_a_value_under_the_name_of_a_secret():
    value = {"api_key": "short", "list": ["/users/anna", {"password": 7, "rate": 24_000}], "on": True, "anna": None}
    assert SCRUBBER.value(value) == {
        "api_key": "[removed]",
        "list": ["~", {"password": "[removed]", "rate": 24_000}],
        "on": True,
        "[name]": None,
    }


def test_the_keys_of_the_keyboard_are_no_secret():
    bound = {"keys": {"mute": "m"}, "api_keys": {"a": "b"}}
    assert Scrubber().value(bound) == {"keys": {"mute": "m"}, "api_keys": REMOVED}


def test_servers_that_tell_where_somebody_works():
    assert private_hosts(
        "auto", None, "wss://Voice.Example.org:8443/v1", "http://127.0.0.1:1/", "https://api.openai.com/v1"
    ) == {"voice.example.org"}


def test_nothing_to_take_out():
    assert Scrubber(homes=[Path("/")], names=["", "ab"], secrets=["", "short"]).text("/ ab short") == "/ ab short"


def test_owners_of_devices():
    assert owners(["Anna's AirPods", "Jörg\u2019s phone", "USB Audio", "it's 5's"]) == {"Anna", "Jörg", "it"}


def test_this_machine(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("socket.gethostname", lambda: "annas-desk.local")
    scrubber = this_machine(
        {"HOME": "/users/bert", "USER": "bertram", "GITHUB_TOKEN": "some-old-token"}, also=["Carla"]
    )
    text = scrubber.text("/users/bert/x bertram annas-desk annas-desk.local some-old-token Carla's AirPods")
    assert text == "~/x [name] [name] [name] [removed] [name]'s AirPods"
