import os
import re
import sys
import tomllib
from pathlib import Path

import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_chat.cli.app import app
from realtime_chat.cli.config.document import LARGEST, check_document, find_profile, read_document, shown
from realtime_chat.cli.config.settings import vocabulary
from realtime_chat.cli.endings import Exit, ending_of
from realtime_chat.cli.errors import BadConfig


@pytest.fixture
def check(context):
    return lambda: check_document(read_document(), vocabulary(context.command), context)


def test_no_file_says_nothing(check):
    assert read_document() == {}
    check()


def test_everything_there_is(config, check):
    config("""
        profile = "work"
        colour = "blue"
        input = 3
        where = ""
        [paint]
        line_width = 3
        [keys]
        mute = ["x"]
        talk = []
        [profiles.work]
        colour = "red"
        [profiles.work.hang]
        where = "door"
        [profiles.work.keys]
        mute = "y"
    """)
    check()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("color = 'red'", ["'color'", "did you mean 'colour'?"]),
        ("zzz = 1", ["'zzz'", "config show"]),
        ("[paint]\nwhere = 'x'", ["'paint.where'", "no setting"]),
        ("[pain]\ncolour = 'red'", ["'pain'", "did you mean 'paint'?"]),
        ("[profiles.work.hang]\nwere = 'x'", ["'profiles.work.hang.were'", "did you mean 'where'?"]),
        ("[profiles.work]\nprofile = 'x'", ["'profiles.work.profile'", "no setting"]),
        ("[profiles.work.profiles.x]\n", ["'profiles.work.profiles'"]),
        ("line_width = 'wide'", ["'line_width'", '"wide"', "a whole number"]),
        ("[paint]\nline_width = 12", ["'paint.line_width'", "12", "at most 9"]),
        ("paint = 1", ["'paint'", "[paint]"]),
        ("keys = 'm'", ["'keys'", "[keys]"]),
        ("keys.mute = 'zz'", ["[keys]", "'zz'", "mute"]),
        ("keys.mutter = 'x'", ["[keys]", "'mutter'"]),
        ("keys.mute = 'f5'\nkeys.quit = 'f5'", ["[keys]", "'f5'", "bound twice"]),
        ("keys.mute = 'f5'\nprofiles.work.keys.quit = 'f5'", ["[profiles.work.keys]", "bound twice"]),
        ("profiles = 'm'", ["'profiles'", "[profiles]"]),
        ("profiles.work = 'm'", ["'profiles.work'", "[profiles.work]"]),
        ("profile = 3", ["'profile'", "name of a profile"]),
        ("profile = 'wrok'\n[profiles.work]", ["'wrok'", "did you mean 'work'?"]),
        ("profile = 'x'\n[profiles.work]\n[profiles.home]", ["'x'", "home, work"]),
        ("profile = 'x'", ["'x'", "--profile x"]),
        ("colour = \n", ["line 1", "config edit"]),
        ("x = " + "[" * 5000, ["config edit"]),
        ("x = " + "9" * 5000, ["config edit"]),
        ("colour = '\\u001b[31m'", ["'colour'"]),
    ],
)
def test_what_is_wrong_is_one_sentence_with_the_file_and_the_key(config, check, text, words):
    path = config(text)
    with pytest.raises(BadConfig) as refused:
        check()
    ending = ending_of(refused.value)
    assert ending.code is Exit.WRONG_USAGE
    assert [word for word in [str(path), *words] if word not in ending.sentence] == []
    assert "\x1b" not in ending.sentence
    assert "\n" not in ending.sentence


def test_a_file_that_is_no_text(config, check):
    config("").write_bytes(b"\xff\xfe")
    with pytest.raises(BadConfig, match="UTF-8"):
        check()


def test_a_file_that_never_ends(config, check):
    config("# " + "x" * LARGEST)
    with pytest.raises(BadConfig, match="1 MB"):
        check()


def test_a_folder_in_the_place_of_the_file(own_config, check):
    (own_config / "config.toml").mkdir(parents=True)
    with pytest.raises(BadConfig, match="cannot be read"):
        check()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(config, check):
    config("").chmod(0)
    with pytest.raises(BadConfig, match="cannot be read"):
        check()


def test_another_file_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.setenv("REALTIME_CHAT_CONFIG", str(tmp_path / "other.toml"))
    with pytest.raises(BadConfig, match=r"REALTIME_CHAT_CONFIG names .*other.toml"):
        read_document()
    (tmp_path / "other.toml").write_text("colour = 'blue'")
    assert read_document() == {"colour": "blue"}
    monkeypatch.setenv("REALTIME_CHAT_CONFIG", os.devnull)
    assert read_document() == {}
    monkeypatch.setenv("REALTIME_CHAT_CONFIG", " ")
    assert read_document() == {}


def test_a_profile_is_found_by_its_name():
    assert find_profile({"profiles": {"work": {"colour": "red"}}}, "work", "--profile") == {"colour": "red"}
    with pytest.raises(BadConfig, match="--profile names the profile 'x'"):
        find_profile({"profiles": 3}, "x", "--profile")


def test_a_long_value_is_cut():
    assert len(shown("x" * 500)) == 60
    assert shown(["a", 'b"']) == '["a", "b\\""]'


LEAVES = st.one_of(st.booleans(), st.integers(), st.floats(), st.text(), st.dates(), st.lists(st.integers()))
NAMES = st.sampled_from(["colour", "paint", "hang", "keys", "profile", "profiles", "line_width", "where"]) | st.text()
TABLES = st.recursive(
    st.dictionaries(NAMES, LEAVES), lambda inner: st.dictionaries(NAMES, LEAVES | inner), max_leaves=20
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TABLES)
def test_whatever_a_file_says_it_is_right_or_refused(context, table):
    try:
        check_document(table, vocabulary(context.command), context)
    except BadConfig as refused:
        assert ending_of(refused).sentence  # noqa: PT017 - either way is fine, but no other error


def test_the_example_of_the_documentation_is_right():
    page = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text(encoding="utf-8")
    example = re.search(r"```toml\n(.*?)```", page, re.DOTALL)
    assert example
    program = typer.main.get_command(app)
    with program.make_context("realtime-chat", ["talk"]) as context:
        check_document(tomllib.loads(example[1]), vocabulary(program), context)
