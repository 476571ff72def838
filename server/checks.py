"""What a client may ask for: items, tools and the rest of a request, refused with the API's own errors. Pure.

Raises:
    MalformedEvent: From every check, with the path of the field that is wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, Struct
from msgspec.json import encode

from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.protocol.items import (
    FunctionCallItem,
    InputAudio,
    InputImage,
    InputText,
    Item,
    MessageItem,
    OutputText,
)
from realtime_chat.protocol.sessions import (
    FunctionChoice,
    FunctionTool,
    McpChoice,
    McpTool,
    Reasoning,
    RetentionRatio,
    ToolChoice,
    Transcription,
)
from realtime_chat.server.engines.errors import SchemaUnfit
from realtime_chat.server.engines.json_schema import ArgumentsSchema
from realtime_chat.server.engines.schema_work import MAX_WORK
from realtime_chat.server.engines.seam import Tool
from realtime_chat.server.mcp_items import check_mcp

_ITEM_ID = re.compile(r"[a-zA-Z0-9_-]+")
MAX_ID = 32
"""Characters of an item's id, and of a call's, as at OpenAI."""
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_CONTENT: dict[str, tuple[type[Struct], ...]] = {
    "system": (InputText,),
    "user": (InputText, InputAudio, InputImage),
    "assistant": (OutputText,),
}
_INCLUDES = ("item.input_audio_transcription.logprobs",)
_EFFORTS = ("minimal", "low", "medium", "high", "xhigh")
_TRACING = ("workflow_name", "group_id", "metadata")
MAX_TRACING = 64 * 1024
"""Bytes of JSON that say how a session is to be traced: whatever they hold is kept, and told with every update."""
MAX_METADATA, MAX_METADATA_KEY, MAX_METADATA_VALUE = 16, 64, 512
"""Pairs, and characters of a key and a value, as the API documents them."""


def check_item(item: Item, param: str) -> None:
    """Check an item that a client made.

    Args:
        item: The item.
        param: Where it is in the event, such as ``item``.
    """
    for name in ("id", "call_id"):
        value = getattr(item, name, UNSET)
        if isinstance(value, str) and len(value) > MAX_ID:
            raise too_long(f"{param}.{name}", MAX_ID, len(value))
    if isinstance(item.id, str) and not _ITEM_ID.fullmatch(item.id):
        raise _not_matching(f"{param}.id", "^[a-zA-Z0-9_-]+$")
    if isinstance(item, MessageItem):
        allowed = _CONTENT[item.role]
        for index, part in enumerate(item.content):
            if not isinstance(part, allowed):
                where = f"{param}.content[{index}].type"
                names = ", ".join(f"'{kind.__struct_config__.tag}'" for kind in allowed)
                reason = f"Invalid value: '{part.__struct_config__.tag}'. Supported values are: {names}."
                raise MalformedEvent("invalid_value", reason, where)
    if isinstance(item, FunctionCallItem):
        _check_name(item.name, f"{param}.name")
        if item.arguments.strip() and not _is_object(item.arguments):
            where = f"{param}.arguments"
            raise MalformedEvent("invalid_value", f"Invalid '{where}': not the JSON text of an object.", where)
    check_mcp(item, param)


def check_tools(tools: Sequence[FunctionTool | McpTool], param: str) -> None:
    """Check the tools of a session or a response.

    Args:
        tools: The tools.
        param: Where they are in the event, such as ``session.tools``.
    """
    names: set[str] = set()
    work = 0
    for index, tool in enumerate(tools):
        where = f"{param}[{index}]"
        if isinstance(tool, McpTool):
            reason = f"Invalid '{where}': this server calls no MCP servers; let the client offer their tools."
            raise MalformedEvent("invalid_value", reason, f"{where}.type")
        _check_name(tool.name, f"{where}.name")
        if tool.name in names:
            raise MalformedEvent("invalid_value", f"Invalid '{where}.name': there are two of them.", f"{where}.name")
        names.add(tool.name)
        if isinstance(tool.parameters, dict):
            kind = tool.parameters.get("type", "object")
            properties = tool.parameters.get("properties", {})
            if kind != "object" or not isinstance(properties, dict):
                raise _unfit(tool, "schema must be a JSON Schema of 'type: \"object\"'", where)
            work += _schema_work(tool, tool.parameters, where)
            if work > MAX_WORK:
                raise _unfit(tool, "the schemas of all tools together are too large", where)


def check_choice(choice: ToolChoice, tools: Sequence[FunctionTool | McpTool], param: str) -> None:
    """Check that a function that must be called is one of the tools.

    Args:
        choice: The choice.
        tools: The tools it chooses from.
        param: Where it is in the event, such as ``session.tool_choice``.
    """
    if isinstance(choice, McpChoice):
        raise MalformedEvent("invalid_value", f"Invalid '{param}': this server calls no MCP servers.", param)
    if isinstance(choice, FunctionChoice) and not any(
        isinstance(tool, FunctionTool) and tool.name == choice.name for tool in tools
    ):
        reason = f"Tool choice '{choice.name[:64]}' not found in 'tools' parameter."
        raise MalformedEvent("invalid_value", reason, param)


def check_metadata(metadata: object, param: str) -> None:
    """Check what a client wants back with its response."""
    if not isinstance(metadata, dict):
        return
    if len(metadata) > MAX_METADATA:
        reason = f"Invalid '{param}': too many properties. Expected at most {MAX_METADATA}, but got {len(metadata)}."
        raise MalformedEvent("object_above_max_properties", reason, param)
    for key, value in metadata.items():
        for text, limit in ((key, MAX_METADATA_KEY), (value, MAX_METADATA_VALUE)):
            if len(text) > limit:
                where = f"{param}.{key[:MAX_METADATA_KEY]}"
                raise too_long(where, limit, len(text))


def check_truncation(truncation: object) -> None:
    """Check how a session wants long conversations cut."""
    if not isinstance(truncation, RetentionRatio):
        return
    if not 0 <= truncation.retention_ratio <= 1:
        param = "session.truncation.retention_ratio"
        raise MalformedEvent("invalid_value", f"Invalid '{param}': must be between 0 and 1.", param)
    if isinstance(truncation.token_limits, dict):
        for name, tokens in truncation.token_limits.items():
            param = f"session.truncation.token_limits.{name[:64]}"
            if name != "post_instructions":
                raise MalformedEvent("unknown_parameter", f"Unknown parameter: '{param}'.", param)
            if tokens < 0:
                raise MalformedEvent("invalid_value", f"Invalid '{param}': must not be negative.", param)


def check_modalities(modalities: object, param: str) -> None:
    """Check that an answer is either spoken or written; what is spoken has a transcript anyway."""
    if isinstance(modalities, list) and len(modalities) != 1:
        raise MalformedEvent("invalid_value", f"Invalid '{param}': give either ['audio'] or ['text'].", param)


def check_include(include: object) -> None:
    """Check what a session wants its events to have besides; this server has it not, and says so by leaving it out."""
    for index, name in enumerate(include if isinstance(include, list) else []):
        if name not in _INCLUDES:
            raise _not_supported(name, _INCLUDES, f"session.include[{index}]")


def check_reasoning(reasoning: object, param: str) -> None:
    """Check how long the model is to think; this server's think as they do."""
    if isinstance(reasoning, Reasoning) and reasoning.effort not in _EFFORTS:
        raise _not_supported(reasoning.effort, _EFFORTS, f"{param}.effort")


def check_delay(transcription: object) -> None:
    """Check how long the recogniser may wait; this server's waits for nothing."""
    if isinstance(transcription, Transcription) and transcription.delay not in (UNSET, None, *_EFFORTS):
        raise _not_supported(str(transcription.delay), _EFFORTS, "session.audio.input.transcription.delay")


def check_tracing(tracing: object) -> None:
    """Check how a session is to be traced, which this server takes and does not do."""
    if isinstance(tracing, dict) and len(encode(tracing)) > MAX_TRACING:
        reason = f"Invalid 'session.tracing': more than {MAX_TRACING} bytes of JSON."
        raise MalformedEvent("invalid_value", reason, "session.tracing")
    for name, value in (tracing if isinstance(tracing, dict) else {}).items():
        param = f"session.tracing.{str(name)[:64]}"
        if name not in _TRACING:
            raise MalformedEvent("unknown_parameter", f"Unknown parameter: '{param}'.", param)
        if name != "metadata" and not isinstance(value, str):
            raise MalformedEvent("invalid_type", f"Invalid type for '{param}': expected a string.", param)


def check_prompt(prompt: object, param: str) -> None:
    """Check that no stored prompt is asked for: there are none, and to ignore one would be to say something else."""
    if prompt not in (UNSET, None):
        reason = f"Invalid '{param}': this server stores no prompts; give the text as 'instructions'."
        raise MalformedEvent("invalid_value", reason, param)


def too_long(param: str, limit: int, length: int) -> MalformedEvent:
    """Make the error about a text that is too long."""
    reason = (
        f"Invalid '{param}': string too long. Expected a string with maximum length {limit}, "
        f"but got a string with length {length} instead."
    )
    return MalformedEvent("string_above_max_length", reason, param)


def _schema_work(tool: FunctionTool, parameters: dict[str, Any], where: str) -> int:
    """Check that a tool's parameters are a schema, and say how much work it makes."""
    try:
        return ArgumentsSchema(Tool(tool.name, "", parameters)).work
    except ModuleNotFoundError:  # the engines are elsewhere, and what they take is their affair
        return 0
    except SchemaUnfit as error:
        raise _unfit(tool, error.problem, where) from error


def _unfit(tool: FunctionTool, problem: str, where: str) -> MalformedEvent:
    reason = f"Invalid schema for function '{tool.name}': {problem}."
    return MalformedEvent("invalid_function_parameters", reason, f"{where}.parameters")


def _check_name(name: str, param: str) -> None:
    if not _TOOL_NAME.fullmatch(name):
        raise _not_matching(param, "^[a-zA-Z0-9_-]{1,64}$")


def _not_supported(value: str, supported: Sequence[str], param: str) -> MalformedEvent:
    names = ", ".join(f"'{name}'" for name in supported)
    return MalformedEvent("invalid_value", f"Invalid value: '{value[:200]}'. Supported values are: {names}.", param)


def _not_matching(param: str, pattern: str) -> MalformedEvent:
    reason = (
        f"Invalid '{param}': string does not match pattern. Expected a string that matches the pattern '{pattern}'."
    )
    return MalformedEvent("invalid_value", reason, param)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
