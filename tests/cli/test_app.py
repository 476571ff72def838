import subprocess
import sys

import pytest
from program import COMMAND, Program

from realtime_chat.cli.app import with_command


@pytest.mark.parametrize(
    ("arguments", "is_terminal", "expected"),
    [
        ([], True, ["talk"]),
        ([], False, ["text"]),
        (["--json"], False, ["text", "--json"]),
        (["-v", "--server", "local"], True, ["talk", "-v", "--server", "local"]),
        (["devices", "--json"], True, ["devices", "--json"]),
        (["--help"], True, ["--help"]),
        (["--version"], False, ["--version"]),
        (["--profile", "work"], True, ["--profile", "work", "talk"]),
        (["--profile=work"], False, ["--profile=work", "text"]),
        (["--profile", "work", "--json"], False, ["--profile", "work", "text", "--json"]),
        (["--json", "--profile", "work"], False, ["text", "--json", "--profile", "work"]),
        (["--profile", "work", "talk", "-v"], False, ["--profile", "work", "talk", "-v"]),
        (["--profile", "work", "--help"], True, ["--profile", "work", "--help"]),
        (["--profile"], True, ["--profile"]),
        (["--profile", "a", "--profile=b"], True, ["--profile", "a", "--profile=b", "talk"]),
    ],
)
def test_the_command_that_is_meant(arguments, is_terminal, expected):
    assert with_command(arguments, stdin_is_terminal=is_terminal) == expected


def test_version(program: Program):
    assert program("--version").stdout.startswith(b"realtime-chat ")


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["talk"],
        ["text"],
        ["serve"],
        ["devices"],
        ["models"],
        ["models", "pull"],
        ["config"],
        ["config", "key", "set"],
    ],
)
def test_help_tells_of_every_command(program: Program, command):
    done = program(*command, "--help")
    assert done.returncode == 0
    assert b"Usage: realtime-chat" in done.stdout
    assert done.stderr == b""


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["text", "--nonsense"],
        ["talk", "--vad-level", "9"],
        ["talk", "--turns", "never"],
        ["text", "Hi", "--server", "nonsense"],
        ["text", "Hi", "--llm-model", "x"],
        ["text", "Hi", "--instructions", "@no-such-file"],
        ["talk", "--ask", "Hi", "--input", "x.wav"],
        ["talk", "--ask", " "],
        ["serve", "--port", "70000"],
        ["--profile", "nobody", "talk"],
        ["talk", "--profile", "nobody"],
        ["--profile", "nobody"],
        ["--profile"],
    ],
)
def test_wrong_usage(program: Program, arguments):
    done = program(*arguments)
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"Traceback" not in done.stderr


def test_help_loads_nothing_heavy(program: Program):
    heavy = {"rich", "numpy", "msgspec", "httpx", "asyncio", "prompt_toolkit", "websockets", "sounddevice"}
    heavy |= {"tomlkit", "keyring", "tomllib", "platformdirs", "getpass", "pydantic"}
    code = (
        "import sys; from realtime_chat.cli.app import run_app; run_app(['--help']); "
        f"sys.stderr.write(' '.join({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=program.env, capture_output=True, check=True)
    assert done.stderr == b""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell that closes streams")
@pytest.mark.parametrize("streams", [">&-", "<&- >&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("arguments", ["text hello --server nonsense", "models list", "devices", "--version"])
def test_streams_that_are_closed_from_the_start(program: Program, arguments, streams):
    done = subprocess.run(
        ["/bin/sh", "-c", f"exec {' '.join(COMMAND)} {arguments} {streams}"],
        env=program.env,
        capture_output=True,
        check=False,
    )
    assert done.returncode in {0, 2, 4}
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["text"],
        ["talk"],
        ["serve"],
        ["models"],
        ["models", "pull"],
        ["models", "verify"],
        ["config"],
        ["config", "set"],
    ],
)
def test_help_is_tidy(program: Program, command):
    said = program(*command, "--help").stdout
    assert not [blot for blot in (b"[[", b"<int range>", b"<str>", b"...\n ") if blot in said]


def test_help_names_the_folder_of_the_models(program: Program):
    assert b"REALTIME_CHAT_MODELS" in program("models", "--help").stdout


def test_a_misspelt_variable_is_told_once(program: Program):
    done = program("text", "--server", "http://127.0.0.1:1/v1", "hello", REALTIME_CHAT_VOLUM="1")
    assert done.returncode == 3
    assert done.stderr.count(b"did you mean REALTIME_CHAT_VOLUME?") == 1
