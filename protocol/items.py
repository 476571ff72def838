"""Items of a conversation and the parts they are made of.

Optional fields that the service leaves out are `UNSET` here; those it sends as null are ``None``. Strict
clients reject a null where nothing is expected, so the difference is kept. Audio travels as base64 on the
wire and is ``bytes`` here (PCM16 little-endian mono 24 kHz unless the session says otherwise).
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

Status = Literal["in_progress", "completed", "incomplete"]
Role = Literal["system", "user", "assistant"]


class InputText(Struct, tag_field="type", tag="input_text", kw_only=True):
    """Text of the person or the system."""

    text: str


class InputAudio(Struct, tag_field="type", tag="input_audio", kw_only=True):
    """Speech of the person; the service sends the transcript as null until it has one."""

    audio: bytes | UnsetType = UNSET
    transcript: str | None | UnsetType = UNSET


class InputImage(Struct, tag_field="type", tag="input_image", kw_only=True):
    """A picture, as a data URI."""

    image_url: str
    detail: Literal["auto", "low", "high"] | UnsetType = UNSET


class OutputText(Struct, tag_field="type", tag="output_text", kw_only=True):
    """Text of the model."""

    text: str


class OutputAudio(Struct, tag_field="type", tag="output_audio", kw_only=True):
    """Speech of the model; its bytes are only in ``conversation.item.retrieved``."""

    audio: bytes | UnsetType = UNSET
    transcript: str | None | UnsetType = UNSET


ContentPart = InputText | InputAudio | InputImage | OutputText | OutputAudio


class TextPart(Struct, tag_field="type", tag="text", kw_only=True):
    """A text part as ``response.content_part.*`` names it."""

    text: str = ""


class AudioPart(Struct, tag_field="type", tag="audio", kw_only=True):
    """An audio part as ``response.content_part.*`` names it (strict clients drop ``output_audio`` there)."""

    transcript: str = ""
    audio: bytes | UnsetType = UNSET


ResponsePart = TextPart | AudioPart


class _Item(Struct, tag_field="type", kw_only=True):
    id: str | UnsetType = UNSET
    object: Literal["realtime.item"] | UnsetType = UNSET
    status: Status | UnsetType = UNSET


class MessageItem(_Item, tag="message", kw_only=True):
    """Something said or written by a role."""

    role: Role
    content: list[ContentPart]


class FunctionCallItem(_Item, tag="function_call", kw_only=True):
    """The model asks for a function; ``arguments`` is JSON, and empty while it is being written."""

    name: str
    arguments: str
    call_id: str | UnsetType = UNSET


class FunctionCallOutputItem(_Item, tag="function_call_output", kw_only=True):
    """What a function returned."""

    call_id: str
    output: str


class McpListToolsItem(_Item, tag="mcp_list_tools", kw_only=True):
    """The tools an MCP server offers."""

    server_label: str
    tools: list[dict[str, Any]]


class McpCallItem(_Item, tag="mcp_call", kw_only=True):
    """A call of an MCP tool, made by the service."""

    server_label: str
    name: str
    arguments: str
    approval_request_id: str | None | UnsetType = UNSET
    output: str | None | UnsetType = UNSET
    error: dict[str, Any] | None | UnsetType = UNSET


class McpApprovalRequestItem(_Item, tag="mcp_approval_request", kw_only=True):
    """The service asks whether an MCP tool may be called."""

    server_label: str
    name: str
    arguments: str


class McpApprovalResponseItem(_Item, tag="mcp_approval_response", kw_only=True):
    """The answer to an `McpApprovalRequestItem`."""

    approval_request_id: str
    approve: bool
    reason: str | None | UnsetType = UNSET


class ItemReference(_Item, tag="item_reference", kw_only=True):
    """An item of the conversation, named by its id; only in the input of ``response.create``."""


Item = (
    MessageItem
    | FunctionCallItem
    | FunctionCallOutputItem
    | McpListToolsItem
    | McpCallItem
    | McpApprovalRequestItem
    | McpApprovalResponseItem
)
InputItem = Item | ItemReference
