"""The address of a server, as people write it, made into the one to connect to. Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from realtime_chat.session.cleaning import encodable, one_sentence
from realtime_chat.session.errors import BadAddress

_SCHEMES: Final = {"ws": "ws", "http": "ws", "wss": "wss", "https": "wss"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to connect.

    Attributes:
        url: The whole ``ws://`` or ``wss://`` address with its query. Not to be shown: people put keys there.
        shown: The same without query and user.
        is_secure: TLS is used.
        is_loopback: It does not leave this machine.
    """

    url: str
    shown: str
    is_secure: bool
    is_loopback: bool

    def __repr__(self) -> str:
        return f"Endpoint({self.shown!r})"


def endpoint(address: str, model: str | None = None) -> Endpoint:
    """Read an address.

    Args:
        address: Like ``wss://api.openai.com/v1``, ``http://127.0.0.1:8000/v1``, or all of it with ``/realtime`` and a
            query. ``http`` means ``ws`` and ``https`` means ``wss``.
        model: Goes into the query as ``model``, in the place of one that is there.

    Raises:
        BadAddress: It is not the address of a server.
    """
    address = encodable(address.strip())
    if not address.isprintable() or " " in address:
        raise BadAddress(_tidied(address), "it holds a space or a control character")
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:  # a port that is no number, or brackets that hold no IPv6 address
        raise BadAddress(_tidied(address), one_sentence(str(error))) from None
    scheme = _SCHEMES.get(parts.scheme)
    if scheme is None:
        raise BadAddress(_tidied(address), "it begins with none of wss://, ws://, https://, http://")
    if not host:
        raise BadAddress(_tidied(address), "it names no host")
    if parts.username is not None:
        raise BadAddress(_tidied(address), "it holds a user name or a password")
    try:
        name = host if ":" in host else host.encode("idna").decode()
    except UnicodeError:
        raise BadAddress(_tidied(address), "its host is no name") from None
    place = f"[{name}]" if ":" in name else name
    if port is not None:
        place = f"{place}:{port}"
    path = parts.path.rstrip("/")
    if not path.endswith("/realtime"):
        path += "/realtime"
    query = _query(parts, model)
    return Endpoint(
        url=f"{scheme}://{place}{path}{query}",
        shown=f"{scheme}://{place}{path}",
        is_secure=scheme == "wss",
        is_loopback=_is_loopback(name),
    )


def _query(parts: SplitResult, model: str | None) -> str:
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    if model:
        pairs = [pair for pair in pairs if pair[0] != "model"] + [("model", encodable(model))]
    return f"?{urlencode(pairs)}" if pairs else ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _tidied(address: str) -> str:
    """Give what of an unreadable address may be shown: nothing behind a ``?``, nothing before an ``@``."""
    bare = address.split("?", 1)[0].split("#", 1)[0]
    if "@" in bare:
        bare = f"…@{bare.rsplit('@', 1)[1]}"
    return one_sentence(bare)
