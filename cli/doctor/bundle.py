"""The bundle for a bug report: what was found and what the machine is like, without anything that is private."""

from __future__ import annotations

import contextlib
import io
import json
import os
import platform
import sys
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from realtime_chat.audio.devices import Device
from realtime_chat.cli.config.document import read_document
from realtime_chat.cli.config.keystore import own_keys
from realtime_chat.cli.config.mcp_showing import presentable_document
from realtime_chat.cli.doctor.finding import Finding
from realtime_chat.cli.doctor.report import lines_of
from realtime_chat.cli.doctor.scrub import REMOVED, Scrubber, addresses_in, is_secret, private_hosts
from realtime_chat.cli.doctor.software import DISTRIBUTION, packages, version_of
from realtime_chat.cli.errors import BadConfig, KeyStoreFailed, WrongUsage

_OURS = ("REALTIME_CHAT_", "OPENAI_")
_ABOUT = frozenset({
    "ALSA_CONFIG_PATH", "COLORTERM", "COLUMNS", "HTTPS_PROXY", "HTTP_PROXY", "LANG", "LC_ALL", "LC_CTYPE", "NO_COLOR",
    "NO_PROXY", "PULSE_SERVER", "PYTHONIOENCODING", "PYTHONUTF8", "SSH_CONNECTION", "SSL_CERT_FILE", "TERM",
    "TERM_PROGRAM", "TMUX", "WSL_DISTRO_NAME", "XDG_SESSION_TYPE", "http_proxy", "https_proxy", "no_proxy",
})  # fmt: skip
"""Other variables that change what the program does."""

_HARMLESS = frozenset({
    "COLORTERM", "COLUMNS", "LANG", "LC_ALL", "LC_CTYPE", "NO_COLOR", "PYTHONIOENCODING", "PYTHONUTF8",
    "REALTIME_CHAT_CONFIG", "REALTIME_CHAT_DEBUG", "REALTIME_CHAT_INPUT", "REALTIME_CHAT_MODELS",
    "REALTIME_CHAT_OUTPUT", "REALTIME_CHAT_PROFILE", "REALTIME_CHAT_SERVER", "REALTIME_CHAT_TURNS",
    "TERM", "TERM_PROGRAM", "XDG_SESSION_TYPE",
})  # fmt: skip
"""Those whose value may be told, after it was scrubbed."""

_PERSONAL = frozenset({"instructions", "ask", "prompt"})
"""Settings that hold what somebody wrote."""

_README = """A report of `realtime-chat doctor`, for whoever is asked for help with it.

findings.txt      what was found, as it was shown
findings.json     the same for programs
versions.json     the program, Python, the system and the packages
devices.json      the sound devices
environment.json  variables that matter; most only with "set" in place of their value
config.json       what is configured, without keys and without what somebody wrote

Keys, also those in the commands of MCP servers, names of people, machines and servers, the home folder, and users
and queries of addresses were taken out. No conversation is in here, and no sound. Look through it before you give it
to somebody.
"""


def check_place(path: Path) -> None:
    """Make sure that a bundle can be written, before time is spent on it.

    Raises:
        WrongUsage: Something is there already, or there is no such folder.
    """
    if os.path.lexists(path):
        raise WrongUsage(f"{str(path)!r} is there already and is not overwritten: give --bundle another name.")
    if not path.parent.is_dir():
        raise WrongUsage(f"There is no folder {str(path.parent)!r}: make it, or give --bundle another place.")


def write_bundle(path: Path, members: Mapping[str, str]) -> None:
    """Write a bundle, which only this user may read.

    Raises:
        WrongUsage: Something came to be there meanwhile.
        OSError: It cannot be written.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    check_place(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content.getvalue())
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise


def members_of(
    findings: Sequence[Finding],
    devices: Sequence[Device],
    config: Mapping[str, Any],
    environment: Mapping[str, str],
    scrubber: Scrubber,
) -> dict[str, str]:
    """Give the files of a bundle and their contents, scrubbed.

    Args:
        findings: What was found.
        devices: The sound devices.
        config: The content of the config file.
        environment: The process's.
        scrubber: Takes out what is private.
    """
    lines = [line for finding in findings for line in lines_of(finding)]
    return {
        "README.txt": _README,
        "findings.txt": scrubber.text("\n".join(lines)) + "\n",
        "findings.json": _json(scrubber, [finding.row() for finding in findings]),
        "versions.json": _json(scrubber, versions()),
        "devices.json": _json(scrubber, [asdict(device) for device in devices]),
        "environment.json": _written({name: scrubber.text(value) for name, value in variables(environment).items()}),
        "config.json": _json(scrubber, without_words(presentable_document(config))),
    }


def versions() -> dict[str, Any]:
    """Give the versions of everything that has one."""
    system = {"platform": platform.platform(), "machine": platform.machine(), "cores": os.cpu_count()}
    with contextlib.suppress(OSError):
        system["distribution"] = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    return {
        DISTRIBUTION: version_of(DISTRIBUTION),
        "python": sys.version,
        "installed": sys.prefix,
        "system": system,
        "packages": {package.name: package.version for package in packages() if package.extra != "dev"},
    }


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Give the variables that matter: the value of those that are harmless, and of the others that they are set."""
    return {
        name: value if name in _HARMLESS and not is_secret(name) else "set" if value.strip() else "set, but blank"
        for name, value in sorted(environment.items())
        if name in _ABOUT or name.startswith(_OURS)
    }


def written() -> dict[str, Any]:
    """Give the content of the config file; nothing where there is none, or none that can be read."""
    try:
        return read_document()
    except BadConfig:
        return {}


def hosts_of(config: Mapping[str, Any], environment: Mapping[str, str], keys: Iterable[str]) -> set[str]:
    """Give the names of all servers that somebody has to do with, whether this run asks them or not.

    Args:
        config: The content of the config file.
        environment: The process's.
        keys: The names of stored keys: those of servers, and of vendors that everybody knows.
    """
    ours = [value for name, value in environment.items() if name.startswith(_OURS)]
    stored = (f"any://{name}" for name in keys if "." in name)
    return private_hosts(*addresses_in(config), *addresses_in(ours), *stored)


def stored_names() -> list[str]:
    """Give the names of the stored keys; none where they cannot be read."""
    try:
        return list(own_keys().places())
    except KeyStoreFailed:
        return []


def without_words(config: Mapping[str, Any]) -> dict[str, Any]:
    """Give a configuration without what somebody wrote in words."""
    clean: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            clean[key] = without_words(value)
        else:
            clean[key] = REMOVED if key in _PERSONAL else value
    return clean


def _json(scrubber: Scrubber, value: Any) -> str:
    # What JSON does not know (a date of TOML) as text, before the scrubber sees it.
    return _written(scrubber.value(json.loads(json.dumps(value, default=str))))


def _written(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
