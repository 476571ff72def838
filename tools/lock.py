"""Make the lock files, or check that they still belong to pyproject.toml.

    python tools/lock.py           resolve anew (`make lock`); needs a package index
    python tools/lock.py --check   compare fingerprints (`make check`); needs nothing

``requirements.lock`` holds what the program runs on (and setuptools, which installs it), for `make talk`;
``requirements-dev.lock`` holds the same versions and the tools of `make test check bench`. The stock clients of
`make conformance` live in an environment of their own, with a lock file of their own. All cover Python
3.11 and later on every system, carry the hash of every file, and name no index: where the packages come from
is the business of whoever installs them.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN_LOCK = ROOT / "requirements.lock"
DEV_LOCK = ROOT / "requirements-dev.lock"
CLIENTS = ROOT / "tests" / "conformance" / "requirements.in"
CLIENTS_LOCK = CLIENTS.with_suffix(".lock")
DEV_EXTRAS = ("--extra", "dev", "--extra", "local", "--extra", "tools")
"""Not `cluster`: Ray is half a gigabyte, and few work on what runs there (docs/scaling.md says how)."""

HEADER = "# Made by `make lock` from pyproject.toml; do not edit. Fingerprint of its dependencies: "
CLIENTS_HEADER = "# Made by `make lock` from requirements.in; do not edit. Fingerprint of that: "


def fingerprint() -> str:
    """Give the hash of everything in pyproject.toml that a lock file depends on."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = table["project"]
    inputs = [
        table["build-system"]["requires"],
        project["requires-python"],
        project["dependencies"],
        project["optional-dependencies"],
    ]
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def first_line(lock: Path) -> str:
    """Give the first line of a lock file that is made from what there is today."""
    if lock == CLIENTS_LOCK:
        return CLIENTS_HEADER + hashlib.sha256(CLIENTS.read_bytes()).hexdigest()
    return HEADER + fingerprint()


def stale() -> list[str]:
    """Give the names of the lock files that were not made from what there is today."""
    return [
        lock.name
        for lock in (RUN_LOCK, DEV_LOCK, CLIENTS_LOCK)
        if not lock.exists() or not lock.read_text().startswith(first_line(lock) + "\n")
    ]


def uv(scratch: Path) -> Path:
    """Install uv into a scratch environment: it resolves for every platform at once, which pip cannot."""
    venv.create(scratch, with_pip=True)
    programs = scratch / ("Scripts" if sys.platform == "win32" else "bin")
    subprocess.run([programs / "python", "-m", "pip", "install", "--quiet", "uv"], check=True)
    return programs / "uv"


def resolve(program: Path, target: Path, source: str, *arguments: str) -> None:
    """Write ``target``; versions that it already pins stay unless ``source`` rules them out."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / target.name
        if target.exists() and "--upgrade" not in sys.argv:
            fresh.write_text(target.read_text())
        command = [
            program, "pip", "compile", source, *arguments, "--output-file", fresh, "--quiet",
            "--universal", "--python-version", "3.11", "--generate-hashes",
            "--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links",
        ]  # fmt: skip
        subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        text = fresh.read_text()
    if strays := re.findall(r"^(?!\s|#|[A-Za-z0-9._-]+==).+$", text, re.MULTILINE):
        raise SystemExit(f"{target.name} would hold more than pinned packages: {strays[0]}")
    target.write_text(f"{first_line(target)}\n{text}")


def main() -> None:
    """Do what the command line asks for."""
    if "--check" in sys.argv:
        if names := stale():
            raise SystemExit(f"{' and '.join(names)} are older than what they are made from: run `make lock`.")
        return
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        program = uv(scratch / "uv")
        build = scratch / "build.in"
        requires = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
        build.write_text("\n".join(requires) + "\n")
        resolve(program, RUN_LOCK, "pyproject.toml", str(build), "--extra", "local")
        resolve(program, DEV_LOCK, "pyproject.toml", str(build), *DEV_EXTRAS, "--constraints", str(RUN_LOCK))
        resolve(program, CLIENTS_LOCK, str(CLIENTS.relative_to(ROOT)))


if __name__ == "__main__":
    main()
