import pytest
import typer

from realtime_chat.cli.app import app
from realtime_chat.cli.config import slips as module
from realtime_chat.cli.config.settings import vocabulary
from realtime_chat.cli.config.slips import slips, warn_of_slips

KNOWN = vocabulary(typer.main.get_command(app))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("REALTIME_CHAT_VOLUM", "REALTIME_CHAT_VOLUME"),
        ("REALTIME_CHAT_PROFIL", "REALTIME_CHAT_PROFILE"),
        ("REALTIME_CHAT_LLMKEY", "REALTIME_CHAT_LLM_KEY"),
        ("REALTIME_CHAT_MODLES", "REALTIME_CHAT_MODELS"),
    ],
)
def test_a_slip_is_found(name, meant):
    assert list(slips({name: "1"}, KNOWN)) == [(name, meant)]


@pytest.mark.parametrize(
    "name",
    [
        "REALTIME_CHAT_VOLUME",
        "REALTIME_CHAT_CONFIG",
        "REALTIME_CHAT_DEBUG",
        "REALTIME_CHAT_KEY",
        "REALTIME_CHATTER_VOLUM",
        "REALTIME_VOLUM",
        "REALTIME_CHAT_ZZZZZZZZZZZZ",
        "VOLUM",
    ],
)
def test_what_is_right_or_not_ours_is_none(name):
    assert list(slips({name: "1"}, KNOWN)) == []


def test_a_blank_variable_sets_nothing():
    assert list(slips({"REALTIME_CHAT_VOLUM": " "}, KNOWN)) == []


def test_it_is_told_once(capsys, monkeypatch):
    monkeypatch.setattr(module, "_told", set())
    for _ in range(2):
        warn_of_slips({"REALTIME_CHAT_VOLUM\x1b[2J": "1", "REALTIME_CHAT_VOLUM": "secret"}, KNOWN)
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.count("did you mean REALTIME_CHAT_VOLUME?") == 2
    assert "\x1b" not in errors
    assert "secret" not in errors
