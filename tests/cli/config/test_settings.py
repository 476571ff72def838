import os
from pathlib import Path

import pytest
import typer

from realtime_chat.cli.app import app
from realtime_chat.cli.config.document import KEYS, PROFILE, PROFILES
from realtime_chat.cli.config.places import FILE_VARIABLE
from realtime_chat.cli.config.profile import PROFILE_VARIABLE
from realtime_chat.cli.config.settings import Unfit, nearest, vocabulary
from realtime_chat.cli.redaction import KEY_VARIABLES


@pytest.fixture
def known(context):
    return vocabulary(context.command)


def test_every_option_of_a_command_with_profiles_is_a_setting(known):
    assert set(known.commands) == {"paint", "hang"}
    assert known.keys("paint") == ["colour", "dry", "echo", "folder", "input", "line_width", "speed", "varnish"]
    assert known.keys() == sorted([*known.keys("paint"), "where"])
    assert known.find("where", "paint") == []
    assert [setting.variable for setting in known.find("line_width")] == ["REALTIME_CHAT_LINE_WIDTH"]


@pytest.mark.parametrize(
    ("key", "value"),
    [("colour", "blue"), ("line_width", 3), ("speed", 1.5), ("dry", True), ("input", "USB"), ("folder", "there")],
)
def test_what_fits(known, context, key, value):
    assert known.find(key)[0].checked(value, context) == value


def test_a_whole_number_stands_for_a_text_and_for_a_number(known, context):
    assert known.find("input")[0].checked(3, context) == "3"
    assert known.find("speed")[0].checked(2, context) == 2.0


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("colour", "green", "'red', 'blue'"),
        ("colour", 3, "'red', 'blue'"),
        ("line_width", "3", "a whole number"),
        ("line_width", True, "a whole number"),
        ("line_width", 10, "at most 9"),
        ("line_width", [], "whole number"),
        ("dry", "yes", "true or false"),
        ("dry", 1, "true or false"),
        ("input", True, "a text in quotes"),
        ("input", {}, "a text in quotes"),
        ("speed", "fast", "number"),
    ],
)
def test_what_does_not_fit_says_what_would(known, context, key, value, what):
    with pytest.raises(Unfit, match=what):
        known.find(key)[0].checked(value, context)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("colour", "blue", "blue"),
        ("line_width", "3", 3),
        ("speed", "2", 2.0),
        ("dry", "yes", True),
        ("echo", "false", False),
        ("input", "3", "3"),
        ("folder", "there", str(Path("there").absolute())),
        ("folder", "~/there", "~/there"),
    ],
)
def test_what_a_person_types_becomes_what_toml_has(known, context, key, text, value):
    made = known.find(key)[0].parsed(text, context)
    assert (made, type(made)) == (value, type(value))


def test_what_a_person_mistypes(known, context):
    with pytest.raises(Unfit, match="whole number"):
        known.find("line_width")[0].parsed("wide", context)


def test_what_may_be_given_several_times(context):
    tools = vocabulary(typer.main.get_command(app)).find("tools", "text")[0]
    whole = str(Path("a.py").absolute())
    assert tools.parsed("a.py", context) == whole
    assert tools.parsed(f"a.py{os.pathsep}~/b.py", context) == [whole, "~/b.py"]
    assert tools.checked("a.py", context) == ["a.py"]
    assert tools.checked(["a.py", "b.py"], context) == ["a.py", "b.py"]
    for wrong in (3, [3], [["a.py"]], True):
        with pytest.raises(Unfit, match="or a list of such texts"):
            tools.checked(wrong, context)


def test_the_nearest_word():
    assert nearest("vioce", ["voice", "volume"]) == "voice"
    assert nearest("zzz", ["voice", "volume"]) is None


def test_what_this_program_can_be_told_collides_with_nothing():
    known = vocabulary(typer.main.get_command(app))
    assert {"talk", "text", "serve"} <= set(known.commands)
    assert {"server", "voice", "vad_level", "input", "llm_url"} <= set(known.keys("talk"))
    assert set(known.keys()).isdisjoint({KEYS, PROFILE, PROFILES, *known.commands, "ask", "help"})
    others = {FILE_VARIABLE, PROFILE_VARIABLE, "REALTIME_CHAT_MODELS", "REALTIME_CHAT_DEBUG", *KEY_VARIABLES}
    every = [setting.variable for settings in known.commands.values() for setting in settings.values()]
    assert others.isdisjoint(every)
