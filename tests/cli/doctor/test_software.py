import importlib.metadata
import platform
import tomllib
from pathlib import Path

import pytest

from realtime_chat.cli.doctor import software
from realtime_chat.cli.doctor.finding import Finding, Verdict
from realtime_chat.cli.doctor.prober import prober
from realtime_chat.cli.doctor.software import (
    Package,
    judge_packages,
    judge_python,
    look_at_packages,
    look_at_python,
    packages,
    read_requirement,
)


@pytest.mark.parametrize(
    ("version", "verdict"), [((3, 10, 14), Verdict.FAIL), ((3, 11, 0), Verdict.OK), ((3, 14, 1), Verdict.OK)]
)
def test_an_old_python(version: tuple[int, int, int], verdict: Verdict):
    finding = judge_python(version)
    assert finding.verdict is verdict
    assert bool(finding.todo) is (verdict is Verdict.FAIL)


def test_the_python_that_runs():
    (finding,) = look_at_python()
    assert finding.verdict is Verdict.OK
    assert finding.what.startswith(platform.python_version().partition("+")[0])


@pytest.mark.parametrize(
    ("line", "name", "extra", "is_conditional"),
    [
        ("numpy>=2.0", "numpy", "", False),
        ('xllamacpp==2026.10; extra == "local"', "xllamacpp", "local", False),
        ('silero; (platform_system != "Darwin") and extra == "local"', "silero", "local", True),
        ('tomli>=1; python_version < "3.11"', "tomli", "", True),
    ],
)
def test_a_requirement(line: str, name: str, extra: str, is_conditional: bool):
    found = read_requirement(line)
    assert (found.name, found.extra, found.is_conditional) == (name, extra, is_conditional)


def test_the_program_s_own_requirements():
    found = {package.name: package for package in packages()}
    assert found["numpy"].version == importlib.metadata.version("numpy")
    assert found["onnxruntime"].extra == "local"


def test_what_loads_machine_code_is_required():
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["local"]]
    assert set(software._NATIVE) <= {read_requirement(line).name for line in lines}


MISSING = Package("onnxruntime", None, "local", is_conditional=False)
THERE = Package("numpy", "2.0", "", is_conditional=False)
ELSEWHERE = Package("winsound", None, "", is_conditional=True)


@pytest.mark.parametrize(
    ("found", "broken", "is_needed", "verdict", "word"),
    [
        ([THERE, ELSEWHERE], [], True, Verdict.OK, "numpy 2.0"),
        ([MISSING], [], True, Verdict.FAIL, "not installed: onnxruntime"),
        ([MISSING], [], False, Verdict.SKIP, "only the embedded server"),
        ([THERE], ["numpy (crashed)"], True, Verdict.FAIL, "numpy (crashed)"),
        ([THERE], ["numpy (crashed)"], False, Verdict.WARN, "numpy (crashed)"),
    ],
)
def test_packages(found: list[Package], broken: list[str], is_needed: bool, verdict: Verdict, word: str):
    finding = judge_packages(found, broken, extra="local", is_needed=is_needed)
    assert finding.verdict is verdict
    assert word in finding.what
    assert verdict is Verdict.OK or "pip install" in finding.todo


async def looked_at(*, is_embedded: bool) -> list[Finding]:
    async with prober() as probe:
        return [finding async for finding in look_at_packages(probe, is_embedded=is_embedded)]


async def test_the_packages_of_this_machine():
    found = await looked_at(is_embedded=True)
    assert [finding.name for finding in found] == ["realtime-chat", "packages", "engines"]
    assert {finding.verdict for finding in found} == {Verdict.OK}


async def test_a_package_that_does_not_load(tmp_path, monkeypatch):
    (tmp_path / "soxr.py").write_text("raise ImportError('libsoxr.so.0: no such file')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = await looked_at(is_embedded=False)
    assert found[1].verdict is Verdict.FAIL
    assert "soxr (libsoxr.so.0: no such file)" in found[1].what


async def test_a_program_that_is_not_installed(monkeypatch):
    monkeypatch.setattr(software, "DISTRIBUTION", "realtime-chat-that-nobody-has")
    assert packages() == ()
    (finding,) = await looked_at(is_embedded=True)
    assert finding.verdict is Verdict.WARN
