"""What the config file says for one command, the more particular above the more general.

From the top: a profile's table of the command, the profile, the command's table, the file's top level. An empty text
takes back what stands below it, so that a profile can do without an endpoint that the file names for all. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from realtime_chat.cli.config.document import KEYS, PROFILES, bound_keys


@dataclass(frozen=True)
class Said:
    """A value and who says it.

    Attributes:
        value: As the file has it.
        table: The table it stands in, ``""`` for the top level.
    """

    value: object
    table: str


def layered(
    document: Mapping[str, Any], command: str, profile: Mapping[str, Any], profile_name: str
) -> dict[str, Said]:
    """Give what a checked config file says for ``command``, by key.

    Args:
        document: The file.
        command: The command's name, as its table is called.
        profile: The table of the profile that was chosen; empty for none.
        profile_name: Its name.
    """
    place = f"{PROFILES}.{profile_name}"
    layers = [
        (document, ""),
        (document.get(command, {}), command),
        (profile, place),
        (profile.get(command, {}), f"{place}.{command}"),
    ]
    said: dict[str, Said] = {}
    for table, name in layers:
        said |= {key: Said(value, name) for key, value in table.items() if not isinstance(value, dict)}
    return {key: entry for key, entry in said.items() if entry.value != ""}


def key_bindings(document: Mapping[str, Any], profile: Mapping[str, Any]) -> dict[str, Any]:
    """Give the ``[keys]`` of the file, with the profile's above them."""
    return bound_keys(document.get(KEYS), profile.get(KEYS))
