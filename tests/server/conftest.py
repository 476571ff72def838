"""A real server with scripted engines in a thread of the test's process; and no event that the API's types refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from serving_thread import run_server
from strict_frames import complaints, dropped, missing_node, shape

from realtime_chat.protocol.codec import encode
from realtime_chat.protocol.event import ServerEvent
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


@pytest.fixture(scope="session")
def all_shapes() -> Iterator[dict[Any, dict[str, Any]]]:
    """One event of each shape that a server of this process emits; at the end, agents-realtime understands them all."""
    shapes: dict[Any, dict[str, Any]] = {}
    yield shapes
    if not missing_node():
        assert dropped(shapes.values()) == []


@pytest.fixture(autouse=True)
def official_types(monkeypatch: pytest.MonkeyPatch, all_shapes: dict[Any, dict[str, Any]]) -> Iterator[None]:
    """Whatever a server of this process emits during a test has an id and satisfies the official types."""
    refused: list[str] = []
    emit = Outbox.emit

    def checked(outbox: Outbox, event: type[ServerEvent], **fields: Any) -> None:
        frame = json.loads(encode(event(event_id="event", **fields)))
        refused.extend(complaints(frame))
        all_shapes.setdefault(shape(frame), frame)
        emit(outbox, event, **fields)

    monkeypatch.setattr(Outbox, "emit", checked)
    yield
    assert refused == []
