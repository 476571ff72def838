"""What a client says of MCP servers, whose tools this server does not call: it is kept and told as it came. Pure."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType, ValidationError, convert

from realtime_chat.protocol.codec import malformed
from realtime_chat.protocol.items import Item, McpCallItem, McpListToolsItem


class _Tool(Struct):
    name: str
    input_schema: Any
    description: str | None | UnsetType = UNSET


class _Fault(Struct, tag_field="type"):
    message: str


class _ProtocolFault(_Fault, tag="protocol_error"):
    code: int


class _HttpFault(_Fault, tag="http_error"):
    code: int


class _ToolFault(_Fault, tag="tool_execution_error"):
    pass


def check_mcp(item: Item, param: str) -> None:
    """Check that a strict reader will understand an item that is about an MCP server; any other is fine.

    Args:
        item: The item.
        param: Where it is in the event, such as ``item``.

    Raises:
        MalformedEvent: It has a tool, or an error, such as the API has not.
    """
    if isinstance(item, McpListToolsItem):
        _check(item.tools, list[_Tool], f"{param}.tools")
    elif isinstance(item, McpCallItem) and isinstance(item.error, dict):
        _check(item.error, _ProtocolFault | _HttpFault | _ToolFault, f"{param}.error")


def _check(value: object, kind: Any, param: str) -> None:
    try:
        convert(value, kind)
    except ValidationError as error:
        raise malformed(str(error), None, param) from None
