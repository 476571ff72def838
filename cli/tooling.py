"""What a person wants of tools: where they come from, how long a call may take, and who allows it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from urllib.parse import urlsplit

from realtime_chat.cli.config.mcp_tables import command_words
from realtime_chat.cli.errors import WrongUsage
from realtime_chat.session.settings import Consent, Settings
from realtime_chat.session.tools.mcp_server import McpSource


@dataclass(frozen=True)
class ToolOptions:
    """The tools of a conversation.

    Attributes:
        file: A Python file with functions.
        servers: MCP servers.
        seconds: How long a call may take.
        is_trusted: Nobody is asked before a call that may change something.
    """

    file: Path | None = None
    servers: tuple[McpSource, ...] = ()
    seconds: float = 30.0
    is_trusted: bool = False

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
        if self.file is None and not self.servers:
            yield settings
            return
        from realtime_chat.session.tools.toolbox import toolbox

        file = None if self.file is None else _home(self.file)
        async with toolbox(file, self.servers) as tools:
            consent = self.consent(can_ask=can_ask)
            yield replace(settings, tools=tools, tool_seconds=self.seconds, consent=consent)


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
    if word.startswith(("http://", "https://")):
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
    return McpSource(PurePath(words[0]).stem or "mcp", command=words)


def _home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise WrongUsage(f"Nobody knows the home folder of {str(path)!r}.") from error
