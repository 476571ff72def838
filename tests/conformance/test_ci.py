"""What .ci/run makes of clients that are missing, with a `make` of a few lines."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "run"

UNREACHABLE = "ERROR: No matching distribution found for aiohttp==3.14.0"
AT_FAULT = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE."
NPM_AT_FAULT = "npm error code EUSAGE"
NO_NODE = "agents-realtime: node is not installed"
NOT_THERE = "livekit: `make clients` installs it"

pytestmark = pytest.mark.skipif(sys.platform == "win32" or shutil.which("bash") is None, reason="needs bash")


@pytest.fixture
def run(tmp_path: Path):
    """Runs CI where `make clients` and the tests come out as the test says."""

    def script(path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def run(
        said: str = "", missing: str = "", *, tests_pass: bool = True, wanted: str | None = None
    ) -> tuple[int, list[str]]:
        installs = f"echo '{said}'; {'false' if said else 'true'}"
        passes = "true" if tests_pass else "false"
        script(tmp_path / "bin" / "make", f"echo made $1\ncase $1 in clients) {installs};; *) {passes};; esac")
        script(tmp_path / ".venv" / "bin" / "python", f"printf '%s' '{missing}'")
        (tmp_path / ".ci").mkdir()
        shutil.copy(SCRIPT, tmp_path / ".ci" / "run")
        env = {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
        env |= {"STOCK_CLIENTS": wanted} if wanted is not None else {}
        command = ["bash", str(tmp_path / ".ci" / "run")]
        done = subprocess.run(
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout.splitlines()

    return run


def test_nothing_is_said_where_all_of_them_are_there(run):
    assert run() == (0, ["made clients", "", "made test", "made check"])


@pytest.mark.parametrize("said", [UNREACHABLE, ""])
def test_what_the_machine_does_not_give_is_told_last_and_fails_nothing(run, said):
    missing = NOT_THERE if said else NO_NODE
    code, lines = run(said, missing)
    assert code == 0
    last = lines[lines.index("made check") + 1 :]
    assert missing in last
    assert not said or said in last
    assert "NOT ALL WAS CHECKED" in " ".join(last)


@pytest.mark.parametrize("said", [AT_FAULT, NPM_AT_FAULT])
def test_a_lock_file_that_no_machine_could_install_from_fails(run, said):
    assert run(said, NOT_THERE)[0] == 1


def test_a_client_that_is_missing_although_it_was_installed_fails(run):
    assert run("", NOT_THERE)[0] == 1


@pytest.mark.parametrize(("wanted", "code"), [("required", 1), ("optional", 0)])
@pytest.mark.parametrize(("said", "missing"), [(UNREACHABLE, NOT_THERE), (AT_FAULT, NOT_THERE), ("", NO_NODE)])
def test_it_is_as_somebody_wants_it(run, wanted, code, said, missing):
    came, lines = run(said, missing, wanted=wanted)
    assert came == code
    assert missing in lines


def test_they_are_told_of_where_the_tests_fail_too(run):
    code, lines = run(UNREACHABLE, NOT_THERE, tests_pass=False, wanted="optional")
    assert code == 1
    assert NOT_THERE in lines


def test_a_slip_is_told_at_once(run):
    code, (line,) = run(wanted="require")
    assert code == 2
    assert "told, required or optional" in line
