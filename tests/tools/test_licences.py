from __future__ import annotations

import re
from pathlib import Path

import pytest

from realtime_chat.server.models.manifest import MODELS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "licences.md").read_text()


@pytest.fixture
def licences(tool):
    return tool("licences")


def rows(heading: str) -> dict[str, str]:
    """First cell to second cell of the table under a heading."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^\| (\S+) \| ([^|]+?) \|", section, re.MULTILINE)
    return {name: licence for name, licence in found if name not in {"package", "model"}}


RUN = rows("Packages that the program runs on")
TOOLS = rows("Packages for tests, checks and the bench only")


def test_every_locked_package_is_listed(licences):
    assert set(RUN) == licences.locked(ROOT / "requirements.lock")
    assert set(RUN) | set(TOOLS) == licences.locked(ROOT / "requirements-dev.lock")


def test_every_model_is_listed_with_its_note():
    assert set(rows("Models")) == {model.name for model in MODELS}
    assert [model.name for model in MODELS if model.note not in PAGE] == []


def test_nothing_that_runs_is_under_the_gpl():
    assert [name for name, licence in RUN.items() if re.search(r"(?<!L)GPL|General Public", licence)] == []


def test_a_package_that_is_not_here_stops_the_tool(licences):
    with pytest.raises(SystemExit, match="no-such-package is not installed here"):
        licences.licence_of("no-such-package")


@pytest.mark.parametrize(
    ("name", "licence"),
    [("httpx", "BSD-3-Clause"), ("rich", "MIT"), ("colorama", "BSD-3-Clause"), ("mdurl", "MIT License")],
)
def test_licence_of(licences, name, licence):
    assert licences.licence_of(name) == licence
