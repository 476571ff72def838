"""What the documents tell a person to type is typed here, as it stands there."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from program import environment

from realtime_chat.server.models.manifest import DEFAULT
from realtime_chat.server.models.store import ModelStore, Status, default_root
from realtime_chat.session.tools.python_file import python_tools

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def typed(program: str) -> list[str]:
    """The lines of the documents' shell blocks in which ``program`` is run, without their comments."""
    blocks = [block for document in DOCUMENTS for block in BLOCK.findall(document.read_text(encoding="utf-8"))]
    lines = [re.split(r"\s+# ", line)[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in dict.fromkeys(lines) if re.search(rf"(^|\| ){program}\b", line)]


def example(document: str) -> str:
    """The first Python file that a document shows."""
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    found = re.search(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


WITHOUT_DEVICES = {
    "realtime-chat talk": 4,
    "realtime-chat talk --record talk.wav": 4,
    "realtime-chat devices": 4,
    "realtime-chat devices --test": 4,
    "realtime-chat doctor": 1,
    "realtime-chat text": 2,
}
"""What ends otherwise than with 0 where there is neither a sound device nor anything on standard input."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Path:
    """A folder with the files that the documents speak of."""
    store = ModelStore(default_root())
    if any(store.status(model) is not Status.PRESENT for model in DEFAULT):
        pytest.skip("the models are not here: run `realtime-chat models pull`")
    folder = tmp_path_factory.mktemp("desk")
    (folder / "notes.txt").write_text("The meeting is on Monday at ten. Anna brings the cake.\n")
    (folder / "tools.py").write_text(example("tools.md"))
    (folder / "questions.txt").write_text("What is the capital of France?\nAnd of Italy?\n")
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> dict[str, str]:
    """The environment of a person with the models and no sound device."""
    env = environment(tmp_path_factory.mktemp("home"), REALTIME_CHAT_MODELS=str(default_root()))
    return env | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"}


@pytest.mark.engines
@pytest.mark.parametrize("line", [line for line in typed("realtime-chat") if "serve" not in line])
def test_a_command_does_what_it_is_there_for(line, desk, home):
    if "question.wav" in line and not (desk / "question.wav").exists():
        ask = [
            "realtime-chat",
            "talk",
            "--ask",
            "What is the capital of France?",
            "--output",
            "question.wav",
            "--quiet",
        ]
        subprocess.run(ask, cwd=desk, env=home, stdin=subprocess.DEVNULL, check=True, timeout=120)
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=desk,
        env=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == WITHOUT_DEVICES.get(line, 0), done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert done.stdout or done.returncode or "pull" in line or "verify" in line


@pytest.mark.engines
@pytest.mark.parametrize("line", [line for line in typed("realtime-chat") if "serve" in line])
def test_a_server_serves_until_it_is_stopped(line, desk, home):
    line = re.sub(r"--port \d+", "", line) + " --port 0"
    process = subprocess.Popen(["bash", "-c", f"exec {line}"], cwd=desk, env=home, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert "http://127.0.0.1:" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 0


async def test_the_tools_that_a_document_shows_do_what_they_are_there_for(tmp_path):
    (tmp_path / "tools.py").write_text(example("tools.md"))
    async with python_tools(tmp_path / "tools.py") as tools:
        called = {tool.name: tool for tool in tools}
        assert sorted(called) == ["convert", "put_on_list", "time_in", "wait"]
        assert {name for name, tool in called.items() if tool.is_read_only} == {"time_in", "convert"}
        assert re.fullmatch(r"\w+, \d\d:\d\d", await called["time_in"].call({"zone": "Asia/Tokyo"}))
        assert await called["convert"].call({"degrees": 212}) == "100.0"
        assert await called["put_on_list"].call({"items": [{"name": "milk"}, {"name": "eggs", "count": 6}]}) == "2"
        assert await called["wait"].call({"seconds": 0}) == "0 s are over"


@pytest.mark.parametrize("line", typed("make"))
def test_a_target_exists(line):
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert line.split()[1] in targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_links_lead_somewhere(document):
    assert [
        link for link in LINK.findall(document.read_text(encoding="utf-8")) if not (document.parent / link).exists()
    ] == []


def test_every_option_that_a_document_names_exists():
    helps = [[], ["talk"], ["text"], ["serve"], ["models"], ["models", "pull"], ["devices"], ["doctor"]]
    command = [sys.executable, "-m", "realtime_chat.cli"]
    wide = os.environ | {"COLUMNS": "200"}
    known = "".join(
        subprocess.run([*command, *names, "--help"], env=wide, capture_output=True, text=True, check=True).stdout
        for names in helps
    )
    pages = ("architecture.md", "configuration.md", "protocol.md", "serve.md", "scaling.md")
    documents = [ROOT / "README.md", *(ROOT / "docs" / page for page in pages)]
    named = {
        option for document in documents for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", document.read_text())
    }
    assert sorted(option for option in named if option not in known) == []
