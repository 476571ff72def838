"""Whose key comes from where: from the environment first, else from the keys that were stored.

A key has a name: ``openai``, ``llm``, ``stt`` or ``tts`` (the endpoints that think, hear and speak for the embedded
server), or the host of any other server, which no other host is ever given it for.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from realtime_chat.cli.config.keystore import KeyStore, Place, own_keys, stored_key
from realtime_chat.cli.errors import KeyStoreFailed, WrongUsage
from realtime_chat.cli.presets import preset_of_host

OPENAI = "openai"
LLM = "llm"
STT = "stt"
TTS = "tts"
OPENAI_HOST = "api.openai.com"

_VARIABLES = {
    OPENAI: "OPENAI_API_KEY",
    LLM: "REALTIME_CHAT_LLM_KEY",
    STT: "REALTIME_CHAT_STT_KEY",
    TTS: "REALTIME_CHAT_TTS_KEY",
}
_OTHERS = "REALTIME_CHAT_KEY"
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?|[0-9a-f:.]*:[0-9a-f:.]*", re.ASCII)
_LONGEST_HOST = 253

Stored = Callable[[str], str | None]
"""Gives a stored key by its name, None where none is stored; raises `KeyStoreFailed`."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class KeyOrigin:
    """Where a key comes from. ``str()`` names the place.

    Attributes:
        name: The key's.
        place: Where it is stored; None where the environment holds it.
        where: The variable, or the file of the stored keys.
    """

    name: str
    place: Place | None
    where: str

    def __str__(self) -> str:
        match self.place:
            case None:
                return self.where
            case Place.KEYRING:
                return "the system's keyring"
            case Place.FILE:
                return repr(self.where)

    @property
    def step(self) -> str:
        """What to do where it is the wrong one."""
        if self.place is None:
            return f"set {self.where} to a valid key"
        return f"store a valid one with `realtime-chat config key set {self.name}`"


def variable_of(name: str) -> str:
    """Give the variable of the environment that goes before the stored key of this name."""
    return _variables_of(name)[0]


def _variables_of(name: str) -> tuple[str, ...]:
    """Give all of them, the first one first: a server of a vendor's has the vendor's own."""
    if name in _VARIABLES:
        return (_VARIABLES[name],)
    preset = preset_of_host(name)
    return (_OTHERS,) if preset is None else (preset.key_variable, _OTHERS)


def key_name(given: str) -> str:
    """Give the name of a key as a person writes it: a name, a host, or an URL of a server.

    Raises:
        WrongUsage: It is none.
    """
    text = given.strip().lower()
    if "://" in text:
        text = _host(text)
    if text == OPENAI_HOST:
        return OPENAI
    if len(text) > _LONGEST_HOST or not _HOST.fullmatch(text):
        names = ", ".join(_VARIABLES)
        raise WrongUsage(f"{given[:80]!r} names no key: say {names}, or the host of a server, like example.org.")
    return text


def name_of_address(address: str) -> str | None:
    """Give the name of the key that the server at ``address`` gets; None where no stored key may go there."""
    host = _host(address)
    if host == OPENAI_HOST:
        return OPENAI
    return host if host and host not in _VARIABLES else None  # a machine that is called "openai" is not OpenAI


def key_for(name: str | None, environment: Mapping[str, str], stored: Stored = stored_key) -> str | None:
    """Give a key, None where there is none.

    Args:
        name: The key's; None for a server that has none of its own.
        environment: Where it comes from first. A blank variable counts as none.
        stored: Where it comes from else.

    Raises:
        KeyStoreFailed: There is a stored one, and it cannot be read.
    """
    for variable in _variables_of(name or ""):
        if key := environment.get(variable, "").strip():
            return key
        if variable in environment:
            log.debug("%s is set but blank, which counts as not set.", variable)
    return None if name is None else stored(name)


def origin_of(name: str | None, environment: Mapping[str, str], store: KeyStore | None = None) -> KeyOrigin | None:
    """Say where `key_for` finds a key, without reading it; None where it finds none."""
    for variable in _variables_of(name or ""):
        if environment.get(variable, "").strip():
            return KeyOrigin(name or "", None, variable)
    store = store or own_keys()
    try:
        place = store.places().get(name or "")
    except KeyStoreFailed:
        return None
    return KeyOrigin(name or "", place, str(store.path)) if place else None


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:  # brackets that hold no address
        return ""
