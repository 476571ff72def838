"""Whatever the server sent in all those conversations, the strictest readers of such events understand it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from strict_frames import complaints, dropped, missing_node

CLIENTS = ["openai", "openai-agents", "agents-realtime", "livekit", "pipecat"]


@pytest.fixture(params=CLIENTS)
def frames(request: pytest.FixtureRequest, converse: Callable[[str], Any]) -> list[dict[str, Any]]:
    """All that the server sent to a client."""
    events = [event for held in converse(request.param).values() for event in held.wire.server_events]
    assert len(events) > 50
    return events


def test_the_types_of_the_official_sdk(frames: list[dict[str, Any]]) -> None:
    assert [complaint for event in frames for complaint in complaints(event)] == []


@pytest.mark.skipif(missing_node() != "", reason=missing_node())
def test_the_parser_of_agents_realtime(frames: list[dict[str, Any]]) -> None:
    assert dropped(frames) == []
