"""Tools, calls and results as text, for chat templates that know none of them.

The form is the one of Hermes and Qwen, whose templates write the very same text; other models meet it here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from realtime_chat.server.engines.clean import without_marks
from realtime_chat.server.engines.seam import ChatMessage, Tool, ToolCall

CALL_BEGINS = "<tool_call>"
CALL_ENDS = "}\n</tool_call>"

_HEAD = re.compile(r'<tool_call>\n\{"name": ("(?:[^"\\]|\\.)*"), "arguments":')

TOOL_EXAMPLES = (
    (
        ChatMessage("user", "How much does gold cost now?"),
        ChatMessage("assistant", calls=(ToolCall("get_price", '{"item": "gold"}'),)),
        ChatMessage("tool", '{"dollars": 85}'),
        ChatMessage("assistant", "Gold costs 85 dollars now."),
    ),
    (
        ChatMessage("user", "Open the front door."),
        ChatMessage("assistant", calls=(ToolCall("open_door", '{"door": "front"}'),)),
        ChatMessage("tool", '{"open": true}'),
        ChatMessage("assistant", "The front door is open."),
    ),
)
"""Shows a very small model what a call is. With these between its other examples, SmolLM2-135M called the right one of
four tools for 6 of 10 requests and one for 1 of 10 questions that need none, and told 4 of 4 results in a sentence;
without them it called none at all, and wrote JSON."""


def call_head(name: str) -> str:
    """Give a call's text up to its arguments."""
    return f'{CALL_BEGINS}\n{{"name": {json.dumps(name, ensure_ascii=False)}, "arguments":'


def called_name(text: str) -> str | None:
    """Give the name in a text that ends with `call_head`; None where it does not."""
    heads = list(_HEAD.finditer(text))
    if not heads or heads[-1].end() != len(text):
        return None
    name: str = json.loads(heads[-1].group(1))
    return name


def call_text(call: ToolCall) -> str:
    """Give the whole text of a call."""
    return f"{call_head(call.name)} {call.arguments}{CALL_ENDS}"


def tools_text(tools: Sequence[Tool], *, brief: bool) -> str:
    """Give what the system prompt says about the tools.

    Args:
        tools: The tools.
        brief: Signatures instead of JSON Schemas, and no word on how to call: for a model too small to read
            either, and shown examples instead. A third of the tokens.
    """
    if brief:
        return "You can call these functions:\n" + "\n".join(f"{_signature(t)}: {t.description}" for t in tools)
    described = (
        {"type": "function", "function": {"name": t.name, "description": t.description, "parameters": t.parameters}}
        for t in tools
    )
    return (
        "# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
        "You are provided with function signatures within <tools></tools> XML tags:\n<tools>\n"
        + "\n".join(json.dumps(tool, ensure_ascii=False) for tool in described)
        + "\n</tools>\n\nFor each function call, return a json object with function name and arguments within "
        "<tool_call></tool_call> XML tags:\n<tool_call>\n"
        '{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call>'
    )


def plain(messages: Sequence[ChatMessage], instructions: str = "") -> list[ChatMessage]:
    """Give ``messages`` without calls and results: both become text, results in a user's message.

    Args:
        messages: Any.
        instructions: What the first system message is to end with; it is made where there is none.
    """
    told: list[ChatMessage] = []
    after_result = False
    for message in messages:
        if message.role == "tool":
            result = f"<tool_response>\n{without_marks(message.text)}\n</tool_response>"
            if after_result:
                result = f"{told.pop().text}\n{result}"
            told.append(ChatMessage("user", result))
        elif message.calls:
            told.append(ChatMessage(message.role, "\n".join([message.text, *map(call_text, message.calls)]).lstrip()))
        else:
            told.append(message)
        after_result = message.role == "tool"
    if instructions:
        before = told.pop(0).text if told and told[0].role == "system" else ""
        told.insert(0, ChatMessage("system", f"{before}\n\n{instructions}".lstrip()))
    return told


def _signature(tool: Tool) -> str:
    properties: Any = tool.parameters.get("properties")
    required: Any = tool.parameters.get("required")
    parts = []
    for name, schema in properties.items() if isinstance(properties, dict) else ():
        mark = "" if isinstance(required, list) and name in required else "?"
        parts.append(f"{name}{mark}: {_type(schema)}")
    return f"{tool.name}({', '.join(parts)})"


def _type(schema: Any) -> str:
    if not isinstance(schema, dict):
        return "any"
    if isinstance(values := schema.get("enum"), list):
        return "|".join(json.dumps(value, ensure_ascii=False) for value in values)
    named = schema.get("type", "any")
    return "|".join(map(str, named)) if isinstance(named, list) else str(named)
