"""The web server around the application: its socket, its signals, and an orderly end."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from realtime_chat.server.errors import AddressInUse
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
        """Let go of connections that cannot even be closed."""
        if counter % 10 == 0:
            self._abort_stuck(time.monotonic())
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
