import json
import os
import stat
import sys
from pathlib import Path

import pytest
from program import Program, environment

posix = pytest.mark.skipif(sys.platform == "win32", reason="an editor that is a shell script")


@pytest.fixture
def program(tmp_path) -> Program:
    """The whole program, as a process."""
    return Program(environment(tmp_path / "home"))


@pytest.fixture
def path(program: Program) -> str:
    return program("config", "path").stdout.decode().strip()


def show(program, *arguments, **changes):
    done = program("config", "show", "--json", *arguments, **changes)
    assert (done.returncode, done.stderr) == (0, b"")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return rows[0], {
        (row["command"], row["key"]): (row["value"], row["source"], row["where"])
        for row in rows
        if row["type"] == "setting"
    }


def test_what_is_set_is_shown_until_it_is_unset(program: Program, path):
    file, values = show(program)
    assert file == {"type": "config", "path": path, "exists": False, "profile": None}
    assert values["talk", "vad_level"] == (2, "default", None)
    assert program("config", "set", "vad-level", "3").stdout == b"vad_level = 3\n"
    assert program("config", "set", "talk.voice", "alloy").stdout == b'talk.voice = "alloy"\n'
    assert program("config", "set", "server", "openai", "--profile", "work").returncode == 0
    assert program("--profile", "work", "config", "set", "talk.voice", "echo").returncode == 0
    file, values = show(program)
    assert file["exists"]
    assert values["talk", "vad_level"] == (3, "file", None)
    assert values["talk", "voice"] == ("alloy", "file", "talk")
    file, values = show(program, "--profile", "work")
    assert file["profile"] == "work"
    assert values["text", "server"] == ("openai", "profile", "profiles.work")
    assert values["talk", "voice"] == ("echo", "profile", "profiles.work.talk")
    assert program("config", "set", "profile", "work").returncode == 0
    assert show(program)[0]["profile"] == "work"
    assert program("config", "unset", "profile").returncode == 0
    assert program("config", "unset", "profiles.work").stdout == b"profiles.work is not set any more\n"
    assert program("config", "unset", "talk.voice").returncode == 0
    assert show(program)[1]["talk", "voice"] == (None, "default", None)


def test_the_lines_for_a_person(program: Program, path):
    program("config", "set", "vad_level", "3")
    done = program("config", "show", REALTIME_CHAT_VOICE="alloy")
    lines = {tuple(line.split()) for line in done.stdout.decode().splitlines()}
    assert ("talk.vad_level", "3", "file") in lines
    assert ("talk.voice", '"alloy"', "environment", "REALTIME_CHAT_VOICE") in lines
    assert ("serve.port", "8080", "default") in lines
    assert done.stderr.decode() == f"Config file {path}\n"


def test_what_the_environment_hides_is_said(program: Program):
    done = program("config", "set", "voice", "alloy", REALTIME_CHAT_VOICE="echo")
    assert b"REALTIME_CHAT_VOICE" in done.stderr


def test_nothing_secret_is_shown(program: Program):
    program("config", "set", "server", "wss://anna:hunter22@example.org/v1?key=sk-in-the-query")
    program("config", "set", "instructions", "Say sk-of-openai.")
    done = program("config", "show", OPENAI_API_KEY="sk-of-openai")
    assert b"wss://\xe2\x80\xa6@example.org/v1?\xe2\x80\xa6" in done.stdout
    assert [secret for secret in (b"hunter22", b"sk-") if secret in done.stdout + done.stderr] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["set", "vioce", "x"], "did you mean 'voice'?"),
        (["set", "talk.vad_level", "9"], "at most 3"),
        (["set", "turns", "never"], "'local'"),
        (["set", "talk", "x"], "no setting"),
        (["set", "serve.voice", "x"], "no setting"),
        (["set", "a.b.c", "x"], "no setting"),
        (["set", "keys.mutter", "x"], "mutter"),
        (["set", "profile", "x"], "--profile x"),
        (["set", ".", "x"], "names nothing"),
        (["unset", "voice"], "is not set"),
        (["show", "--profile", "x"], "'x'"),
    ],
)
def test_what_cannot_be(program: Program, arguments, words):
    done = program("config", *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert words in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    "command", [["talk"], ["text", "Hi"], ["serve"], ["config", "show"], ["config", "set", "voice", "x"]]
)
def test_a_broken_file_is_one_sentence(program: Program, path, command):
    program("config", "set", "voice", "x")
    with Path(path).open("a") as file:
        file.write("]nonsense\n")
    done = program(*command)
    assert done.returncode == 2
    assert path in done.stderr.decode()
    assert b"config edit" in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_a_wrong_key_can_be_taken_out(program: Program, path):
    program("config", "set", "voice", "x")
    with Path(path).open("a") as file:
        file.write("vioce = 1\n")
    assert program("config", "show").returncode == 2
    assert program("config", "unset", "vioce").returncode == 0
    assert program("config", "show").returncode == 0


def test_keys_are_kept_as_they_are_named(program: Program, path):
    assert program("config", "set", "keys.mute", "x f5").stdout == b'keys.mute = ["x", "f5"]\n'


def test_what_is_configured_reaches_a_command(program: Program):
    program("config", "set", "server", "nonsense")
    assert b"'nonsense'" in program("text", "Hi").stderr
    program("config", "set", "server", "http://127.0.0.1:1/v1")
    assert program("text", "Hi").returncode == 3
    assert b"other-nonsense" in program("text", "Hi", REALTIME_CHAT_SERVER="other-nonsense").stderr
    assert b"third" in program("text", "Hi", "--server", "third", REALTIME_CHAT_SERVER="other-nonsense").stderr


def test_an_endpoint_that_is_configured_gives_way_to_a_server_that_is_named(program: Program):
    program("config", "set", "llm_url", "http://127.0.0.1:2/v1")
    program("config", "set", "llm_model", "x")
    assert program("text", "Hi", "--server", "http://127.0.0.1:1/v1").returncode == 3
    assert program("text", "Hi", "--server", "http://127.0.0.1:1/v1", "--llm-url", "http://h/v1").returncode == 2


def test_a_microphone_that_is_configured_gives_way_to_a_question(program: Program):
    program("config", "set", "input", "USB")
    done = program("talk", "--ask", "Hello?", "--server", "http://127.0.0.1:1/v1", "--output", "answer.wav")
    assert done.returncode == 3


@posix
def test_the_editor(program: Program, path, tmp_path):
    editor = tmp_path / "my editor"
    editor.write_text('#!/bin/sh\nprintf "%s\\n" "$1" >> "$2"\n')
    editor.chmod(editor.stat().st_mode | stat.S_IXUSR)
    done = program("config", "edit", VISUAL=f"'{editor}' 'vad_level = 1'", EDITOR="not-this-one")
    assert (done.returncode, done.stderr) == (0, b"")
    assert show(program)[1]["talk", "vad_level"][0] == 1
    wrong = program("config", "edit", EDITOR=f"'{editor}' 'vad_level = 9'")
    assert wrong.returncode == 2
    assert b"config edit" in wrong.stderr


@pytest.mark.parametrize(
    ("editor", "words"), [("no-such-editor", b"cannot be started"), ("false", b"ended with 1"), ("'", b"cannot")]
)
@posix
def test_an_editor_that_does_not_work(program: Program, editor, words):
    done = program("config", "edit", EDITOR=editor)
    assert done.returncode == 2
    assert words in done.stderr


def test_another_file(program: Program, tmp_path):
    other = str(tmp_path / "other.toml")
    assert program("text", "Hi", "--server", "nonsense", REALTIME_CHAT_CONFIG=other).returncode == 2
    assert program("config", "set", "server", "elsewhere", REALTIME_CHAT_CONFIG=other).returncode == 0
    assert b"'elsewhere'" in program("text", "Hi", REALTIME_CHAT_CONFIG=other).stderr
    assert program("config", "path", REALTIME_CHAT_CONFIG=other).stdout.decode() == f"{other}\n"
    assert program("config", "show", REALTIME_CHAT_CONFIG=os.devnull).returncode == 0


MCP = """
[mcp.files]
command = "npx -y server --token s3cret-of-files /srv/notes"

[mcp.calendar]
url = "https://anna:s3cret-of-anna@example.org/mcp"
key_variable = "CALENDAR_TOKEN"

[profiles.work.mcp]
files = ""

[profiles.work.mcp.mail]
url = "https://mail.example.org/mcp"
"""


def test_mcp_servers_are_listed_with_where_they_come_from(program: Program, path):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(MCP, encoding="utf-8")
    done = program("config", "show", CALENDAR_TOKEN="s3cret-of-calendar")
    assert (done.returncode, b"s3cret" in done.stdout + done.stderr) == (0, False)
    lines = [line.split() for line in done.stdout.decode().splitlines() if line.startswith("mcp.")]
    assert [(line[0], line[-1]) for line in lines] == [
        ("mcp.files.command", "[mcp.files]"),
        ("mcp.calendar.url", "[mcp.calendar]"),
        ("mcp.calendar.key_variable", "[mcp.calendar]"),
    ]
    done = program("config", "show", "--json", "--profile", "work")
    servers = [row for row in map(json.loads, done.stdout.splitlines()) if row["type"] == "mcp_server"]
    assert [(row["name"], row["url"], row["source"], row["where"]) for row in servers] == [
        ("calendar", "https://[removed]@example.org/mcp", "file", "mcp.calendar"),
        ("mail", "https://mail.example.org/mcp", "profile", "profiles.work.mcp.mail"),
    ]


def test_keys_are_bound_beside_those_that_are_bound_already(program: Program):
    assert program("config", "set", "keys.mute", "f5").returncode == 0
    assert program("config", "set", "keys.quit", "m").returncode == 0
    done = program("config", "set", "keys.voice", "f5")
    assert (done.returncode, b"bound twice" in done.stderr) == (2, True)
    assert program("config", "set", "keys.mute", "f6", "--profile", "work").returncode == 0
    assert program("config", "set", "keys.voice", "f6", "--profile", "work").returncode == 2
    assert program("config", "set", "keys.voice", "f5", "--profile", "work").returncode == 0


def test_keys_are_shown(program: Program):
    program("config", "set", "keys.mute", "f5 x")
    program("config", "set", "keys.quit", "f6", "--profile", "work")
    lines = program("config", "show", "--profile", "work").stdout.decode().splitlines()
    found = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines if line.startswith("keys.")}
    assert found["keys.mute"].split() == ['["f5",', '"x"]', "file", "[keys]"]
    assert found["keys.quit"].split() == ['["f6"]', "profile", "[profiles.work.keys]"]
    assert found["keys.voice"].split() == ['["v"]', "default"]
    rows = [json.loads(line) for line in program("config", "show", "--json").stdout.splitlines()]
    assert {"type": "keys", "action": "mute", "keys": ["f5", "x"], "source": "file", "where": "keys"} in rows


def test_a_profile_that_goes_is_not_chosen_any_more(program: Program):
    program("config", "set", "voice", "alloy", "--profile", "work")
    program("config", "set", "profile", "work")
    done = program("config", "unset", "profiles.work")
    assert done.stdout == b"profiles.work is not set any more\nprofile, which named it, is not set any more\n"
    assert show(program)[0]["profile"] is None


def test_a_choice_of_nothing_says_how_to_take_it_back(program: Program, path):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text('profile = "work"\n')
    done = program("config", "show")
    assert done.returncode == 2
    assert b"realtime-chat config unset profile" in done.stderr
    assert program("config", "unset", "profile").returncode == 0
    assert show(program)[0]["profile"] is None


def test_an_mcp_server_is_set_by_hand(program: Program):
    done = program("config", "set", "mcp.files.command", "cat")
    assert (done.returncode, b"config edit" in done.stderr) == (2, True)


def test_a_path_is_kept_whole(program: Program):
    done = program("config", "set", "tools", "mine/tools.py")
    assert done.stdout.decode().split(" = ") == ["tools", json.dumps(str(Path("mine/tools.py").absolute())) + "\n"]


def test_the_keys_of_the_file_are_checked_against_those_of_each_profile(program: Program):
    assert program("config", "set", "keys.mute", "x", "--profile", "p").returncode == 0
    done = program("config", "set", "keys.quit", "x")
    assert done.returncode == 2
    assert b"the profile 'p'" in done.stderr
    assert b"bound twice" in done.stderr
    assert program("config", "show", "--profile", "p").returncode == 0
    assert program("config", "set", "keys.quit", "f9").returncode == 0
