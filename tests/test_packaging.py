"""The wheel holds every module under one name, and the tables that say so agree with the disk."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOP = ("protocol", "audio", "session", "server", "cli")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def folders() -> list[Path]:
    """Every folder with modules in it, relative to the root."""
    found = {path.parent.relative_to(ROOT) for top in TOP for path in (ROOT / top).rglob("*.py")}
    return sorted(found)


def modules() -> set[str]:
    return {path.relative_to(ROOT).as_posix() for top in TOP for path in (ROOT / top).rglob("*.py")}


def test_the_table_of_packages_is_the_disk():
    tool = PROJECT["tool"]["setuptools"]
    dotted = {f"realtime_chat.{folder.as_posix().replace('/', '.')}" for folder in folders()}
    assert set(tool["packages"]) == dotted
    assert tool["package-dir"] == {name: name.removeprefix("realtime_chat.").replace(".", "/") for name in dotted}


@pytest.mark.parametrize("folder", folders(), ids=str)
def test_a_package_has_its_init(folder):
    assert (ROOT / folder / "__init__.py").is_file()


@pytest.mark.parametrize("top", TOP)
def test_a_top_package_is_typed_and_linked(top):
    assert (ROOT / top / "py.typed").read_bytes() == b""
    link = ROOT / "tools" / "typing" / "realtime_chat" / top
    assert link.is_symlink()
    assert not link.readlink().is_absolute()
    assert link.resolve() == ROOT / top


def test_no_folder_shadows_the_package():
    assert not (ROOT / "realtime_chat").exists()


def test_coverage_and_pyright_look_at_the_same_folders():
    assert PROJECT["tool"]["coverage"]["run"]["source"] == list(TOP)
    assert PROJECT["tool"]["pyright"]["include"] == list(TOP)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    # In a copy: setuptools writes build/ beside what it builds, and takes what lies there into the next wheel.
    copy = tmp_path_factory.mktemp("source")
    for name in TOP:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy / name)
    target = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "-w",
        str(target),
    ]
    built = subprocess.run([*command, str(copy)], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return next(target.glob("*.whl"))


def test_the_wheel_holds_every_module(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    packed = {name.removeprefix("realtime_chat/") for name in names if name.endswith(".py")}
    assert packed == modules()
    assert {f"realtime_chat/{top}/py.typed" for top in TOP} <= set(names)


def test_the_wheel_puts_one_name_beside_others(wheel):
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    version = PROJECT["project"]["version"]
    assert tops == {"realtime_chat", f"realtime_chat-{version}.dist-info"}


def test_the_wheel_names_the_command_and_the_licence(wheel):
    archive = zipfile.ZipFile(wheel)
    info = f"realtime_chat-{PROJECT['project']['version']}.dist-info"
    assert "realtime-chat = realtime_chat.cli.main:main" in archive.read(f"{info}/entry_points.txt").decode()
    assert f"{info}/licenses/LICENSE" in archive.namelist()
