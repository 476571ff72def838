"""The body of ``POST /v1/chat/completions``, and what the language model is asked by it. Pure."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.protocol.sessions import FunctionTool
from realtime_chat.server.checks import check_tools
from realtime_chat.server.engines.seam import ChatMessage, Tool, Toolbox, ToolCall

_ROLES: dict[str, Literal["system", "user", "assistant", "tool"]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
}


class Unfit(ValueError):
    """A request that can be read but not done; ``str()`` says why.

    Attributes:
        param: The field at fault.
        code: The error code.
    """

    def __init__(self, param: str, sentence: str, code: str = "invalid_value") -> None:
        super().__init__(sentence)
        self.param = param
        self.code = code


def _unfit(param: str, reason: str) -> Unfit:
    return Unfit(param, f"Invalid '{param}': {reason}.")


class TextPart(Struct):
    """A piece of a message's text."""

    text: str
    type: Literal["text"] = "text"


class CalledFunction(Struct):
    """A function and what it was called with: the JSON text of an object."""

    name: str
    arguments: str = "{}"


class Call(Struct):
    """A call that the assistant made."""

    function: CalledFunction
    id: str = ""
    type: Literal["function"] = "function"


class Message(Struct):
    """A message of the conversation so far."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[TextPart] | None = None
    tool_calls: list[Call] | None = None
    tool_call_id: str = ""


class Function(Struct):
    """A function that may be called; ``parameters`` is the JSON Schema of its arguments."""

    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None


class ChatTool(Struct):
    """A tool, which is a function."""

    function: Function
    type: Literal["function"] = "function"


class NamedFunction(Struct):
    """The name of a function."""

    name: str


class NamedTool(Struct):
    """The one tool that must be called."""

    function: NamedFunction
    type: Literal["function"] = "function"


class StreamOptions(Struct):
    """Whether the last chunk of a stream counts the tokens."""

    include_usage: bool | None = None


class ChatRequest(Struct):
    """The body of ``POST /v1/chat/completions``. What else it may hold, such as ``temperature``, has no effect."""

    messages: Annotated[list[Message], Meta(min_length=1)]
    model: str = ""
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Meta(ge=1)] | None = None
    n: int | None = None
    tools: list[ChatTool] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    parallel_tool_calls: bool | None = None

    def conversation(self) -> tuple[ChatMessage, ...]:
        """Give the messages as the language model takes them."""
        return tuple(_message(message) for message in self.messages)

    def toolbox(self) -> Toolbox | None:
        """Give what may be called, None where nothing may.

        Raises:
            Unfit: A tool must be called that is not there, or a tool is none that can be called.
        """
        _check([tool.function for tool in self.tools or ()])
        tools = tuple(
            Tool(tool.function.name, tool.function.description or "", tool.function.parameters or {})
            for tool in self.tools or ()
        )
        only = self.tool_choice.function.name if isinstance(self.tool_choice, NamedTool) else None
        if only is not None and only not in [tool.name for tool in tools]:
            raise _unfit("tool_choice", "it names no tool of this request")
        if not tools:
            if self.tool_choice == "required":
                raise _unfit("tool_choice", "there are no tools that could be called")
            return None
        choice = self.tool_choice if isinstance(self.tool_choice, str) else ("auto" if only is None else "required")
        return Toolbox(tools, choice, only, parallel=self.parallel_tool_calls is not False)

    def limit(self) -> int | None:
        """Give the most tokens that the answer may have, None where it may have any number.

        Raises:
            Unfit: Several answers are wanted.
        """
        if self.n not in (None, 1):
            raise _unfit("n", "this server gives one answer")
        return self.max_tokens if self.max_completion_tokens is None else self.max_completion_tokens


def _check(functions: list[Function]) -> None:
    """Check tools as those of a session are."""
    tools = [
        FunctionTool(name=one.name, parameters={} if one.parameters is None else one.parameters) for one in functions
    ]
    try:
        check_tools(tools, "tools")
    except MalformedEvent as error:  # here they are one level deeper
        param, reason = (
            re.sub(r"(tools\[\d+\])(?=\.)", r"\1.function", text) for text in (error.param or "", error.reason)
        )
        raise Unfit(param, reason, error.code) from error


def _message(message: Message) -> ChatMessage:
    content = message.content or ""
    text = content if isinstance(content, str) else "".join(part.text for part in content)
    calls = tuple(ToolCall(call.function.name, call.function.arguments, call.id) for call in message.tool_calls or ())
    return ChatMessage(_ROLES[message.role], text, calls, message.tool_call_id)
