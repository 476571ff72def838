"""A connection to a Realtime server over a WebSocket: the one file that knows the library, and its exceptions."""

from __future__ import annotations

import json
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

from realtime_chat.audio.frame import SAMPLE_RATE
from realtime_chat.protocol.dialects.ga import GA
from realtime_chat.protocol.dialects.table import AnyDialect
from realtime_chat.session.address import Endpoint, endpoint
from realtime_chat.session.cleaning import one_sentence
from realtime_chat.session.errors import (
    CannotConnect,
    ConnectionLost,
    InsecureAddress,
    Refused,
    SessionError,
    UnusableKey,
    WrongKey,
)
from realtime_chat.session.key_header import BEARER, KeyHeader
from realtime_chat.session.resampled import ResampledConnection
from realtime_chat.session.seam import Connection
from realtime_chat.session.translated import TranslatedConnection

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection
    from websockets.asyncio.client import connect as Connect  # noqa: N812 - a class in lower case
    from websockets.exceptions import ConnectionClosed

OPEN_SECONDS: Final = 10.0
"""A server that takes longer to answer than this is not there."""

_CLOSE_SECONDS: Final = 1.0
_LARGEST_FRAME: Final = 16 * 2**20
"""Bytes. The service takes frames of 15 MiB; its own hold 100 ms of sound, but a retrieved item can be long."""

_PING_SECONDS: Final = 20.0
_PONG_SECONDS: Final = 60.0
"""A server that computes may be late with its pong: the usual 20 s end healthy connections to busy local servers."""


class _State(Enum):
    OPEN = auto()
    CLOSED = auto()


class WebSocketConnection:
    """A connection; see `seam.Connection`. Made by `connect`."""

    def __init__(self, socket: ClientConnection, address: str) -> None:
        self._socket = socket
        self._address = address
        self._state = _State.OPEN

    @property
    def address(self) -> str:
        """The server's address as it may be shown."""
        return self._address

    async def send(self, text: str) -> None:
        """Send a frame.

        Raises:
            ConnectionLost: The connection is gone.
        """
        from websockets.exceptions import ConnectionClosed

        try:
            await self._socket.send(text)
        except ConnectionClosed as error:
            raise _lost(error) from None

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        """Yield each frame.

        Raises:
            ConnectionLost: The connection is gone, or the server ended it.
        """
        from websockets.exceptions import ConnectionClosed

        while True:
            try:
                # As bytes: a frame that is not UTF-8 is then one unreadable event and not the end of the session.
                frame = await self._socket.recv(decode=False)
            except ConnectionClosed as error:
                if self._state is _State.CLOSED:
                    return
                raise _lost(error) from None
            yield frame

    async def close(self) -> None:
        """Say goodbye; returns within a second."""
        self._state = _State.CLOSED
        await self._socket.close()


@asynccontextmanager
async def connect(
    address: str,
    *,
    key: str | None = None,
    model: str | None = None,
    dialect: AnyDialect = GA,
    key_header: KeyHeader = BEARER,
    input_rate: int = SAMPLE_RATE,
) -> AsyncIterator[Connection]:
    """Connect to a Realtime server; the connection is closed at the end of the context.

    Args:
        address: See `address.endpoint`.
        key: Sent in ``key_header``; None or blank sends none. It is kept nowhere and shown nowhere.
        model: The model's name, for the address.
        dialect: What the server speaks; the connection translates it, so that it speaks GA here.
        key_header: Where the server wants its key.
        input_rate: Samples a second of the sound that it takes; what is sent is resampled.

    Raises:
        CannotConnect: Nobody answers there, or not the way a server does; or `BadAddress`, `InsecureAddress`.
        UnusableKey: The key cannot be one.
        Refused: The server answered with an HTTP error; or `WrongKey`.
    """
    target = endpoint(address, model)
    headers = _authorization(key, key_header, target) | dict(dialect.headers)
    connection = await _opened(target, headers)
    try:
        yield _adapted(connection, dialect, input_rate)
    finally:
        await connection.close()


def _adapted(connection: Connection, dialect: AnyDialect, input_rate: int) -> Connection:
    if dialect is not GA:
        connection = TranslatedConnection(connection, dialect)
    return connection if input_rate == SAMPLE_RATE else ResampledConnection(connection, input_rate)


def _authorization(key: str | None, header: KeyHeader, target: Endpoint) -> dict[str, str]:
    key = (key or "").strip()
    if not key:
        return {}
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise UnusableKey
    if not target.is_secure and not target.is_loopback:
        raise InsecureAddress(target.shown, "it would travel unencrypted")
    return header.fields(key)


async def _opened(target: Endpoint, headers: Mapping[str, str]) -> WebSocketConnection:
    from websockets.exceptions import WebSocketException

    try:
        socket = await _client()(
            target.url,
            additional_headers=headers,
            compression=None,  # base64 of sound does not get smaller
            open_timeout=OPEN_SECONDS,
            close_timeout=_CLOSE_SECONDS,
            ping_interval=_PING_SECONDS,
            ping_timeout=_PONG_SECONDS,
            max_size=_LARGEST_FRAME,
            # A proxy is for the world outside; it could not reach this machine's loopback, and would see the key.
            proxy=None if target.is_loopback else True,
            logger=_quiet_logger(),
        )
    except (WebSocketException, OSError, ValueError, EOFError, ImportError) as error:
        raise _translated(error, target.shown) from None
    return WebSocketConnection(socket, target.shown)


def _client() -> type[Connect]:
    from websockets.asyncio.client import connect as base

    class Client(base):
        """Goes nowhere but where it was sent: a redirect could carry the key to somebody else."""

        def process_redirect(self, exc: Exception) -> Exception | str:
            return exc

    return Client


def _quiet_logger() -> logging.Logger:
    """Give a logger that is silent at the level at which the library writes down headers, and so the key."""
    logger = logging.getLogger("realtime_chat.session.websocket")
    logger.setLevel(logging.WARNING)
    return logger


def _translated(error: Exception, address: str) -> SessionError:
    from websockets.exceptions import InvalidMessage, InvalidProxy, InvalidStatus, ProxyError

    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        kind = WrongKey if status in {401, 403} else Refused
        return kind(address, status, _said(error.response.body))
    if isinstance(error, TimeoutError):
        reason = f"it did not answer within {OPEN_SECONDS:g} s"
    elif isinstance(error, socket.gaierror):
        reason = "the host's name is not known"
    elif isinstance(error, ConnectionRefusedError):
        reason = "nobody listens there"
    elif isinstance(error, ssl.SSLCertVerificationError):
        reason = f"its certificate is not valid: {one_sentence(error.verify_message)}"
    elif isinstance(error, ssl.SSLError):
        reason = "it does not speak TLS"
    elif isinstance(error, InvalidProxy | ProxyError | ImportError):
        # The library's own words would name the proxy's user and password.
        reason = "the proxy that the environment names does not work"
    elif isinstance(error, OSError):
        reason = one_sentence(error.strerror or type(error).__name__)
    elif isinstance(error, InvalidMessage | EOFError):
        reason = "it does not speak HTTP"
    else:
        reason = "it does not speak the WebSocket protocol"
    return CannotConnect(address, reason)


def _said(body: bytes | bytearray | None) -> str:
    """Give what the body of an HTTP error says: the API's ``error.message``, or the text itself if it is short."""
    text = bytes(body or b"").decode("utf-8", "replace")
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return "" if "<" in text else one_sentence(text)  # a page for people with browsers says nothing here
    if isinstance(found, dict):
        found = found.get("error", found.get("detail", found.get("message")))
    if isinstance(found, dict):
        found = found.get("message")
    return one_sentence(found) if isinstance(found, str) else ""


def _lost(error: ConnectionClosed) -> ConnectionLost:
    close = error.rcvd or error.sent
    return ConnectionLost(1006, "") if close is None else ConnectionLost(int(close.code), one_sentence(close.reason))
