"""What a person wants of tools: where they come from, how long a call may take, and who allows it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from urllib.parse import urlsplit

from realtime_chat.cli.config.mcp_tables import command_words
from realtime_chat.cli.errors import WrongUsage
from realtime_chat.cli.terminal import is_terminal, say
from realtime_chat.protocol.printable import one_line
from realtime_chat.session.settings import Consent, Settings
from realtime_chat.session.tools.mcp_server import McpSource

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_LAUNCHER = re.compile(r"python[0-9.]*|pypy[0-9.]*|py|node|deno|bun|bunx|npm|npx|pnpm|uv|uvx|pipx|sh|bash")
_SCRIPT = re.compile(r"\.(py|[cm]?[jt]s|sh)$")
_VERBS = {"run", "exec", "tool", "x"}
_LONGEST_NAME = 40
_PATIENCE_S = 1.0
"""Who waits longer than this is told what for."""


@dataclass(frozen=True)
class ToolOptions:
    """The tools of a conversation.

    Attributes:
        files: Python files with functions.
        servers: MCP servers.
        seconds: How long a call may take.
        is_trusted: Nobody is asked before a call that may change something.
        is_quiet: Nobody is told what is waited for.
    """

    files: tuple[Path, ...] = ()
    servers: tuple[McpSource, ...] = ()
    seconds: float = 30.0
    is_trusted: bool = False
    is_quiet: bool = False

    def consent(self, *, can_ask: bool) -> Consent:
        """Say who allows a call that may change something."""
        if self.is_trusted:
            return Consent.GIVEN
        return Consent.ASKED if can_ask else Consent.REFUSED

    @asynccontextmanager
    async def in_settings(self, settings: Settings, *, can_ask: bool) -> AsyncIterator[Settings]:
        """Give ``settings`` with the tools, which are there for the length of an ``async with``.

        Args:
            settings: The others.
            can_ask: There is somebody who can be asked.

        Raises:
            ToolsUnusable: Some of them cannot be used.
        """
        if not self.files and not self.servers:
            yield settings
            return
        from realtime_chat.session.tools.toolbox import toolbox

        files = _apart(map(_home, self.files))
        waiting = [file.stem for file in files] + [server.name for server in self.servers]
        told = asyncio.get_running_loop().call_later(_PATIENCE_S, self._tell, waiting)
        async with contextlib.AsyncExitStack() as stack:
            try:
                tools = await stack.enter_async_context(toolbox(files, self.servers, started=waiting.remove))
            finally:
                told.cancel()
            consent = self.consent(can_ask=can_ask)
            yield replace(settings, tools=tools, tool_seconds=self.seconds, consent=consent)

    def _tell(self, waiting: list[str]) -> None:
        if waiting and not self.is_quiet and is_terminal(sys.stderr):
            say(f"Waiting for the tools of {one_line(', '.join(waiting))} …")


def typed_servers(words: Iterable[str], configured: Iterable[McpSource] = ()) -> tuple[McpSource, ...]:
    """Give the MCP servers that the configuration names, and those that ``--mcp`` does.

    Args:
        words: The values of the option: commands and addresses.
        configured: Those of the config file.

    Raises:
        WrongUsage: One of them is neither a command nor an address.
    """
    servers = list(configured)
    for word in words:
        source = _source(word)
        names = {server.name for server in servers}
        numbered = (f"{source.name}_{number}" for number in range(2, len(names) + 3))
        name = source.name if source.name not in names else next(one for one in numbered if one not in names)
        servers.append(replace(source, name=name))
    return tuple(servers)


def _source(word: str) -> McpSource:
    if _ADDRESS.match(word):
        if not word.lower().startswith(("http://", "https://")):
            raise WrongUsage(
                f"--mcp {word[:80]!r} is no address of an MCP server: write it like https://example.org/mcp."
            )
        try:
            return McpSource(urlsplit(word).hostname or "mcp", url=word)
        except ValueError as error:
            raise WrongUsage(f"--mcp {word[:80]!r} is no address: {error}.") from error
    try:
        words = command_words(word)
    except ValueError as error:
        raise WrongUsage(f"--mcp {word[:80]!r} is no command ({error}): mind the quotes.") from error
    if not words:
        raise WrongUsage("--mcp takes the command that starts an MCP server, or the address of one.")
    return McpSource(_name(words), command=words)


def _name(words: tuple[str, ...]) -> str:
    """Give what a server is called: what is started, and not what starts it."""
    program = PurePath(words[0]).stem
    if _LAUNCHER.fullmatch(program):
        started = next((word for word in words[1:] if not word.startswith("-") and word not in _VERBS), "")
        name = PurePath(started).name
        if name and "@" in name[1:]:  # a package's version
            name = name[: name.index("@", 1)]
        return one_line(_SCRIPT.sub("", name))[:_LONGEST_NAME].strip() or program
    return program or "mcp"


def _apart(files: Iterable[Path]) -> list[Path]:
    """Give each file once, however often and by whatever path it is named."""
    return list({os.path.realpath(file): file for file in files}.values())


def _home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise WrongUsage(f"Nobody knows the home folder of {str(path)!r}.") from error
