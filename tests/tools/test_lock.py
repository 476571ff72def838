from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def lock(tool):
    return tool("lock")


@pytest.fixture
def project(lock, tmp_path, monkeypatch):
    """A copy of what the check reads."""
    for name in ("pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    monkeypatch.setattr(lock, "ROOT", tmp_path)
    monkeypatch.setattr(lock, "RUN_LOCK", tmp_path / "requirements.lock")
    monkeypatch.setattr(lock, "DEV_LOCK", tmp_path / "requirements-dev.lock")
    return tmp_path


def pins(name: str) -> dict[tuple[str, str], str]:
    """Package and marker to version."""
    found = re.findall(r"^([\w.-]+)==(\S+)(.*?)\\$", (ROOT / name).read_text(), re.MULTILINE)
    return {(package, marker.strip()): version for package, version, marker in found}


def test_the_lock_files_belong_to_the_project(lock):
    assert lock.stale() == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"httpx>=0.28"', '"httpx>=0.27"'),
        ('"pytest",', '"pytest>=8",'),
        ('requires-python = ">=3.11"', "requires-python = '>=3.12'"),
    ],
)
def test_a_changed_dependency_makes_them_stale(lock, project, old, new):
    text = (project / "pyproject.toml").read_text()
    assert old in text
    (project / "pyproject.toml").write_text(text.replace(old, new))
    assert lock.stale() == ["requirements.lock", "requirements-dev.lock"]


def test_another_setting_does_not(lock, project):
    text = (project / "pyproject.toml").read_text()
    (project / "pyproject.toml").write_text(text.replace("line-length = 120", "line-length = 99"))
    assert lock.stale() == []


def test_a_missing_lock_file_is_stale(lock, project):
    (project / "requirements-dev.lock").unlink()
    assert lock.stale() == ["requirements-dev.lock"]


def test_another_client_to_hold_the_server_against_makes_its_lock_stale(lock, tmp_path, monkeypatch):
    changed = tmp_path / "requirements.in"
    changed.write_text((ROOT / "tests/conformance/requirements.in").read_text() + "another==1.0\n")
    monkeypatch.setattr(lock, "CLIENTS", changed)
    assert lock.CLIENTS_LOCK.name in lock.stale()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock", "tests/conformance/requirements.lock"])
def test_a_lock_file_holds_pinned_packages_and_hashes_only(name):
    lines = (ROOT / name).read_text().splitlines()
    pinned = re.compile(r"[\w.-]+==\S+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
    assert lines[0].startswith("# Made by `make lock`")
    assert [line for line in lines[1:] if not pinned.fullmatch(line)] == []


def test_the_tools_use_what_the_program_runs_on():
    # On which systems is another matter: a tool may need everywhere what the program needs on one.
    run, everything = (
        {name: version for (name, _), version in pins(lock).items()}
        for lock in ("requirements.lock", "requirements-dev.lock")
    )
    assert {name: everything.get(name) for name in run} == run


def test_every_dependency_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.match(r"[\w-]+", wanted)[0].replace("_", "-").lower() for wanted in project["dependencies"]}
    names |= {re.match(r"[\w-]+", wanted)[0].lower() for wanted in project["optional-dependencies"]["local"]}
    assert names <= {package for package, _ in pins("requirements.lock")}


def test_nothing_heavy_is_pulled():
    names = {package for package, _ in pins("requirements-dev.lock")}
    assert [name for name in names if re.match(r"torch|nvidia|tensorflow|jax|transformers", name)] == []
