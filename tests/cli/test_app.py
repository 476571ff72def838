import pytest
from program import Program

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
    ],
)
def test_the_command_that_is_meant(arguments, is_terminal, expected):
    assert with_command(arguments, stdin_is_terminal=is_terminal) == expected


def test_version(program: Program):
    assert program("--version").stdout.startswith(b"realtime-chat ")


@pytest.mark.parametrize("command", [[], ["talk"], ["text"], ["serve"], ["devices"], ["models"], ["models", "pull"]])
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
    ],
)
def test_wrong_usage(program: Program, arguments):
    done = program(*arguments)
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"Traceback" not in done.stderr


def test_help_loads_nothing_heavy(program: Program):
    import subprocess
    import sys

    heavy = {"rich", "numpy", "msgspec", "httpx", "asyncio", "prompt_toolkit", "websockets", "sounddevice"}
    code = (
        "import sys; from realtime_chat.cli.app import run_app; run_app(['--help']); "
        f"sys.stderr.write(' '.join({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=program.env, capture_output=True, check=True)
    assert done.stderr == b""
