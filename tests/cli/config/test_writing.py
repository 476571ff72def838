import os
import stat
import sys
import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_chat.cli.config.places import config_file
from realtime_chat.cli.config.writing import make_file, set_value, unset_value, write_privately
from realtime_chat.cli.errors import BadConfig

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and links")


def test_comments_and_order_stay(config):
    path = config('# mine\ncolour = "red"  # why\n\n[paint]\nspeed = 2\n')
    set_value(["line_width"], 3)
    set_value(["colour"], "blue")
    set_value(["paint", "input"], "USB")
    set_value(["profiles", "work", "paint", "echo"], False)
    assert path.read_text() == (
        '# mine\ncolour = "blue"  # why\nline_width = 3\n\n[paint]\nspeed = 2\ninput = "USB"\n\n'
        "[profiles.work.paint]\necho = false\n"
    )
    assert unset_value(["paint", "speed"])
    assert unset_value(["profiles"])
    assert path.read_text() == '# mine\ncolour = "blue"  # why\nline_width = 3\n\n[paint]\ninput = "USB"\n'


@posix
def test_a_new_file_and_its_folder_are_the_owners(own_config):
    set_value(["colour"], "blue")
    assert stat.S_IMODE(own_config.stat().st_mode) == 0o700
    assert stat.S_IMODE(config_file().stat().st_mode) == 0o600
    assert [path.name for path in own_config.iterdir()] == ["config.toml"]


@posix
def test_an_older_file_keeps_its_mode_and_a_link_stays_one(own_config, config, tmp_path):
    path = config("")
    path.rename(tmp_path / "dotfile.toml")
    (tmp_path / "dotfile.toml").chmod(0o644)
    path.symlink_to(tmp_path / "dotfile.toml")
    set_value(["colour"], "blue")
    assert path.is_symlink()
    assert (tmp_path / "dotfile.toml").read_text() == 'colour = "blue"\n'
    assert stat.S_IMODE((tmp_path / "dotfile.toml").stat().st_mode) == 0o644


def test_what_is_not_there_cannot_be_unset(config):
    path = config("[paint]\nspeed = 2\n")
    assert not unset_value(["colour"])
    assert not unset_value(["hang", "where"])
    assert path.read_text() == "[paint]\nspeed = 2\n"


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("nonsense", ["colour"], "config edit"),
        ("paint = 1", ["paint", "colour"], "'paint' .* is no table"),
        ("[paint]", ["paint"], "'paint' is a table"),
    ],
)
def test_what_cannot_be_changed_stays(config, text, where, words):
    path = config(text)
    with pytest.raises(BadConfig, match=words):
        set_value(where, "x")
    assert path.read_text() == text


def test_a_place_that_takes_no_file(own_config, tmp_path, monkeypatch):
    own_config.write_text("a file where the folder would be")
    with pytest.raises(BadConfig, match="cannot be"):
        set_value(["colour"], "blue")
    monkeypatch.setenv("REALTIME_CHAT_CONFIG", str(tmp_path))
    with pytest.raises(BadConfig, match="cannot be"):
        set_value(["colour"], "blue")


@posix
def test_what_is_no_ordinary_file_is_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="no ordinary file"):
        write_privately(pipe, "x")
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_half_a_file_is_never_left(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_text("whole")

    def fail(_descriptor):
        raise OSError("full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="full"):
        write_privately(path, "half")
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_made_once(own_config):
    assert make_file("# first\n").read_text() == "# first\n"
    assert make_file("# second\n").read_text() == "# first\n"


VALUES = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text() | st.lists(st.text())


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES, st.lists(st.sampled_from(["colour", "paint", "ü x", "."]), min_size=1, max_size=3, unique=True))
def test_what_was_set_is_read_again(config, value, where):
    path = config("# mine\n")
    set_value(where, value)
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    for name in where:
        found = found[name]
    assert found == value
    assert path.read_text(encoding="utf-8").startswith("# mine\n")
