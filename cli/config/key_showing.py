"""The keys that are bound to actions, as they may be shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from realtime_chat.cli.bindings import Action
from realtime_chat.cli.config.document import KEYS, PROFILES, shown
from realtime_chat.cli.config.profile import Configuration, Origin, Source


@dataclass(frozen=True)
class ShownKeys:
    """The keys of an action. ``str()`` is its line for a person.

    Attributes:
        action: The action, as the config file calls it.
        keys: The names of its keys, canonical.
        origin: Where they come from.
    """

    action: str
    keys: tuple[str, ...]
    origin: Origin

    def __str__(self) -> str:
        return f"{f'{KEYS}.{self.action}':24} {shown(self.keys):24} {self.origin}"

    def row(self) -> dict[str, Any]:
        """Give it for JSON."""
        origin = {"source": self.origin.source.value, "where": self.origin.where or None}
        return {"type": "keys", "action": self.action, "keys": list(self.keys), **origin}


def shown_keys(found: Configuration) -> Iterator[ShownKeys]:
    """Give the keys of each action.

    Raises:
        BadConfig: The file binds them to something that cannot be.
    """
    bindings = found.bindings()
    for action in Action:
        origin = Origin(Source.DEFAULT)
        if action.value in found.profile_keys:
            origin = Origin(Source.PROFILE, f"{PROFILES}.{found.profile}.{KEYS}")
        elif action.value in found.keys:
            origin = Origin(Source.FILE, KEYS)
        yield ShownKeys(action.value, bindings.bound(action), origin)
