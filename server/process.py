"""The server as a process: in the foreground for ``serve``, or embedded, as the child of a conversation.

An embedded server is told its key by the environment, prints one line of JSON when it can be used, and ends when its
standard input does, so that it never outlives its parent, however that one died.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Coroutine
from contextlib import closing
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from realtime_chat.server.engines.errors import EngineMissing
from realtime_chat.server.engines.remote import HERE, Elsewhere, Remote
from realtime_chat.server.errors import OpenToAll, ServerError
from realtime_chat.server.limits import Limits, Phase

if TYPE_CHECKING:
    from realtime_chat.server.engines.engine_set import EngineSet
    from realtime_chat.server.http.metrics import Metrics

KEY_VARIABLE = "REALTIME_CHAT_SERVER_KEY"
"""Environment variable with the key that clients of the server must know."""

LLM_KEY_VARIABLE = "REALTIME_CHAT_LLM_KEY"
"""Environment variable with the key for the endpoint given by ``--llm-url``."""

DRAIN_SECONDS = 30.0
"""How long answers that are under way may take when the server is told to end."""

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


SWITCH_SECONDS = 0.0005
"""How long a thread that computes keeps the interpreter from one that waits for it."""


@dataclass(frozen=True)
class ServeOptions:
    """How to serve.

    Attributes:
        host: Address to bind; anything but loopback needs ``key``.
        port: Port to bind, 0 for any free one.
        engines: ``real`` or ``scripted``.
        model: Local model that thinks, None for the default one.
        elsewhere: What hears, thinks and speaks behind an API instead of here.
        key: What clients must know, ``None`` for nothing.
        preload: Which engines are loaded before anybody needs them.
        limits: How many sessions are taken, how often, and for how long.
        drain_seconds: How long answers that are under way may take when the server is told to end.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    engines: str = "real"
    model: str | None = None
    elsewhere: Elsewhere = HERE
    key: str | None = field(default=None, repr=False)
    preload: Preload = Preload.FIRST
    limits: Limits = field(default_factory=Limits)
    drain_seconds: float = DRAIN_SECONDS


def serve(options: ServeOptions, on_ready: Callable[[str], None], *, stop: threading.Event | None = None) -> None:
    """Serve until SIGINT or SIGTERM: sessions then finish the answer they are at; a second signal does not wait for it.

    Args:
        options: How to serve.
        on_ready: Called with the base URL once sessions are accepted.
        stop: Ends the server at once, from any thread, when set; signals are then left to whoever sets it.

    Raises:
        AddressInUse: The address cannot be bound.
        OpenToAll: The address is not loopback and there is no key.
        EngineMissing: The ``local`` extra is not installed.
        EngineError: An engine cannot be loaded.
        ModelError: A model is missing or wrong.
    """
    # A frame should not wait 5 ms, Python's usual interval, for a thread that thinks or speaks.
    sys.setswitchinterval(SWITCH_SECONDS)
    # Read when numpy loads: its threads would only take the cores from the engines.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if options.host not in ("127.0.0.1", "localhost", "::1") and not options.key:
        raise OpenToAll(options.host, KEY_VARIABLE)
    try:
        from realtime_chat.server.engines.choose import real_engines, scripted_engines
        from realtime_chat.server.http.metrics import Metrics
        from realtime_chat.server.models.store import ModelStore, default_root
        from realtime_chat.server.web_server import bind
    except ModuleNotFoundError as error:
        raise EngineMissing("server", error.name or "starlette") from None
    if options.engines == "scripted":
        engines = scripted_engines(options.elsewhere)
    else:
        store = ModelStore(default_root())
        engines = real_engines(store, model=options.model, elsewhere=options.elsewhere)
    with closing(bind(options.host, options.port)) as listener:
        _run(_serve(options, engines, Metrics(), listener, on_ready, stop))


def _run(main: Coroutine[Any, Any, None]) -> None:
    """Run the server on uvloop, which serves a hundred sessions in time where asyncio's own loop does not."""
    if sys.platform == "win32":  # it has no uvloop
        asyncio.run(main)
        return
    try:
        import uvloop
    except ModuleNotFoundError:
        asyncio.run(main)
    else:
        uvloop.run(main)


async def _serve(
    options: ServeOptions,
    engines: EngineSet,
    metrics: Metrics,
    listener: socket.socket,
    on_ready: Callable[[str], None],
    stop: threading.Event | None,
) -> None:
    from realtime_chat.server.app import build_app
    from realtime_chat.server.sessions import Sessions
    from realtime_chat.server.web_server import WebServer, url_of

    sessions = Sessions(options.limits, metrics, phase=Phase.LOADING)
    app = build_app(engines, options.key, sessions=sessions, metrics=metrics)
    server = WebServer(app, sessions, options.drain_seconds, takes_signals=stop is None)

    async def load() -> None:
        await server.listening.wait()
        if options.preload is Preload.FIRST:
            await engines.load()
        if options.preload is Preload.ALL:
            engines.begin_loading()
        await engines.thinking()
        # What was loaded stays: the garbage collector need not look through it again, for tens of milliseconds.
        gc.collect()
        gc.freeze()
        sessions.ready()
        on_ready(url_of(listener))

    def end(loaded: asyncio.Task[None]) -> None:
        if not loaded.cancelled() and loaded.exception() is not None:
            server.should_exit = True

    def wait_for(told: threading.Event) -> None:
        told.wait()
        server.should_exit = True

    if stop is not None:
        # A daemon, for nothing ever ends its wait if the server fails by itself.
        threading.Thread(target=wait_for, args=[stop], name="stop", daemon=True).start()
    loading = asyncio.create_task(load())
    loading.add_done_callback(end)
    try:
        await server.serve(sockets=[listener])
    finally:
        if not loading.done():
            loading.cancel()
        await engines.aclose()
    if loading.done():
        loading.result()


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
    llm_key = os.environ.pop(LLM_KEY_VARIABLE, None)
    thinking = None if given.llm_url is None else Remote(given.llm_url, given.llm_model or "", llm_key)
    options = ServeOptions(
        host=given.host,
        port=given.port,
        engines=given.engines,
        model=given.model,
        elsewhere=Elsewhere(thinking=thinking),
        key=os.environ.pop(KEY_VARIABLE, None) or None,
        preload=Preload(given.preload),
    )
    return _embedded(options)


if __name__ == "__main__":
    sys.exit(main())
