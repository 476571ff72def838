"""A real server with scripted engines, in a thread of the test's process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from serving_thread import run_server

from realtime_chat.server.process import ServeOptions

KEY = "the-key-of-this-server"


@pytest.fixture(scope="session")
def scripted_url() -> Iterator[str]:
    """Base URL of a server with scripted engines that takes `KEY` only."""
    yield from run_server(ServeOptions(port=0, engines="scripted", key=KEY))


@pytest.fixture(scope="session")
def key() -> str:
    return KEY
