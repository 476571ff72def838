"""`Caller`: a `Place` on its way to a replica, whose engine has a queue of its own."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from weakref import WeakValueDictionary

from realtime_chat.server.engines.place import Place, Urgency, current_place

_PROCESS = secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class Caller:
    """For whom, and how urgently, a replica is called.

    Attributes:
        owner: The name of a session, or of what else shares one turn. Two that wait have no name in common.
        urgency: That of the call when it is made; what waits in a replica is not hurried.
    """

    owner: str
    urgency: Urgency

    @classmethod
    def current(cls, urgency: Urgency | None = None) -> Caller:
        """Give the current task's; ``urgency`` in place of its own."""
        place = current_place()
        return cls(f"{_PROCESS}-{id(place.owner)}", place.urgency if urgency is None else urgency)


class Callers:
    """Gives those who call a replica their places in it."""

    def __init__(self) -> None:
        self._owners: WeakValueDictionary[str, _Owner] = WeakValueDictionary()

    def take_place(self, caller: Caller) -> None:
        """Let whatever the current task calls from now on have the caller's place."""
        owner = self._owners.setdefault(caller.owner, _Owner())
        Place(owner, caller.urgency).take()


class _Owner:
    """Somebody who calls; kept by the places of their calls."""
