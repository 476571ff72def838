"""A real server with scripted engines in a thread of the test's process; and no event that the API's types refuse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from frame_watch import FrameWatch
from serving_thread import run_server

from realtime_chat.protocol.codec import encode
from realtime_chat.protocol.event import ServerEvent
from realtime_chat.server.effects import Emit
from realtime_chat.server.outbox import Outbox
from realtime_chat.server.process import ServeOptions

KEY = "the-key-of-this-server"


@pytest.fixture(scope="session")
def scripted_url() -> Iterator[str]:
    """Base URL of a server with scripted engines that takes `KEY` only."""
    yield from run_server(ServeOptions(port=0, engines="scripted", key=KEY))


@pytest.fixture(scope="session")
def key() -> str:
    return KEY


@pytest.fixture(autouse=True)
def watched_machine(monkeypatch: pytest.MonkeyPatch, frame_watch: FrameWatch) -> None:
    """What the machine emits is read as strictly as what is sent, also where no client is there to be sent it."""
    emit = Outbox.emit

    def watched(outbox: Outbox, event: type[ServerEvent], **fields: Any) -> None:
        at = len(outbox._effects)
        emit(outbox, event, **fields)
        made = outbox._effects[at]
        assert isinstance(made, Emit)
        frame_watch.put(encode(made.event))

    monkeypatch.setattr(Outbox, "emit", watched)
