"""The web server around the application: its socket, its signals, and an orderly end."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from types import FrameType
from typing import Generic, TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from realtime_chat.server.errors import AddressInUse
from realtime_chat.server.http.refusals import late
from realtime_chat.server.sessions import Sessions
from realtime_chat.server.web_socket import WebSocketProtocol

MAX_MESSAGE = 24 * 1024 * 1024
"""The largest message in bytes. The API's limit for one append, 15 MiB of sound, makes 20 MiB of base64; who sends a
little more than that is told so, and not let go."""

END_SECONDS = 3
"""How long sessions may take to end when the server does not wait for them."""

IMPATIENT_SECONDS = 2.0
"""How long the process may take to end by itself when it was told to twice."""

STUCK_SECONDS = 10.0
"""How long a closed connection may take to send its last bytes to a client that does not read."""

HEAD_SECONDS = 10.0
"""How long a connection may take to say what it wants, from its beginning or from the last answer on. One that asks for
nothing more is closed by uvicorn before that, but goes on if it says a single letter."""

MOST_WAITING = 500
"""Connections that may take that long at a time; beyond it, the one that has waited for longest is closed. So whoever
opens many does not use up what the system gives, of which there is often no more than 1024."""

PING_SECONDS = 20.0
"""How often a client is pinged: what is between it and here then knows that the connection is in use, and the system
notices where nobody is at its end any more. The answer is not waited for: a busy machine must not cost a session."""

VANISHED_SECONDS = 120
"""How long the system waits for a client's machine to acknowledge anything, before it takes the connection for lost."""


class WebServer(uvicorn.Server):
    """Drains when it is told to end, and ends at once when it is told so again.

    Args:
        app: What answers.
        sessions: The sessions of ``app``.
        drain_seconds: How long answers that are under way may take when the server is told to end.
        takes_signals: Whether SIGINT and SIGTERM are for it.

    Attributes:
        listening: Set once connections are accepted.
    """

    def __init__(self, app: Starlette, sessions: Sessions, drain_seconds: float, *, takes_signals: bool = True) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                http=H11Protocol,  # which limits the size of a head; and `_let_go` knows it
                ws=WebSocketProtocol,
                ws_max_size=MAX_MESSAGE,
                ws_per_message_deflate=False,  # sound hardly gets smaller, and every frame would wait for it
                ws_ping_interval=PING_SECONDS,
                ws_ping_timeout=None,
                proxy_headers=False,  # whoever connects from this machine could say that it is any other
                timeout_graceful_shutdown=END_SECONDS,
                lifespan="off",
            )
        )
        self.listening = asyncio.Event()
        self._sessions = sessions
        self._drain_seconds = drain_seconds
        self._takes_signals = takes_signals
        self._loop: asyncio.AbstractEventLoop | None = None
        self._draining: asyncio.Task[None] | None = None
        self._is_told = False
        self._closing: dict[object, float] = {}
        self._waiting: Waiting[H11Protocol] = Waiting(HEAD_SECONDS, MOST_WAITING)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen."""
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self.listening.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take signals, unless they are for somebody else."""
        if self._takes_signals:
            with super().capture_signals():
                yield
        else:
            yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to drain at the first signal, and end at once at the next."""
        super().handle_exit(sig, frame)
        if self._is_told:
            self.force_exit = True
            timer = threading.Timer(IMPATIENT_SECONDS, os._exit, [128 + sig])  # an engine may be deep in a computation
            timer.daemon = True
            timer.start()
        elif self._loop is not None:
            self.should_exit = False
            self._loop.call_soon_threadsafe(self._drain)
        self._is_told = True

    async def on_tick(self, counter: int) -> bool:
        """Let go of connections that say nothing, and of those that cannot even be closed."""
        now = time.monotonic()
        self._let_go(now)
        if counter % 10 == 0:
            self._abort_stuck(now)
        return await super().on_tick(counter)

    def _drain(self) -> None:
        async def drain() -> None:
            await self._sessions.drain(self._drain_seconds)
            self.should_exit = True

        self._draining = asyncio.create_task(drain())

    def _abort_stuck(self, now: float) -> None:
        """A transport that closes waits until all is sent: for ever, where nobody reads."""
        closing = [it for it in self.server_state.connections if it.transport.is_closing()]
        self._closing = {it: self._closing.get(it, now) for it in closing}
        for connection in closing:
            if now - self._closing[connection] > STUCK_SECONDS:
                connection.transport.abort()

    def _let_go(self, now: float) -> None:
        """Close connections that wait too long for their client to ask for something. Sessions are none of them."""
        waiting = {
            it: it.cycle
            for it in self.server_state.connections
            if isinstance(it, H11Protocol) and not it.transport.is_closing() and _is_waiting(it)
        }
        for connection in self._waiting.overdue(waiting, now):
            has_begun, _ = connection.conn.trailing_data
            if has_begun:
                connection.transport.write(_on_the_wire(late("head", "send it at once")))
            connection.shutdown()


H = TypeVar("H")


class Waiting(Generic[H]):
    """Says which connections have waited too long for a request. Pure.

    Args:
        seconds: How long one may wait.
        most: How many may wait.
    """

    def __init__(self, seconds: float, most: int) -> None:
        self._seconds = seconds
        self._most = most
        self._since: dict[H, tuple[object, float]] = {}

    def overdue(self, waiting: Mapping[H, object], now: float) -> list[H]:
        """Give those to let go of.

        Args:
            waiting: All that wait now, each with its last request: one that had another since waits anew.
            now: In seconds on a clock that only goes forward.
        """
        before, self._since = self._since, {}
        for connection, request in waiting.items():
            known = before.get(connection)
            self._since[connection] = known if known is not None and known[0] is request else (request, now)
        longest_first = sorted(self._since, key=lambda connection: self._since[connection][1])
        too_many = max(0, len(longest_first) - self._most)
        return [
            connection
            for number, connection in enumerate(longest_first)
            if number < too_many or now - self._since[connection][1] > self._seconds
        ]


def _is_waiting(connection: H11Protocol) -> bool:
    """Whether a connection has no request that is being answered."""
    cycle: RequestResponseCycle | None = connection.cycle
    return cycle is None or cycle.response_complete


def _on_the_wire(response: Response) -> bytes:
    """Give an answer as it is sent where there is no request that it could be to."""
    status = response.status_code
    head = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()]
    head += [name + b": " + value for name, value in response.raw_headers]
    return b"\r\n".join([*head, b"", bytes(response.body)])


def bind(host: str, port: int) -> socket.socket:
    """Give a socket bound to an address.

    Raises:
        AddressInUse: It cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # there it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _notice_the_vanished(listener)
        listener.bind((host, port))
        listener.set_inheritable(False)
    except (OSError, OverflowError) as error:
        listener.close()
        raise AddressInUse(host, port, getattr(error, "strerror", None) or str(error)) from None
    return listener


def _notice_the_vanished(listener: socket.socket) -> None:
    """Have connections end whose client is gone without a word; those that are accepted inherit this."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if sys.platform == "linux":
        # Keepalive is silent while a ping is not acknowledged, and what is sent again and again takes 15 minutes.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, VANISHED_SECONDS * 1000)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, VANISHED_SECONDS)


def url_of(listener: socket.socket) -> str:
    """Give the base URL of the API behind a bound socket."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/v1"
