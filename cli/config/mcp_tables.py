"""The ``[mcp.NAME]`` tables of the config file: MCP servers whose tools the model may call.

[mcp.files]
command = "npx -y @modelcontextprotocol/server-filesystem /srv/notes"
environment = ["NODE_OPTIONS"]      variables of ours that its process gets; no others of ours do

[mcp.calendar]
url = "https://example.org/mcp"
key_variable = "CALENDAR_TOKEN"     the variable that holds its key: a key itself does not belong in the file
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NoReturn

from realtime_chat.cli.config.places import config_file
from realtime_chat.cli.errors import BadConfig

if TYPE_CHECKING:
    from realtime_chat.session.tools.mcp_server import McpSource

MCP: Final = "mcp"
_KEYS: Final = ("command", "url", "environment", "key_variable")


def mcp_tables(document: Mapping[str, Any], profile: Mapping[str, Any]) -> dict[str, Any]:
    """Give the servers of the file, with the profile's above them; an empty text takes one back."""
    tables = {**document.get(MCP, {}), **profile.get(MCP, {})}
    return {name: table for name, table in tables.items() if table != ""}


def mcp_sources(tables: Mapping[str, Any]) -> list[McpSource]:
    """Give the servers that checked tables describe.

    Raises:
        BadConfig: The variable of a key is not set.
    """
    return [_source(name, table) for name, table in tables.items()]


def check_mcp(name: str, table: object, where: str) -> None:
    """Check the table of a server.

    Args:
        name: The server's.
        table: What the file says.
        where: The table's name with dots.

    Raises:
        BadConfig: It says something that cannot be.
    """
    if table == "":  # takes back what stands below it
        return
    if not isinstance(table, dict):
        _refuse(where, f"it is a table: write [{where}] on a line of its own")
    for key, value in table.items():
        if key not in _KEYS:
            _refuse(f"{where}.{key}", f"there is no such key: take one of {', '.join(_KEYS)}")
        if key == "environment":
            if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
                _refuse(f"{where}.{key}", "it takes a list of the names of variables")
        elif key == "command" and isinstance(value, list):
            if not value or not all(isinstance(word, str) for word in value):
                _refuse(f"{where}.{key}", "it takes a command, or a list of its words")
        elif not isinstance(value, str) or not value.strip():
            _refuse(f"{where}.{key}", "it takes a text in quotes")
    if ("command" in table) == ("url" in table):
        _refuse(where, "a server has either a command or an url")
    try:
        words_of(table.get("command", ""))
    except ValueError as error:
        _refuse(f"{where}.command", f"it is no command ({error})")


def command_words(command: str) -> tuple[str, ...]:
    """Give the words of a command as a shell would, which is not asked.

    Raises:
        ValueError: A quote has no end.
    """
    return tuple(shlex.split(command, posix=sys.platform != "win32"))


def _source(name: str, table: Mapping[str, Any]) -> McpSource:
    from realtime_chat.session.tools.mcp_server import McpSource

    variable = table.get("key_variable")
    key = os.environ.get(variable, "").strip() if variable else None
    if variable and not key:
        raise BadConfig(f"[{MCP}.{name}] in {str(config_file())!r} takes its key from {variable}, which is not set.")
    return McpSource(
        name,
        command=words_of(table.get("command", "")),
        url=table.get("url", ""),
        environment={one: os.environ[one] for one in table.get("environment", ()) if one in os.environ},
        key=key,
    )


def words_of(command: str | list[str]) -> tuple[str, ...]:
    """Give the words of a server's command, as the file has it.

    Raises:
        ValueError: A quote has no end.
    """
    return command_words(command) if isinstance(command, str) else tuple(command)


def _refuse(where: str, problem: str) -> NoReturn:
    raise BadConfig(
        f"{where!r} in {str(config_file())!r} is not right ({problem}): correct it, for example with "
        "`realtime-chat config edit`."
    )
