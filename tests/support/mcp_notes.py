"""An MCP server with a few tools, made with the official SDK: over its standard streams, or over HTTP.

python mcp_notes.py           speaks on standard input and output
python mcp_notes.py http      says its address on standard output, and listens there
"""

from __future__ import annotations

import logging
import os
import socket
import sys
from typing import Annotated

import uvicorn
from mcp.server import MCPServer
from mcp.types import CallToolResult, ImageContent, TextContent, ToolAnnotations
from pydantic import Field

NOTES: list[str] = []
server = MCPServer("notes", log_level="CRITICAL")


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def add(a: int, b: int) -> int:
    """Add two numbers."""
    sys.stderr.write("adding\n")
    sys.stderr.flush()
    return a + b


@server.tool(name="keep.note")
def keep_note(text: str) -> str:
    """Keep a note."""
    NOTES.append(text)
    return f"{len(NOTES)} kept"


@server.tool()
def environment() -> list[str]:
    """List the names of what is in the environment."""
    return sorted(os.environ)


@server.tool()
def picture() -> CallToolResult:
    """Give a text and a picture."""
    image = ImageContent(type="image", data="AAAA", mime_type="image/png")
    return CallToolResult(content=[TextContent(type="text", text="Look:"), image])


@server.tool()
def spell(words: Annotated[str, Field(pattern=r"^([a-zA-Z]+\s?)+$")]) -> str:
    """Spell words. A matcher that backtracks takes for ever to find out that some are none."""
    return " ".join(words)


@server.tool()
def crash() -> None:
    """End the server."""
    os._exit(1)


def main() -> None:
    if sys.argv[1:] != ["http"]:
        server.run()
        return
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp\n")
        sys.stdout.flush()
        logging.disable()
        uvicorn.Server(uvicorn.Config(server.streamable_http_app(), log_level="critical")).run([listener])


if __name__ == "__main__":
    main()
