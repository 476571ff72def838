"""A real server in a thread of the test's process."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

from realtime_chat.server.process import ServeOptions, serve


def run_server(options: ServeOptions) -> Iterator[str]:
    """Serve until the generator is closed; yields the base URL."""
    ready: queue.Queue[str | BaseException] = queue.Queue()
    stop = threading.Event()

    def work() -> None:
        try:
            serve(options, ready.put, stop=stop)
        except BaseException as error:  # noqa: BLE001  - handed to the test
            ready.put(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        first = ready.get(timeout=30)
        if isinstance(first, BaseException):
            raise first
        yield first
    finally:
        stop.set()
        thread.join(timeout=30)
