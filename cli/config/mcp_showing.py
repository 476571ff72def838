"""The MCP servers that are configured, in a form that may be shown."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
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
        yield ShownServer(one_line(name), _presentable(table), origin)


def _presentable(table: Mapping[str, Any]) -> dict[str, str | list[str]]:
    names = [*table.get("environment", ()), table.get("key_variable", "")]
    secrets = {
        os.environ.get(name, "").strip() for name in names if name == table.get("key_variable") or is_secret(name)
    }
    scrubber = Scrubber(secrets=secrets)
    made: dict[str, str | list[str]] = {}
    for key, value in table.items():
        if key == "command":
            made[key] = one_line(shlex.join(_without_secrets(words_of(value), scrubber)))
        elif isinstance(value, list):
            made[key] = [one_line(scrubber.text(one)) for one in value]
        else:
            made[key] = one_line(scrubber.text(value))
    return made


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
            yield scrubber.text(word)
        before = word


def _sets(name: str, sign: str) -> bool:
    """Say whether a word that begins with these sets a variable, a header or a secret."""
    return (
        (sign == "=" and _VARIABLE.match(name.removeprefix("--env=")) is not None)
        or name in _HEADER_OPTIONS
        or is_secret(name)
    )
