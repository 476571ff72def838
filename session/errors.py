"""What ends a conversation, or keeps it from beginning.

    SessionError
    ├── CannotConnect          nobody answers at the server's address
    │   ├── BadAddress         what was given is no address of a server
    │   └── InsecureAddress    the key would travel in the clear
    ├── UnusableKey            the key holds characters that no key can have
    ├── Refused                the server answered the upgrade with an HTTP error
    │   └── WrongKey           401 or 403
    ├── SessionRejected        the server took the connection and then refused the session
    ├── ServerSilent           the server took the connection and then said nothing
    ├── ConnectionLost         the connection broke in mid-session
    ├── ToolsUnusable          a file of tools, or an MCP server, cannot be used
    │   └── ToolsMissing       what is needed for it is not installed
    └── ToolFailed             a call of a tool failed; the model is told, and nothing ends
        └── InvalidArguments   its arguments do not fit; it was not called

Fields hold data; ``str()`` makes the one sentence a person reads, with the next step in it. No field ever holds a
key: addresses are shown without their query and user parts. Texts of a server are cut and cleaned by whoever
builds the error.
"""

from __future__ import annotations

from dataclasses import dataclass

_NO_CLOSE_FRAME = 1006
"""The code that stands for a connection which ended without a word (RFC 6455, section 7.1.5)."""


class SessionError(Exception):
    """Anything this package raises on purpose."""


@dataclass(eq=False)
class CannotConnect(SessionError):
    """Nobody answers at the server's address."""

    address: str
    reason: str

    def __str__(self) -> str:
        return f"Cannot reach {self.address} ({self.reason}): check that the server runs and the address is right."


@dataclass(eq=False)
class BadAddress(CannotConnect):
    """What was given is no address of a server."""

    def __str__(self) -> str:
        return (
            f"{self.address!r} is not the address of a server ({self.reason}): write it like wss://api.openai.com/v1 "
            "or http://127.0.0.1:8000/v1."
        )


@dataclass(eq=False)
class InsecureAddress(CannotConnect):
    """The key would travel over the network in the clear; nothing was sent."""

    def __str__(self) -> str:
        return (
            f"The key was not sent to {self.address} ({self.reason}): use a wss:// address, or unset the key if that "
            "server needs none."
        )


@dataclass(eq=False)
class UnusableKey(SessionError):
    """The key holds characters that no key can have; nothing was sent."""

    def __str__(self) -> str:
        return "The key holds a space, a line break or a letter that no key has: copy it again and set it anew."


@dataclass(eq=False)
class Refused(SessionError):
    """The server answered the upgrade with an HTTP error.

    Attributes:
        address: The server's address.
        status: The HTTP status.
        reason: What the server said about it, cleaned; may be empty.
    """

    address: str
    status: int
    reason: str

    def __str__(self) -> str:
        said = f": {self.reason}" if self.reason else ""
        hint = {
            404: "check the address and the model's name",
            429: "wait a little, or check the account's limits",
        }.get(self.status, "check the address, the model's name and the account")
        if self.status >= 500:
            hint = "the fault is the server's, so try again later"
        return f"{self.address} refused the session (HTTP {self.status}{said}); {hint}."


class WrongKey(Refused):
    """The server does not take the key. Where the key comes from is for the caller to say."""

    def __str__(self) -> str:
        return f"{self.address} does not accept the key (HTTP {self.status}): use one that is valid for this server."


@dataclass(eq=False)
class SessionRejected(SessionError):
    """The server took the connection and then refused the session."""

    code: str
    message: str

    def __str__(self) -> str:
        said = self.message or "no reason given"
        return f"The server refused the session ({self.code or 'no code'}): {said}"


@dataclass(eq=False)
class ServerSilent(SessionError):
    """The server took the connection and then said nothing that a Realtime server says."""

    address: str
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.address} took the connection but sent no session within {self.seconds:g} s: "
            "check that it is a Realtime server (GA protocol)."
        )


@dataclass(eq=False)
class ConnectionLost(SessionError):
    """The connection broke in mid-session.

    Attributes:
        code: The WebSocket close code; 1006 where there was no close frame.
        reason: What the server said about it, cleaned; may be empty.
    """

    code: int
    reason: str

    def __str__(self) -> str:
        if self.code == _NO_CLOSE_FRAME and not self.reason:
            return "The connection to the server broke: start again to go on talking."
        said = f", {self.reason}" if self.reason else ""
        return f"The server ended the connection (code {self.code}{said}): start again to go on talking."


@dataclass(eq=False)
class ToolsUnusable(SessionError):
    """A file of tools, or an MCP server, cannot be used.

    Attributes:
        source: The file, or the name of the server.
        reason: Why, cleaned.
    """

    source: str
    reason: str

    def __str__(self) -> str:
        return f"The tools of {self.source} cannot be used: {self.reason.rstrip('.')}."


class ToolsMissing(ToolsUnusable):
    """What is needed for it is not installed."""

    def __str__(self) -> str:
        return f"The tools of {self.source} need {self.reason}: install it with `pip install 'realtime-chat[tools]'`."


@dataclass(eq=False)
class ToolFailed(SessionError):
    """A call of a tool failed; ``reason`` is for the model, as it came."""

    reason: str

    def __str__(self) -> str:
        return self.reason


class InvalidArguments(ToolFailed):
    """The arguments of a call do not fit; the tool was not called."""
