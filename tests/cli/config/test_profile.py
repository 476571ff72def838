import pytest
import typer

from realtime_chat.cli.config.profile import Configuration, Origin, Source, configuration, is_given
from realtime_chat.cli.errors import BadConfig

FILE = """
    line_width = 3
    colour = "blue"
    [paint]
    input = 7
    [keys]
    mute = "x"
    [profiles.work]
    line_width = 4
    echo = false
    [profiles.work.paint]
    speed = 2
    [profiles.work.keys]
    quit = "q"
    [profiles.home]
    input = ""
"""


def test_nothing_is_configured(run, seen):
    run("paint")
    assert (seen["source"], seen["colour"], seen["width"], seen["profile"], seen["typed"]) == (
        None,
        "red",
        2,
        "",
        set(),
    )


def test_the_file(run, seen, config):
    config(FILE)
    run("paint")
    assert (seen["source"], seen["colour"], seen["width"], seen["keys"]) == ("7", "blue", 3, {"mute": "x"})
    run("hang")
    assert seen["where"] == "wall"


@pytest.mark.parametrize(
    ("before", "after", "variable"),
    [
        (["--profile", "work"], [], ""),
        ([], ["--profile=work"], ""),
        ([], [], "work"),
        ([], ["--profile", "work"], "home"),
        (["--profile", "work"], [], "home"),
        (["--profile", "home"], ["--profile", "work"], ""),
    ],
)
def test_a_profile_wherever_it_is_named(run, seen, config, monkeypatch, before, after, variable):
    config(FILE)
    monkeypatch.setenv("REALTIME_CHAT_PROFILE", variable)
    run(*before, "paint", *after)
    assert (seen["profile"], seen["width"], seen["echo"], seen["speed"]) == ("work", 4, False, 2.0)
    assert seen["keys"] == {"mute": "x", "quit": "q"}


def test_the_profile_that_the_file_names_and_none_at_all(run, seen, config):
    config(f'profile = "home"\n{FILE}')
    run("paint")
    assert (seen["profile"], seen["source"]) == ("home", None)
    run("paint", "--profile", "")
    assert (seen["profile"], seen["source"]) == ("", "7")


def test_the_environment_goes_before_a_profile_and_the_command_line_before_both(run, seen, config, monkeypatch):
    config(FILE)
    monkeypatch.setenv("REALTIME_CHAT_LINE_WIDTH", "5")
    monkeypatch.setenv("REALTIME_CHAT_DRY", "yes")
    run("paint", "--profile", "work")
    assert (seen["width"], seen["dry"], seen["typed"]) == (5, True, set())
    run("paint", "--profile", "work", "-w", "6", "--echo")
    assert (seen["width"], seen["echo"], seen["typed"]) == (6, True, {"line_width", "echo"})


@pytest.mark.parametrize("blank", ["", "  \t"])
def test_a_blank_variable_is_none(run, seen, config, monkeypatch, blank):
    config(FILE)
    for name in ("LINE_WIDTH", "COLOUR", "INPUT", "PROFILE", "DRY"):
        monkeypatch.setenv(f"REALTIME_CHAT_{name}", blank)
    run("paint")
    assert (seen["source"], seen["colour"], seen["width"], seen["profile"]) == ("7", "blue", 3, "")


def test_a_variable_that_cannot_be(run, monkeypatch):
    monkeypatch.setenv("REALTIME_CHAT_LINE_WIDTH", "wide")
    run("hang")  # it has no such option
    with pytest.raises(BadConfig, match=r"REALTIME_CHAT_LINE_WIDTH cannot be 'wide'.* unset it"):
        run("paint")


def test_a_profile_that_is_not_there(run, config, monkeypatch):
    config(FILE)
    with pytest.raises(BadConfig, match=r"--profile names the profile 'wrk'.*did you mean 'work'"):
        run("paint", "--profile", "wrk")
    monkeypatch.setenv("REALTIME_CHAT_PROFILE", "x")
    with pytest.raises(BadConfig, match=r"REALTIME_CHAT_PROFILE names .* home, work"):
        run("paint")


def test_a_command_without_profiles_does_not_mind_the_file(run, config):
    config("nonsense")
    run("sell")
    with pytest.raises(BadConfig):
        run("paint")


def test_help_does_not_mind_the_file_either(run, config, capsys):
    config("nonsense")
    run("paint", "--help")
    assert "--line-width" in capsys.readouterr().out


def test_where_each_value_comes_from(program, config, monkeypatch):
    config(FILE)
    monkeypatch.setenv("REALTIME_CHAT_SPEED", "3")
    command = typer.main.get_command(program)
    with (
        command.make_context("program", ["paint"]) as root,
        command.commands["paint"].make_context("paint", ["--profile=work", "--dry"], parent=root) as context,
    ):
        found = configuration(context)
        origins = {key: found.origin(context, key) for key in found.settings}
        assert is_given(context, "dry")
    assert origins == {
        "input": Origin(Source.FILE, "paint"),
        "colour": Origin(Source.FILE),
        "line_width": Origin(Source.PROFILE, "profiles.work"),
        "echo": Origin(Source.PROFILE, "profiles.work"),
        "speed": Origin(Source.ENVIRONMENT, "REALTIME_CHAT_SPEED"),
        "dry": Origin(Source.FLAG),
        "folder": Origin(Source.DEFAULT),
        "varnish": Origin(Source.DEFAULT),
    }
    assert [str(origins[key]) for key in ("input", "colour", "line_width", "speed", "dry", "folder")] == [
        "file [paint]",
        "file",
        "profile [profiles.work]",
        "environment REALTIME_CHAT_SPEED",
        "flag",
        "default",
    ]


def test_keys_are_bound_as_the_file_says(tmp_path):
    from realtime_chat.cli.bindings import Action
    from realtime_chat.session.settings import TurnMode

    path = tmp_path / "config.toml"
    bindings = Configuration(path, keys={"mute": "x"}).bindings()
    assert bindings.keys_of(Action.MUTE, TurnMode.LOCAL) == ("x",)
    with pytest.raises(BadConfig, match=r"\[keys\] in .*config.toml"):
        Configuration(path, keys={"mutter": "x"}).bindings()
