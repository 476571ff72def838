"""`Scrubber`: takes out of a report what tells who somebody is, or opens a door."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from realtime_chat.cli.redaction import KEY_VARIABLES, redact

REMOVED = "[removed]"

_SECRET_NAME = re.compile(r"key(?!s$)|token|secret|passw|credential|auth|_keys$", re.IGNORECASE)
"""Not ``keys``, the table of those on the keyboard."""

_PUBLIC_HOST = re.compile(r"(?:localhost|127(?:\.\d+){3}|::1|api\.openai\.com)\Z")
"""Everybody knows these."""
_SHORTEST_SECRET = 6
_SHORTEST_NAME = 3
"""A shorter name is also a piece of ordinary words."""

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>]+")
_USER_INFO = re.compile(r"(?<=://)[^\s'\"<>]*@")
_QUERY = re.compile(r"(://[^\s?#'\"<>]*)[?#][^\s'\"<>]*")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}")
_KEY = re.compile(r"\b(?:sk|pk|rk|hf|ghp|gho|glpat|xox[a-z])[-_][\w-]{6,}")
_TOKEN = re.compile(r"(?=[\w+=-]*\d)(?=[\w+=-]*[A-Za-z])[\w+=-]{32,}")
"""Long, with letters and figures: a key of some kind, or a serial number."""

_HARDWARE_ADDRESS = re.compile(r"\b(?:[0-9A-Fa-f]{2}[:_-]){5}[0-9A-Fa-f]{2}\b")
_OWNER = re.compile(r"\b([^\W\d_]{2,})['\u2019]s\b")
"""As in the name that a telephone's maker gives to its headphones."""


class Scrubber:
    """Takes out secrets, names, and the way to the home folder."""

    def __init__(self, *, homes: Iterable[Path] = (), names: Iterable[str] = (), secrets: Iterable[str] = ()) -> None:
        """Say what to take out.

        Args:
            homes: Folders to write as ``~``.
            names: Of people and machines.
            secrets: Keys and the like, beside those of `redaction`.
        """
        places = sorted({str(home) for home in homes if len(home.parts) > 1}, key=len, reverse=True)
        self._homes = _any_of(places, r"(?![\w-])")
        words = sorted({name for name in names if len(name) >= _SHORTEST_NAME}, key=len, reverse=True)
        self._names = _any_of(words, r"(?!\w)", before=r"(?<!\w)")
        self._secrets = sorted({one for one in secrets if len(one) >= _SHORTEST_SECRET}, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Give ``text`` without all that."""
        text = redact(text)
        for secret in self._secrets:
            text = text.replace(secret, REMOVED)
        text = _USER_INFO.sub(f"{REMOVED}@", text)
        text = _QUERY.sub(rf"\1?{REMOVED}", text)
        text = _BEARER.sub(rf"\1 {REMOVED}", text)
        for pattern in (_KEY, _HARDWARE_ADDRESS):
            text = pattern.sub(REMOVED, text)
        text = self._homes.sub("~", text)
        text = self._names.sub("[name]", text)
        return _TOKEN.sub(REMOVED, text)

    def value(self, value: Any) -> Any:
        """Give a value of JSON or TOML without all that; what is under the name of a secret goes as a whole."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {
                self.text(str(key)): REMOVED if is_secret(str(key)) else self.value(inner)
                for key, inner in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.value(inner) for inner in value]
        return value


def is_secret(name: str) -> bool:
    """Say whether what is called ``name`` (a variable, a setting) is likely to be a secret."""
    return _SECRET_NAME.search(name) is not None


def private_hosts(*addresses: str | None) -> set[str]:
    """Give the names of the servers at ``addresses`` that tell where somebody works."""
    hosts = {_host(address) for address in addresses if address and "://" in address}
    return {host for host in hosts if not _PUBLIC_HOST.match(host)}


def addresses_in(value: Any) -> Iterator[str]:
    """Give every address in a text, or in the texts of a value of JSON or TOML."""
    if isinstance(value, str):
        yield from _ADDRESS.findall(value)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from addresses_in(str(key))
            yield from addresses_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from addresses_in(inner)


def owners(names: Iterable[str]) -> set[str]:
    """Give the people whose things devices say they are: ``Anna`` of ``Anna's headphones``."""
    return {match[1] for name in names for match in _OWNER.finditer(name)}


def this_machine(environment: Mapping[str, str] = os.environ, *, also: Iterable[str] = ()) -> Scrubber:
    """Give the scrubber of the person who runs this, on this machine.

    Args:
        environment: Its secrets are taken out.
        also: Further names.
    """
    home = Path.home()
    named = Path(environment.get("HOME") or home)
    host = socket.gethostname()
    names = {home.name, named.name, *_login(environment), *also}
    names |= {host, host.partition(".")[0]} - {"localhost"}
    secrets = {value.strip() for name, value in environment.items() if name in KEY_VARIABLES or is_secret(name)}
    return Scrubber(homes={home, home.resolve(), named}, names=names, secrets=secrets)


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:  # no address at all
        return ""


def _login(environment: Mapping[str, str]) -> set[str]:
    """Give the names by which the system knows the person."""
    names = {environment.get(variable, "") for variable in ("USER", "LOGNAME", "USERNAME", "SUDO_USER")}
    try:
        import pwd

        entry = pwd.getpwuid(os.getuid())
    except (ImportError, KeyError):  # Windows, or a user that the system does not know
        return names
    return names | {entry.pw_name, *entry.pw_gecos.partition(",")[0].split()}


def _any_of(words: list[str], after: str, before: str = "") -> re.Pattern[str]:
    if not words:
        return re.compile(r"(?!)")
    return re.compile(f"{before}(?:{'|'.join(map(re.escape, words))}){after}", re.IGNORECASE)
