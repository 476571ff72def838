from __future__ import annotations

import pytest
from msgspec import UNSET

from realtime_chat.protocol import items
from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.server.mcp_items import check_mcp


def listing(*tools: dict) -> items.McpListToolsItem:
    return items.McpListToolsItem(server_label="s", tools=list(tools))


def call(error: object) -> items.McpCallItem:
    return items.McpCallItem(server_label="s", name="n", arguments="{}", error=error)


@pytest.mark.parametrize(
    "item",
    [
        listing(),
        listing({"name": "a", "input_schema": {}}),
        listing({"name": "a", "input_schema": {}, "description": None, "annotations": {"x": 1}, "unknown": 2}),
        call(UNSET),
        call(None),
        call({"type": "protocol_error", "code": -32_000, "message": "x"}),
        call({"type": "http_error", "code": 500, "message": "x"}),
        call({"type": "tool_execution_error", "message": "x", "more": []}),
        items.MessageItem(role="user", content=[]),
    ],
)
def test_what_the_api_has(item):
    check_mcp(item, "item")


@pytest.mark.parametrize(
    ("item", "code", "param"),
    [
        (listing({}), "missing_required_parameter", "x.tools[0].name"),
        (listing({"name": "a"}), "missing_required_parameter", "x.tools[0].input_schema"),
        (listing({"name": "a", "input_schema": {}}, {"name": 5}), "invalid_value", "x.tools[1].name"),
        (listing({"name": "a", "input_schema": {}, "description": []}), "invalid_value", "x.tools[0].description"),
        (call({}), "missing_required_parameter", "x.error.type"),
        (call({"type": "what"}), "invalid_value", "x.error.type"),
        (call({"type": "http_error", "message": "x"}), "missing_required_parameter", "x.error.code"),
        (call({"type": "http_error", "message": "x", "code": "500"}), "invalid_value", "x.error.code"),
        (call({"type": "tool_execution_error", "message": None}), "invalid_value", "x.error.message"),
    ],
)
def test_what_the_api_has_not(item, code, param):
    with pytest.raises(MalformedEvent) as caught:
        check_mcp(item, "x")
    assert (caught.value.code, caught.value.param) == (code, param)
    assert param in caught.value.reason
