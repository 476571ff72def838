"""Tools with the real server, whose scripted engines call those that are named."""

import json
import sys
from pathlib import Path

import mcp_notes
import pytest
from program import Program, ScriptedServer

SOURCE = '''
from dataclasses import dataclass
from enum import Enum
from typing import Literal

READ_ONLY = {"forecast", "speech"}

class Unit(Enum):
    CELSIUS = "celsius"
    FAHRENHEIT = "fahrenheit"

@dataclass
class Place:
    city: str
    country: str | None

def forecast(place: Place, unit: Unit, when: Literal["now", "later"], days: list[int] = []) -> str:
    """Say the weather."""
    return "cold"

def speech() -> str:
    """Say what was said."""
    return "words"

def launch(count: int) -> str:
    """Launch it."""
    return "launched"
'''


@pytest.fixture
def tools(tmp_path: Path) -> str:
    path = tmp_path / "tools.py"
    path.write_text(SOURCE)
    return str(path)


def lines_of(output: bytes, kind: str) -> list[dict]:
    return [line for line in map(json.loads, output.decode().splitlines()) if line["type"] == kind]


def test_a_call_and_the_answer_that_it_leads_to(client: Program, scripted: ScriptedServer, tools):
    done = client("text", "forecast please", "--tools", tools, "--server", scripted.url)
    assert (done.stdout, done.returncode) == (b"The tool forecast said: cold\n", 0)


def test_several_calls_and_one_turn(client: Program, scripted: ScriptedServer, tools):
    done = client("text", "forecast and launch", "--tools", tools, "--yes", "--json", "--server", scripted.url)
    outcomes = {line["name"]: line["outcome"] for line in lines_of(done.stdout, "tool_result")}
    assert outcomes == {"forecast": "done", "launch": "done"}
    (turn,) = lines_of(done.stdout, "turn")
    words = lines_of(done.stdout, "transcript")[-1]["text"].split()
    assert turn["usage"]["output_tokens"] > len(words)  # the calls cost something, too
    assert lines_of(done.stdout, "error") == []


def test_a_call_that_is_not_allowed(client: Program, scripted: ScriptedServer, tools):
    done = client("text", "launch it", "--tools", tools, "--server", scripted.url)
    assert b"Nobody is there to allow this call" in done.stdout
    assert done.returncode == 0


def test_calls_in_a_conversation_of_several_turns(client: Program, scripted: ScriptedServer, tools):
    done = client("text", "--lines", "--tools", tools, "--server", scripted.url, stdin=b"forecast\nhello\nspeech\n")
    assert done.stdout.decode().splitlines() == [
        "The tool forecast said: cold",
        "You said: hello",
        "The tool speech said: words",
    ]


def test_a_tool_of_an_mcp_server(client: Program, scripted: ScriptedServer):
    command = f"{sys.executable} {mcp_notes.__file__}"
    done = client("text", "add two numbers", "--mcp", command, "--server", scripted.url)
    assert (done.stdout, done.returncode) == (b"The tool add said: 0\n", 0)


@pytest.mark.parametrize("turns", ["local", "server"])
def test_a_spoken_question_may_call_a_tool_and_the_answer_is_spoken(
    client: Program, scripted: ScriptedServer, sounds: Path, tools, turns, tmp_path
):
    """What the scripted engine hears has the word speech in it, which is the name of a tool here."""
    files = ("--input", str(sounds / "question.wav"), "--output", str(tmp_path / "answer.wav"))
    done = client("talk", *files, "--tools", tools, "--turns", turns, "--json", "--server", scripted.url)
    assert done.returncode == 0, done.stderr
    (result,) = lines_of(done.stdout, "tool_result")
    assert (result["name"], result["outcome"], result["output"]) == ("speech", "done", "words")
    said = [line["text"] for line in lines_of(done.stdout, "transcript") if line["role"] == "assistant"]
    assert said[-1] == "The tool speech said: words"
    (turn,) = lines_of(done.stdout, "turn")
    assert turn["voice_to_voice_ms"] > 0
    assert (tmp_path / "answer.wav").stat().st_size > 10_000
