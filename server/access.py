"""Who may use the server."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from enum import Enum, auto
from ipaddress import ip_address
from urllib.parse import urlsplit

SUBPROTOCOL = "realtime"
"""What a browser's WebSocket offers, with its key in a second entry, since it cannot set headers."""

_KEY_ENTRY = "openai-insecure-api-key."


class Access(Enum):
    """What the server thinks of a request."""

    GRANTED = auto()
    NO_KEY = auto()
    FOREIGN_PAGE = auto()
    FOREIGN_NAME = auto()


def check_access(headers: Mapping[str, str], key: str | None) -> Access:
    """Decide about a request by its headers (names in lower case).

    Args:
        headers: The request's headers.
        key: What clients must know; ``None`` where the server takes everybody who can reach it.
    """
    origin = headers.get("origin")
    if origin and _netloc(origin) != headers.get("host", ""):
        # Any web page the person has open may connect to a loopback port: the browser says who it is.
        return Access.FOREIGN_PAGE
    if key is None:
        # A page whose name was made to lead here (DNS rebinding) is of "the same origin"; its name gives it away.
        return Access.GRANTED if _is_loopback(headers.get("host", "")) else Access.FOREIGN_NAME
    given = offered_key(headers) or ""
    matches = hmac.compare_digest(given.encode(), key.encode())
    return Access.GRANTED if matches else Access.NO_KEY


def _netloc(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def offered_key(headers: Mapping[str, str]) -> str | None:
    """Give the key a client offers, in its ``Authorization`` header or among its subprotocols."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    for entry in headers.get("sec-websocket-protocol", "").split(","):
        if entry.strip().startswith(_KEY_ENTRY):
            return entry.strip().removeprefix(_KEY_ENTRY)
    return None
