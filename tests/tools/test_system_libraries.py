"""The script that installs system libraries, on systems made of a few scripts in a folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools" / "system-libraries.sh"

pytestmark = pytest.mark.skipif(sys.platform == "win32" or shutil.which("bash") is None, reason="needs bash")


class System:
    """A PATH with real text tools and whatever a test puts beside them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        for name in ("bash", "env", "grep", "cat", "dirname"):
            (folder / name).symlink_to(shutil.which(name) or pytest.skip(f"no {name}"))
        self.put("uname", "echo Linux")
        self.put("ldconfig", "true")
        self.put("find", "true")

    def put(self, name: str, script: str) -> None:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def apt(self, *, works_after_update: bool = False) -> None:
        check = f"test -e {self.folder}/updated || exit 100" if works_after_update else "true"
        self.put(
            "apt-get",
            f'echo "$@" >> {self.log}\ncase "$1" in update) : > {self.folder}/updated;; install) {check};; esac',
        )

    def run(self, what: str) -> subprocess.CompletedProcess[str]:
        bash = str(self.folder / "bash")
        return subprocess.run(
            [bash, str(SCRIPT), what], env={"PATH": str(self.folder)}, capture_output=True, text=True, check=False
        )

    @property
    def asked(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def system(tmp_path) -> System:
    return System(tmp_path)


RUN = "libportaudio2 libgomp1"
TEST = f"{RUN} pulseaudio pulseaudio-utils libasound2-plugins"
INSTALL = "install -y -qq --no-install-recommends "


def test_root_installs_what_is_missing(system):
    system.put("id", "echo 0")
    system.apt()
    assert system.run("test").returncode == 0
    assert system.asked == [INSTALL + TEST]


def test_talk_needs_no_pulseaudio(system):
    system.put("id", "echo 0")
    system.apt()
    assert system.run("talk").returncode == 0
    assert system.asked == [INSTALL + RUN]


def test_package_lists_are_fetched_where_they_are_wanting(system):
    system.put("id", "echo 0")
    system.apt(works_after_update=True)
    assert system.run("talk").returncode == 0
    assert system.asked == [INSTALL + RUN, "update -qq", INSTALL + RUN]


def test_nothing_is_done_where_everything_is_there(system):
    system.put("ldconfig", "echo 'libportaudio.so.2 => x'; echo 'libgomp.so.1 => x'")
    system.put("find", "echo found")
    system.put("pulseaudio", "true")
    system.put("pactl", "true")
    system.apt()
    for what in ("talk", "test"):
        result = system.run(what)
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert system.asked == []


def test_sudo_without_a_password_serves(system):
    system.put("id", "echo 1000")
    system.put("sudo", 'shift; exec "$@"')
    system.put("true", "exit 0")
    system.apt()
    assert system.run("talk").returncode == 0
    assert system.asked == [INSTALL + RUN]


@pytest.mark.parametrize(("what", "code"), [("talk", 0), ("test", 1)])
def test_who_may_not_install_is_told_the_one_command(system, what, code):
    system.put("id", "echo 1000")
    system.put("sudo", "exit 1")
    system.apt()
    result = system.run(what)
    assert result.returncode == code
    assert f"Run:  sudo apt-get install -y --no-install-recommends {TEST if what == 'test' else RUN}" in result.stderr
    assert system.asked == []


@pytest.mark.parametrize(("what", "code"), [("talk", 0), ("test", 1)])
def test_another_package_manager(system, what, code):
    system.put("id", "echo 0")
    result = system.run(what)
    assert result.returncode == code
    assert "package manager" in result.stderr


def test_apt_that_fails(system):
    system.put("id", "echo 0")
    system.put("apt-get", "exit 100")
    assert "apt-get update failed" in system.run("test").stderr
    assert system.run("talk").returncode == 0


def test_another_system(system):
    system.put("uname", "echo Darwin")
    assert system.run("talk").returncode == 0
    assert system.run("test").returncode == 0
