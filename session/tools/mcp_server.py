"""The tools of an MCP server (https://modelcontextprotocol.io), by the official SDK."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from realtime_chat.session.cleaning import one_sentence
from realtime_chat.session.error_groups import first_error
from realtime_chat.session.errors import SessionError, ToolFailed, ToolsMissing, ToolsUnusable
from realtime_chat.session.tools.child_output import ChildOutput
from realtime_chat.session.tools.json_schema import SchemaChecker

if TYPE_CHECKING:
    from mcp import Client
    from mcp.types import CallToolResult, ContentBlock
    from mcp.types import Tool as Listed

CONNECT_SECONDS: Final = 30.0
"""A server that is fetched before it starts, as ``npx`` and ``uvx`` do, may take a while."""

MOST_PAGES: Final = 20
"""Pages of a list of tools: one without end must not keep us."""

_REST_SECONDS: Final = 0.5
"""For the last words of a process that has ended to be read."""

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True)
class McpSource:
    """Where an MCP server is.

    Attributes:
        name: What it is called here.
        command: The words of the command that starts it, which speaks on its standard streams.
        url: Or its address (streamable HTTP).
        environment: What its process gets besides what every program needs; nothing else of ours reaches it.
        key: Sent to its address as a bearer token.
    """

    name: str
    command: tuple[str, ...] = ()
    url: str = ""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    key: str | None = field(default=None, repr=False)


@contextlib.asynccontextmanager
async def mcp_tools(source: McpSource) -> AsyncIterator[list[McpTool]]:
    """Start or reach a server and give its tools, for the length of an ``async with``.

    Raises:
        ToolsMissing: The SDK is not installed.
        ToolsUnusable: The server cannot be started or reached, or does not answer.
    """
    _check_address(source)
    try:
        sdk = await asyncio.to_thread(_sdk)  # which takes a second
    except ImportError as error:
        raise ToolsMissing(source.name, f"the package {error.name or 'mcp'}") from error
    connected: asyncio.Future[tuple[Client, list[Listed]]] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()
    # A task of its own: should the connection break, it is that task which is cancelled, and not the conversation.
    output = ChildOutput(source.name) if source.command else None
    checker = SchemaChecker()
    task = asyncio.create_task(_hold(source, sdk, output, connected, over))
    try:
        either: list[asyncio.Future[Any]] = [task, connected]
        await asyncio.wait(either, timeout=CONNECT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not connected.done():
            raise ToolsUnusable(source.name, _failure(task) + await _clue(task, output))
        client, listed = connected.result()
        await checker.warm()
        yield [McpTool(tool, client, task, checker) for tool in listed]
    finally:
        await checker.close()
        over.set()
        if not connected.done():
            task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # it was seen: each call that it broke has failed


async def _hold(
    source: McpSource,
    sdk: ModuleType,
    output: ChildOutput | None,
    connected: asyncio.Future[tuple[Client, list[Listed]]],
    over: asyncio.Event,
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        if output is not None:
            stack.enter_context(output)
            program, *words = source.command
            parameters = sdk.StdioServerParameters(command=program, args=words, env=dict(source.environment))
            transport = sdk.stdio_client(parameters, errlog=output.file)
        else:
            transport = await _http(source, stack)
        client = await stack.enter_async_context(sdk.Client(transport))
        # The SDK would hold each result against the server's own schema, on the event loop; here a result is a text.
        client.session.validate_tool_result = _any_result
        connected.set_result((client, await _listed(client)))
        await over.wait()


async def _any_result(_name: str, _result: CallToolResult) -> None:
    """Find nothing wrong with a result."""


async def _http(source: McpSource, stack: contextlib.AsyncExitStack) -> Any:
    import httpx2  # the SDK's own
    from mcp.client.streamable_http import streamable_http_client

    http = httpx2.AsyncClient(
        headers={} if source.key is None else {"Authorization": f"Bearer {source.key}"},
        # Calls have their own limit; the stream that a server speaks on unasked stays open.
        timeout=httpx2.Timeout(CONNECT_SECONDS, read=None),
        trust_env=urlsplit(source.url).hostname not in _LOOPBACK,  # which is not behind a proxy
    )
    return streamable_http_client(source.url, http_client=await stack.enter_async_context(http))


async def _listed(client: Client) -> list[Listed]:
    tools: list[Listed] = []
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        tools += page.tools
        cursor = page.next_cursor
        if cursor is None:
            break
    return tools


def _sdk() -> ModuleType:
    import mcp

    importlib.import_module("jsonschema_rs")  # which another process uses

    return mcp


def _check_address(source: McpSource) -> None:
    if source.command:
        return
    try:
        parts = urlsplit(source.url)
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in {"http", "https"} or not host:
        raise ToolsUnusable(source.name, "its address is none: write it like https://example.org/mcp")
    if source.key is not None and parts.scheme == "http" and host not in _LOOPBACK:
        raise ToolsUnusable(source.name, "its key would travel unencrypted: use an https:// address")


def _failure(task: asyncio.Task[None]) -> str:
    """Say why a server is not there."""
    if not task.done():
        return f"it did not answer within {CONNECT_SECONDS:g} s"
    error = _error_of(task)
    if isinstance(error, FileNotFoundError):
        return "there is no such command"
    if isinstance(error, OSError):
        return one_sentence(error.strerror or str(error))
    said = one_sentence(str(error)) if error is not None else ""
    return f"it does not answer as an MCP server does ({said})" if said else "it does not answer as an MCP server does"


def _error_of(task: asyncio.Task[None]) -> BaseException | None:
    error = None if task.cancelled() else task.exception()
    return first_error(error) if isinstance(error, BaseExceptionGroup) else error


async def _clue(task: asyncio.Task[None], output: ChildOutput | None) -> str:
    """Give what helps a person on: the last line that the command wrote, or how to see what it writes."""
    if output is None or (task.done() and isinstance(_error_of(task), OSError)):
        return ""  # it was never started
    if task.done():
        await asyncio.to_thread(output.wait, _REST_SECONDS)
    last = one_sentence(output.last)
    return f'; it wrote: "{last}"' if last else "; it wrote nothing to standard error: try its command in a terminal"


@dataclass(frozen=True)
class McpTool:
    """A tool of the server; see `seam.Tool`."""

    listed: Listed
    client: Client
    holder: asyncio.Task[None]
    checker: SchemaChecker

    @property
    def name(self) -> str:
        """The name as the server gives it, which need not be one that a model can call."""
        return self.listed.name

    @property
    def description(self) -> str:
        """What the server says of it."""
        return self.listed.description or self.listed.title or ""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The JSON Schema of its arguments."""
        return self.listed.input_schema

    @property
    def is_read_only(self) -> bool:
        """The server says so, with ``readOnlyHint``."""
        return self.listed.annotations is not None and self.listed.annotations.read_only_hint is True

    async def check(self, arguments: Mapping[str, Any]) -> None:
        """See whether the arguments fit; see `seam.Tool`."""
        await self.checker.check(arguments, self.parameters)

    async def call(self, arguments: Mapping[str, Any]) -> str:
        """Call it; see `seam.Tool`."""
        await self.check(arguments)
        if self.holder.done():
            raise ToolFailed("The MCP server of this tool has gone away.")
        try:
            result = await self.client.call_tool(self.name, dict(arguments))
        except SessionError:
            raise
        except Exception as error:
            raise ToolFailed(f"The MCP server did not carry it out: {one_sentence(str(error))}.") from error
        text = text_of(result)
        if result.is_error:
            raise ToolFailed(text)
        return text


def text_of(result: CallToolResult) -> str:
    """Give what a tool gave as text; what is no text is only named, for a spoken conversation cannot show it."""
    texts = [_text(block) for block in result.content]
    if not texts and result.structured_content is not None:
        import msgspec

        return msgspec.json.encode(result.structured_content).decode()
    return "\n".join(texts) or "done"


def _text(block: ContentBlock) -> str:
    match block.type:
        case "text":
            return block.text
        case "resource":
            text = getattr(block.resource, "text", None)
            return text if isinstance(text, str) else f"[a file: {block.resource.uri}]"
        case "resource_link":
            return f"[a link: {block.uri}]"
        case _:
            return f"[{block.type}, {block.mime_type}]"
