"""What an answer may call: the tools of the session and of ``response.create``, as the engines take them."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from realtime_chat.protocol.responses import ResponseParams
from realtime_chat.protocol.sessions import FunctionChoice, FunctionTool, McpTool, RealtimeSession, ToolChoice
from realtime_chat.server.engines.seam import Tool, Toolbox

Tools = list[FunctionTool | McpTool] | UnsetType
Choice = ToolChoice | UnsetType


def effective_tools(session: RealtimeSession, params: ResponseParams) -> list[FunctionTool]:
    """Give the functions that an answer may use: those of ``response.create``, or else the session's."""
    tools: Tools = session.tools if params.tools is UNSET else params.tools
    return [] if tools is UNSET else [tool for tool in tools if isinstance(tool, FunctionTool)]


def effective_choice(session: RealtimeSession, params: ResponseParams) -> ToolChoice:
    """Give how the model is to choose among them."""
    choice: Choice = session.tool_choice if params.tool_choice is UNSET else params.tool_choice
    return "auto" if choice is UNSET else choice


def toolbox(session: RealtimeSession, params: ResponseParams) -> Toolbox | None:
    """Put the tools of an answer together; ``None`` where there are none."""
    tools = effective_tools(session, params)
    if not tools:
        return None
    choice = effective_choice(session, params)
    only = choice.name if isinstance(choice, FunctionChoice) else None
    parallel = session.parallel_tool_calls if params.parallel_tool_calls is UNSET else params.parallel_tool_calls
    return Toolbox(
        tools=tuple(Tool(tool.name, _text(tool.description), _schema(tool.parameters)) for tool in tools),
        choice=choice if isinstance(choice, str) else "required",
        only=only,
        parallel=parallel is not False,
    )


def _text(description: str | UnsetType) -> str:
    return "" if description is UNSET else description


def _schema(parameters: dict[str, object] | UnsetType) -> dict[str, object]:
    return {} if parameters is UNSET else parameters
