"""What every committed file keeps to. The rules are CONTRIBUTING.md's; a check is shorter than a reminder."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOP = ("protocol", "audio", "session", "server", "cli")
LARGEST = 1_000_000
LONGEST = 500

# Put together from pieces, so that this file does not break its own rules.
MACHINE_PATHS = re.compile(
    "|".join(["/" + "work/", "/" + "tmp/x", "/" + r"root/\w", "/" + r"home/\w+/", r"file:/" + "/"])
)
INDEX_HOSTS = re.compile("|".join(["pypi" + r"\.org", "python" + r"hosted\.org", "registry" + r"\.npmjs"]))
SILENCED = re.compile(r"# (?:type: ignore(?:\[[\w, -]+\])?|noqa(?:: [A-Z0-9, ]+)?|pragma: no cover)\s*$")


def kept() -> list[Path]:
    """Every file that git tracks, relative to the root."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "-C", str(ROOT), "ls-files", "-z"]
    names = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
    return [Path(name) for name in names if name and (ROOT / name).is_file() and not (ROOT / name).is_symlink()]


def lines() -> list[tuple[str, str]]:
    """Every line of every text file, with where it is."""
    found = []
    for path in kept():
        text = (ROOT / path).read_bytes()
        if b"\0" not in text:
            found += [(f"{path}:{number}", line) for number, line in enumerate(text.decode().splitlines(), 1)]
    return found


def test_no_binary_and_no_large_file():
    contents = {path: (ROOT / path).read_bytes() for path in kept()}
    assert [str(path) for path, content in contents.items() if b"\0" in content or len(content) > LARGEST] == []


def test_no_path_of_one_machine():
    assert [where for where, line in lines() if MACHINE_PATHS.search(line)] == []


def test_no_host_of_a_package_index():
    assert [where for where, line in lines() if INDEX_HOSTS.search(line)] == []


def test_what_silences_a_check_says_why():
    assert [where for where, line in lines() if ".py:" in where and SILENCED.search(line)] == []


def test_no_file_is_too_long_to_read():
    long = {}
    for path in kept():
        if path.suffix == ".py" and path.parts[0] in TOP:
            length = len((ROOT / path).read_text().splitlines())
            if length > LONGEST:
                long[str(path)] = length
    assert long == {}


def targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_the_verbs_are_there():
    assert {"setup", "talk", "test", "check", "bench", "lock", "clean", "help"} <= targets()


def test_make_commands_in_the_documents_exist():
    pages = [ROOT / path for path in kept() if path.suffix == ".md"]
    named = {word for page in pages for word in re.findall(r"\bmake ([a-z-]+)", " ".join(commands(page)))}
    assert named
    assert named <= targets()


def commands(page: Path) -> list[str]:
    """What a page shows as code."""
    text = page.read_text()
    blocks = re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL)
    return blocks + re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def test_the_licence_is_the_one_that_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "Apache-2.0"
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
