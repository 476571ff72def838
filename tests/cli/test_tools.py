"""Tools in `text` and `talk` as processes, against a server that calls what it is told to call."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import mcp_notes
import pytest
from calling_server import CallingServer
from program import COMMAND, Program, environment
from synthetic_voice import silence
from terminal_shell import TerminalShell

from realtime_chat.audio.files import write_wav
from realtime_chat.cli.consent import READ_S

SOURCE = '''
import time
READ_ONLY = {"weather", "slow"}

def weather(city: str) -> str:
    """Say the weather."""
    print("looking")
    return f"12 degrees in {city}"

def pay(sum: int) -> str:
    """Pay."""
    return f"paid {sum}"

def slow() -> str:
    time.sleep(600)
'''
NOTES = f"{sys.executable} {mcp_notes.__file__}"


@pytest.fixture
def tools(tmp_path: Path) -> str:
    path = tmp_path / "tools.py"
    path.write_text(SOURCE)
    return str(path)


@pytest.fixture
def server() -> Iterator[CallingServer]:
    one = CallingServer()
    yield one
    one.stop()


def lines_of(output: bytes) -> list[dict]:
    return [json.loads(line) for line in output.decode().splitlines()]


def test_the_answer_alone_comes_out(program: Program, server, tools):
    done = program("text", 'weather {"city": "Paris"}', "--tools", tools, "--server", server.url)
    assert (done.stdout, done.returncode) == (b"Results: 12 degrees in Paris\n", 0)
    said = done.stderr.decode().splitlines()
    assert said[0] == 'calls weather(city="Paris")'
    assert said[1].startswith("weather: 12 degrees in Paris (")
    assert len(said) == 2


def test_quietly(program: Program, server, tools):
    done = program("text", 'weather {"city": "Paris"}', "--tools", tools, "--server", server.url, "--quiet")
    assert (done.stdout, done.stderr) == (b"Results: 12 degrees in Paris\n", b"")


def test_each_line_may_call_tools(program: Program, server, tools):
    lines = b'weather {"city": "A"}\nhello\nweather {"city": "B"}\n'
    done = program("text", "--lines", "--tools", tools, "--server", server.url, stdin=lines)
    answers = done.stdout.decode().splitlines()
    assert [answers[0], answers[1]] == ["Results: 12 degrees in A", "You said: hello"]
    assert "12 degrees in B" in answers[2]
    assert done.returncode == 0


@pytest.mark.parametrize(("options", "outcome"), [([], "refused"), (["--yes"], "done")])
def test_nothing_is_changed_without_somebody_who_allows_it(program: Program, server, tools, options, outcome):
    done = program("text", 'pay {"sum": 3}', "--tools", tools, "--server", server.url, "--json", *options)
    said = lines_of(done.stdout)
    kinds = [line["type"] for line in said if line["type"].startswith("tool")]
    assert kinds == ["tool_call", "tool_result"]
    (result,) = [line for line in said if line["type"] == "tool_result"]
    assert (result["name"], result["outcome"]) == ("pay", outcome)


def test_a_call_that_takes_too_long(program: Program, server, tools):
    done = program("text", "slow {}", "--tools", tools, "--tool-seconds", "1", "--server", server.url)
    assert b"timed_out" in done.stdout
    assert b"slow took too long" in done.stderr
    assert done.returncode == 0


def test_tools_of_an_mcp_server_and_of_a_file(program: Program, server, tools):
    message = 'add {"a": 2, "b": 3} weather {"city": "Rome"} add {"a": "x"}'
    done = program("text", message, "--mcp", NOTES, "--tools", tools, "--server", server.url)
    assert b"12 degrees in Rome" in done.stdout
    assert b"add: 5 (" in done.stderr
    assert b"add was called with wrong arguments" in done.stderr
    assert server.callers[0].tools == [
        "weather",
        "pay",
        "slow",
        "add",
        "keep_note",
        "environment",
        "picture",
        "spell",
        "crash",
    ]


@pytest.fixture
def more(tmp_path: Path) -> str:
    path = tmp_path / "more.py"
    path.write_text("READ_ONLY = {'season'}\ndef season(city: str) -> str: return f'autumn in {city}'\n")
    return str(path)


def test_functions_of_several_files(program: Program, server, tools, more):
    message = 'season {"city": "Oslo"} weather {"city": "Rome"}'
    done = program("text", message, "--tools", tools, "--tools", more, "--tools", more, "--server", server.url)
    assert done.stderr.count(b"calls ") == 2
    assert (done.returncode, b"12 degrees in Rome" in done.stdout, b"autumn in Oslo" in done.stdout) == (0, True, True)
    assert server.callers[0].tools == ["weather", "pay", "slow", "season"]


@pytest.mark.parametrize("as_variable", [True, False])
def test_an_empty_part_of_what_is_configured_is_none(program: Program, server, tools, tmp_path, as_variable):
    config = tmp_path / "config.toml"
    config.write_text("" if as_variable else f"tools = {json.dumps(['', tools, ''])}\n")
    configured = {"REALTIME_CHAT_CONFIG": str(config)}
    configured |= {"REALTIME_CHAT_TOOLS": os.pathsep.join(["", tools, ""])} if as_variable else {}
    done = program("text", "hello", "--server", server.url, **configured)
    assert (done.returncode, done.stderr) == (0, b"")
    assert server.callers[0].tools == ["weather", "pay", "slow"]
    shown = program("config", "show", "--json", **configured).stdout.splitlines()
    values = [row["value"] for row in map(json.loads, shown) if row.get("key") == "tools"]
    assert values in ([tools] * 2, [[tools]] * 2)


@pytest.mark.parametrize("as_variable", [True, False])
def test_several_files_are_configured(program: Program, server, tools, more, tmp_path, as_variable):
    config = tmp_path / "config.toml"
    config.write_text("" if as_variable else f"tools = {json.dumps([tools, more])}\n")
    configured = {"REALTIME_CHAT_CONFIG": str(config)}
    configured |= {"REALTIME_CHAT_TOOLS": os.pathsep.join([tools, more])} if as_variable else {}
    assert program("text", "hello", "--server", server.url, **configured).returncode == 0
    assert server.callers[0].tools == ["weather", "pay", "slow", "season"]
    shown = program("config", "show", "--json", **configured).stdout.splitlines()
    values = [row["value"] for row in map(json.loads, shown) if row.get("key") == "tools"]
    assert values == [[tools, more]] * 2
    assert program("text", "hello", "--tools", more, "--server", server.url, **configured).returncode == 0
    assert server.callers[1].tools == ["season"]


def test_functions_of_the_same_name_in_two_files(program: Program, server, more, tmp_path):
    (tmp_path / "again.py").write_text("def season() -> str: ...\n")
    done = program("text", "hello", "--tools", more, "--tools", str(tmp_path / "again.py"), "--server", server.url)
    assert (done.returncode, done.stdout, server.callers) == (1, b"", [])
    assert b"more.py" in done.stderr
    assert b"again.py" in done.stderr
    assert b"both have a function season: rename one" in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_both_in_the_config_file(program: Program, server, tools, tmp_path):
    config = tmp_path / "config.toml"
    command = json.dumps([sys.executable, mcp_notes.__file__])
    config.write_text(f'tools = {json.dumps(tools)}\n[mcp.notes]\ncommand = {command}\nenvironment = ["MINE"]\n')
    done = program(
        "text",
        'weather {"city": "Rome"} environment {}',
        "--yes",
        "--server",
        server.url,
        REALTIME_CHAT_CONFIG=str(config),
        MINE="x",
        OTHER="y",
    )
    assert b"12 degrees in Rome" in done.stdout
    assert b"MINE" in done.stdout
    assert b"OTHER" not in done.stdout


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--tools", "nothing.py"], 1, b"no such file"),
        (["--mcp", "no-such-command-anywhere"], 1, b"no such command"),
        (["--mcp", "'"], 2, b"quotes"),
        (["--tools", ""], 2, b"--tools takes a Python file"),
        (["--tool-seconds", "0"], 2, b"tool-seconds"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(program: Program, server, options, code, said):
    done = program("text", "hello", *options, "--server", server.url)
    assert (done.returncode, done.stdout) == (code, b"")
    assert said in done.stderr
    assert server.callers == []


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[TerminalShell]:
    one = TerminalShell(tmp_path, environment(tmp_path / "home"))
    yield one
    one.close()


pseudo_terminals = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")


@pseudo_terminals
@pytest.mark.parametrize(
    ("keys", "answer"), [("y\r", "Results: paid 3"), ("n\r", "refused"), ("\r", "refused"), ("\x03", "refused")]
)
def test_a_question_in_a_typed_conversation(shell, server, tools, keys, answer):
    shell.run(*COMMAND, "text", "--tools", tools, "--server", server.url)
    shell.shows("> ")
    shell.press('pay {"sum": 3}\r')
    shell.shows("calls pay(sum=3)", "May it call pay(sum=3)? [y/N]")
    shell.press(keys)
    shell.shows(answer)
    shell.press("hello\r")
    shell.shows("You said: hello")
    shell.press("\x04")
    assert shell.ended() == 0
    shell.assert_is_as_it_was()


@pseudo_terminals
def test_whoever_stops_a_tool_is_not_told_that_the_server_failed(shell, server, tools):
    shell.run(*COMMAND, "text", "--tools", tools, "--server", server.url)
    shell.shows("> ")
    shell.press("slow {}\r")
    shell.shows("calls slow()")
    shell.press("\x03")
    shell.shows("^C")
    shell.press("hello\r")
    shell.shows("You said: hello", but=("no whole answer",))
    shell.press("\x04")
    assert shell.ended() == 0


@pseudo_terminals
@pytest.mark.parametrize(("keys", "code"), [(("\x03", "\x04"), 0), (("\x03", "\x03"), 130)])
def test_a_tool_that_still_runs_when_a_typed_conversation_ends_was_interrupted(shell, server, tools, keys, code):
    shell.run(*COMMAND, "text", "--tools", tools, "--server", server.url)
    shell.shows("> ")
    shell.press("slow {}\r")
    shell.shows("calls slow()")
    shell.press(keys[0])
    shell.wait_for(lambda: shell.shown[-1].endswith(">"), "the prompt")
    shell.press(keys[1])
    assert shell.ended() == code
    shell.shows("slow was interrupted")


@pseudo_terminals
@pytest.mark.parametrize(("key", "code"), [("q", 0), ("\x03", 130)])
def test_a_tool_that_still_runs_when_a_talk_ends_was_interrupted(shell, server, tools, key, code, tmp_path):
    write_wav(tmp_path / "silence.wav", silence(60_000))
    files = ("--input", tmp_path / "silence.wav", "--output", tmp_path / "answer.wav")
    shell.run(*COMMAND, "talk", *files, "--tools", tools, "--server", server.url)
    shell.shows("listening", "q quit")
    shell.press("tslow {}\r")
    shell.shows("calls slow()", "thinking")
    shell.press(key)
    assert shell.ended() == code
    shell.shows("slow was interrupted")
    shell.assert_is_as_it_was()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_tool_that_still_runs_at_the_end_has_an_outcome(program: Program, server, tools):
    process = program.start("text", "--lines", "--json", "--tools", tools, "--server", server.url)
    with process:
        process.stdin.write(b"slow {}\n")
        process.stdin.flush()
        while json.loads(process.stdout.readline())["type"] != "tool_call":
            pass
        process.send_signal(signal.SIGINT)
        result, closed = lines_of(process.stdout.read())
        process.stdin.close()
    assert process.returncode == 130
    assert (result["type"], result["name"], result["outcome"]) == ("tool_result", "slow", "interrupted")
    assert "may have had its effect" in result["output"]
    assert result["ms"] > 0
    assert closed["type"] == "closed"


@pseudo_terminals
@pytest.mark.parametrize(("keys", "said"), [("y", "pay: paid 3"), ("n", "pay was not allowed"), (" ", "interrupted")])
def test_a_question_in_a_spoken_conversation(shell, server, tools, keys, said, tmp_path):
    write_wav(tmp_path / "silence.wav", silence(60_000))
    files = ("--input", tmp_path / "silence.wav", "--output", tmp_path / "answer.wav")
    shell.run(*COMMAND, "talk", *files, "--tools", tools, "--server", server.url)
    shell.shows("listening", "q quit")
    shell.press("t")
    shell.shows("Enter sends")
    shell.press('pay {"sum": 3}\r')
    shell.shows("calls pay(sum=3)", "May it call pay(sum=3)? y/n", "y allows it")
    time.sleep(READ_S)  # it has to be read
    shell.press(keys)
    shell.shows(said, "listening", "q quit", but=("May it call",))
    shell.press("q")
    assert shell.ended() == 0
    shell.assert_is_as_it_was()


def test_a_spoken_conversation_without_a_terminal(program: Program, server, tools, tmp_path):
    write_wav(tmp_path / "silence.wav", silence(500))
    files = ("--input", str(tmp_path / "silence.wav"), "--output", str(tmp_path / "answer.wav"))
    done = program("talk", *files, "--tools", tools, "--server", server.url)
    assert done.returncode == 1
    assert b"No speech was found" in done.stderr
    assert server.callers[0].tools == ["weather", "pay", "slow"]
