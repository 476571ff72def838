"""Whatever the server sent in all those conversations, the strictest readers of such events understand it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from stock_clients import missing_node
from strict_frames import complaints, dropped


@pytest.fixture
def frames(client: str, converse: Callable[[str], Any]) -> list[dict[str, Any]]:
    """All that the server sent to a client."""
    conversations = converse(client)
    assert conversations
    events = [event for held in conversations.values() for event in held.wire.server_events]
    assert len(events) > 10 * len(conversations)
    return events


def test_the_types_of_the_official_sdk(frames: list[dict[str, Any]]) -> None:
    assert [complaint for event in frames for complaint in complaints(event)] == []


@pytest.mark.skipif(missing_node() != "", reason=missing_node())
def test_the_parser_of_agents_realtime(frames: list[dict[str, Any]]) -> None:
    assert dropped(frames) == []
