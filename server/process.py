"""The server as a process: in the foreground for ``serve``, or embedded, as the child of a conversation.

An embedded server is told its key by the environment, prints one line of JSON when it can be used, and ends when its
standard input does, so that it never outlives its parent, however that one died.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

from realtime_chat.server.errors import AddressInUse, EngineMissing, OpenToAll, ServerError

KEY_VARIABLE = "REALTIME_CHAT_SERVER_KEY"
"""Environment variable with the key that clients of the server must know."""

LLM_KEY_VARIABLE = "REALTIME_CHAT_LLM_KEY"
"""Environment variable with the key for the endpoint given by ``--llm-url``."""

MAX_MESSAGE = 24 * 1024 * 1024
"""The largest message in bytes: 15 MiB of audio, the API's limit for one append, as base64."""

DRAIN_SECONDS = 3
"""How long sessions may take to end when the server is told to."""

ORPHAN_SECONDS = 5
"""How long an embedded server may take to end by itself once its parent is gone."""


class Preload(Enum):
    """Which engines are loaded before anybody needs them."""

    FIRST = "first"
    """All, before the server says that it is ready."""
    ALL = "all"
    """All; the server is ready as soon as it can think, for nobody has spoken a whole sentence by then."""
    THINKING = "thinking"
    """The language model; the others when they are needed."""


@dataclass(frozen=True)
class ServeOptions:
    """How to serve.

    Attributes:
        host: Address to bind; anything but loopback needs ``key``.
        port: Port to bind, 0 for any free one.
        engines: ``real`` or ``scripted``.
        model: Local model that thinks, None for the default one.
        llm_url: Base of an OpenAI-compatible API that thinks instead of the local model.
        llm_model: Model to ask for there.
        key: What clients must know, ``None`` for nothing.
        llm_key: Key for ``llm_url``.
        preload: Which engines are loaded before anybody needs them.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    engines: str = "real"
    model: str | None = None
    llm_url: str | None = None
    llm_model: str | None = None
    key: str | None = None
    llm_key: str | None = None
    preload: Preload = Preload.FIRST


def serve(options: ServeOptions, on_ready: Callable[[str], None], *, stop: threading.Event | None = None) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        options: How to serve.
        on_ready: Called with the base URL once sessions are accepted.
        stop: Ends the server, from any thread, when set; signals are then left to whoever sets it.

    Raises:
        AddressInUse: The address cannot be bound.
        OpenToAll: The address is not loopback and there is no key.
        EngineMissing: The ``local`` extra is not installed.
        EngineError: An engine cannot be loaded.
        ModelError: A model is missing or wrong.
    """
    # Read when numpy loads: its threads would only take the cores from the engines.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if options.host not in ("127.0.0.1", "localhost", "::1") and not options.key:
        raise OpenToAll(options.host, KEY_VARIABLE)
    try:
        import uvicorn

        from realtime_chat.server.app import build_app
        from realtime_chat.server.engines.choose import real_engines, scripted_engines
        from realtime_chat.server.models.store import ModelStore, default_root
    except ModuleNotFoundError as error:
        raise EngineMissing("server", error.name or "starlette") from None
    if options.engines == "scripted":
        engines = scripted_engines()
    else:
        store = ModelStore(default_root())
        engines = real_engines(
            store,
            model=options.model,
            llm_url=options.llm_url,
            llm_model=options.llm_model,
            llm_key=options.llm_key,
        )
    listener = _bind(options.host, options.port)
    config = uvicorn.Config(
        build_app(engines, options.key),
        log_config=None,
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE,
        ws_ping_interval=None,  # a busy machine must not cost a healthy session; the socket's end is noticed without
        timeout_graceful_shutdown=DRAIN_SECONDS,
        lifespan="off",
    )

    class Server(uvicorn.Server):
        """Says when it is ready, and leaves signals to the parent when it has one."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            host, port = listener.getsockname()[:2]
            on_ready(f"http://{f'[{host}]' if ':' in host else host}:{port}/v1")

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            if stop is not None:
                yield
                return
            with super().capture_signals():
                yield

    server = Server(config)

    def wait_for(told: threading.Event) -> None:
        told.wait()
        server.should_exit = True

    async def main() -> None:
        if options.preload is Preload.FIRST:
            await engines.load()
        if options.preload is Preload.ALL:
            engines.begin_loading()
        await engines.thinking()
        if stop is not None:
            # A daemon, for nothing ever ends its wait if the server fails by itself.
            threading.Thread(target=wait_for, args=[stop], name="stop", daemon=True).start()
        await server.serve(sockets=[listener])

    try:
        asyncio.run(main())
    finally:
        listener.close()


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # there it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.set_inheritable(False)
    except (OSError, OverflowError) as error:
        listener.close()
        raise AddressInUse(host, port, getattr(error, "strerror", None) or str(error)) from None
    return listener


def _embedded(options: ServeOptions) -> int:
    """Run as a child: one line of JSON on standard output, and an end when standard input ends."""
    stop = threading.Event()

    def say(**fields: object) -> None:
        print(json.dumps(fields), flush=True)  # noqa: T201  - this line is the interface to the parent

    def watch_parent() -> None:
        while os.read(sys.stdin.fileno(), 4096):  # not sys.stdin: its lock would be held when the interpreter ends
            pass
        stop.set()
        timer = threading.Timer(ORPHAN_SECONDS, os._exit, [1])  # an engine deep in a computation must not keep it
        timer.daemon = True
        timer.start()

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent decides what it means
    threading.Thread(target=watch_parent, name="parent", daemon=True).start()
    try:
        serve(options, lambda url: say(ready=True, url=url), stop=stop)
    except ServerError as error:
        say(ready=False, error=str(error))
        return 1
    return 0


def _start_log(*, verbose: bool) -> None:
    """Log to standard error, which the parent cleans and shows.

    Of this program only: the libraries below log the headers of every request, and so everybody's keys.
    """
    ours = logging.getLogger("realtime_chat")
    ours.propagate = False
    ours.addHandler(logging.StreamHandler() if verbose else logging.NullHandler())
    ours.setLevel(logging.DEBUG if verbose else logging.ERROR)
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)


def main() -> int:
    """Run an embedded server; keys come by the environment, never by the command line."""
    parser = argparse.ArgumentParser(prog="realtime_chat.server.process")
    parser.add_argument("--embedded", action="store_true", required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--engines", choices=["real", "scripted"], default="real")
    parser.add_argument("--preload", choices=["all", "thinking"], default="thinking")
    parser.add_argument("--model")
    parser.add_argument("--llm-url")
    parser.add_argument("--llm-model")
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args()
    _start_log(verbose=given.verbose)
    options = ServeOptions(
        host=given.host,
        port=given.port,
        engines=given.engines,
        model=given.model,
        llm_url=given.llm_url,
        llm_model=given.llm_model,
        key=os.environ.pop(KEY_VARIABLE, None) or None,
        llm_key=os.environ.pop(LLM_KEY_VARIABLE, None) or None,
        preload=Preload(given.preload),
    )
    return _embedded(options)


if __name__ == "__main__":
    sys.exit(main())
