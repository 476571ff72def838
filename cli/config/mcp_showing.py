"""The MCP servers that are configured, in a form that may be shown."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from realtime_chat.cli.config.document import PROFILES, shown
from realtime_chat.cli.config.mcp_tables import MCP, words_of
from realtime_chat.cli.config.profile import Configuration, Origin, Source
from realtime_chat.cli.doctor.scrub import REMOVED, Scrubber, is_secret
from realtime_chat.protocol.printable import one_line

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*\Z")
_PAIR = re.compile(r"(?s)((?:--env=)?-*[\w.-]+)(=|:\s*(?!//))(.+)")
_HEADER_OPTIONS = frozenset({"-H", "--header", "--headers"})


@dataclass(frozen=True)
class ShownServer:
    """An MCP server as it may be shown. ``str()`` is its lines for a person.

    Attributes:
        name: Its name.
        table: What the file says of it, by key, without anything secret.
        origin: Where it comes from.
    """

    name: str
    table: Mapping[str, str | list[str]]
    origin: Origin

    def __str__(self) -> str:
        origin = one_line(str(self.origin))
        return "\n".join(
            f"{one_line(f'{MCP}.{self.name}.{key}'):24} {shown(value):24} {origin}" for key, value in self.table.items()
        )

    def row(self) -> dict[str, Any]:
        """Give it for JSON."""
        origin = {"source": self.origin.source.value, "where": self.origin.where}
        return {"type": "mcp_server", "name": self.name, **self.table, **origin}


def shown_servers(found: Configuration) -> Iterator[ShownServer]:
    """Give the servers that are configured, in the order of the file."""
    for name, table in found.mcp.items():
        where = f"{MCP}.{name}"
        origin = Origin(Source.FILE, where)
        if name in found.profile_mcp:
            origin = Origin(Source.PROFILE, f"{PROFILES}.{found.profile}.{where}")
        yield ShownServer(one_line(name), presentable_server(table), origin)


def presentable_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """Give a config file, which nobody has checked, with its MCP servers as they may be shown, also in profiles."""
    clean = dict(document)
    if MCP in document:
        clean[MCP] = _each(document[MCP], presentable_server)
    if PROFILES in document:
        clean[PROFILES] = _each(document[PROFILES], presentable_document)
    return clean


def presentable_server(table: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """Give the table of an MCP server, which nobody need have checked, without anything secret."""
    environment = table.get("environment")
    named = table.get("key_variable")
    names = [str(one) for one in environment] if isinstance(environment, list) else []
    secrets = {os.environ.get(name, "").strip() for name in names if is_secret(name)}
    secrets.add(os.environ.get(named, "").strip() if isinstance(named, str) else "")
    scrubber = Scrubber(secrets=secrets)
    made: dict[str, str | list[str]] = {}
    for key, value in table.items():
        if key == "command":
            made[key] = one_line(_presentable_command(value, scrubber))
        elif isinstance(value, list):
            made[key] = [one_line(scrubber.text(str(one))) for one in value]
        else:
            made[key] = one_line(scrubber.text(value)) if isinstance(value, str) else REMOVED
    return made


def _each(tables: object, shown: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Any:
    """Give each of some tables in its form for showing; of what is none, nothing is known, so nothing is told."""
    if not isinstance(tables, Mapping):
        return REMOVED
    return {
        name: shown(table) if isinstance(table, Mapping) else "" if table == "" else REMOVED
        for name, table in tables.items()
    }


def _presentable_command(command: object, scrubber: Scrubber) -> str:
    try:
        words = words_of(command) if isinstance(command, str) else tuple(str(word) for word in _list(command))
    except ValueError:  # where a word ends nobody can say, and so not what is a secret
        return REMOVED
    return shlex.join(_without_secrets(words, scrubber))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _without_secrets(words: Sequence[str], scrubber: Scrubber) -> Iterator[str]:
    """Give the words of a command without what stands for a variable, in a header, or under the name of a secret."""
    before = ""
    for word in words:
        pair = _PAIR.fullmatch(word)
        if pair and (_sets(pair[1], pair[2]) or before in _HEADER_OPTIONS):
            yield f"{pair[1]}{pair[2]}{REMOVED}"
        elif before in _HEADER_OPTIONS or (before.startswith("-") and "=" not in before and is_secret(before)):
            yield REMOVED
        else:
            yield _inner(word, scrubber)
        before = word


def _inner(word: str, scrubber: Scrubber) -> str:
    """Give a word without secrets; one with spaces may be a command itself, as in ``sh -c "run --token 1"``."""
    if not any(letter.isspace() for letter in word):
        return scrubber.text(word)
    try:
        words = shlex.split(word)
    except ValueError:  # a text, and no command
        words = word.split()
    clean = list(_without_secrets(words, scrubber))
    return scrubber.text(word) if clean == words else " ".join(clean)


def _sets(name: str, sign: str) -> bool:
    """Say whether a word that begins with these sets a variable, a header or a secret."""
    return (
        (sign == "=" and _VARIABLE.match(name.removeprefix("--env=")) is not None)
        or name in _HEADER_OPTIONS
        or is_secret(name)
    )
