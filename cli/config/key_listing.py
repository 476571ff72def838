"""Which keys there are, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from realtime_chat.cli.config.keystore import KeyStore, Place, own_keys
from realtime_chat.cli.credentials import LLM, OPENAI, STT, TTS, variable_of


@dataclass(frozen=True)
class KnownKey:
    """A key that there is or could be; never the key itself. ``str()`` says it to a person.

    Attributes:
        name: The key's; ``""`` for that of whatever server has none of its own.
        variable: The variable of the environment that goes first.
        is_in_environment: It holds one.
        stored: Where one is stored, if it is.
        file: The file that it is stored in; None elsewhere.
    """

    name: str
    variable: str
    is_in_environment: bool
    stored: Place | None
    file: str | None

    def __str__(self) -> str:
        places = []
        if self.is_in_environment:
            places.append(f"in {self.variable}")
        if self.stored is Place.KEYRING:
            places.append("in the system's keyring")
        elif self.stored is Place.FILE:
            places.append(f"in {self.file!r}")
        unused = " (not used)" if len(places) > 1 else ""
        return f"{self.name or 'other servers'}: {' and '.join(places) or 'none'}{unused}"


def known_keys(environment: Mapping[str, str], store: KeyStore | None = None) -> list[KnownKey]:
    """Give the keys of OpenAI, of the endpoints of engines, of each host that has one, and of all other servers.

    Raises:
        KeyStoreFailed: The stored keys cannot be read.
    """
    store = store or own_keys()
    places = store.places()
    hosts = sorted(set(places) - {OPENAI, LLM, STT, TTS})
    keys = []
    for name in (OPENAI, LLM, STT, TTS, *hosts, ""):
        variable = variable_of(name)
        place = places.get(name)
        file = str(store.path) if place is Place.FILE else None
        keys.append(KnownKey(name, variable, bool(environment.get(variable, "").strip()), place, file))
    return keys
