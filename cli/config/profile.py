"""The ``--profile`` option: the place where a command is given what is configured for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from realtime_chat.cli.config.document import KEYS, PROFILE, check_document, file_says, find_profile, read_document
from realtime_chat.cli.config.layers import Said, key_bindings, layered
from realtime_chat.cli.config.mcp_tables import MCP, mcp_sources, mcp_tables
from realtime_chat.cli.config.places import config_file
from realtime_chat.cli.config.settings import Setting, Unfit, settings_of, vocabulary
from realtime_chat.cli.config.slips import warn_of_slips
from realtime_chat.cli.errors import BadConfig, WrongUsage

if TYPE_CHECKING:
    from realtime_chat.cli.bindings import Bindings
    from realtime_chat.session.tools.mcp_server import McpSource

PROFILE_VARIABLE = "REALTIME_CHAT_PROFILE"


class Source(StrEnum):
    """Where a value comes from, the strongest first."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    PROFILE = "profile"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True)
class Origin:
    """Where the value of an option comes from. ``str()`` says it to a person.

    Attributes:
        source: Which kind of place.
        where: The variable or the table; ``""`` where there is nothing more to say.
    """

    source: Source
    where: str = ""

    def __str__(self) -> str:
        where = f"[{self.where}]" if self.where and self.source in {Source.PROFILE, Source.FILE} else self.where
        return f"{self.source.value} {where}".rstrip()


@dataclass(frozen=True)
class Configuration:
    """What is configured for one command, beside the options that it was given already.

    Attributes:
        path: The config file.
        profile: The profile in effect, ``""`` for none.
        keys: The ``[keys]`` of the file and the profile.
        said: What the file says for the command, by key.
        settings: What can be configured of it, by key.
        mcp: The ``[mcp.NAME]`` tables of the file and the profile, by name.
        profile_mcp: The names of those that are the profile's.
        profile_keys: The actions whose keys are the profile's.
    """

    path: Path
    profile: str = ""
    keys: Mapping[str, Any] = field(default_factory=dict)
    said: Mapping[str, Said] = field(default_factory=dict)
    settings: Mapping[str, Setting] = field(default_factory=dict)
    mcp: Mapping[str, Any] = field(default_factory=dict)
    profile_mcp: frozenset[str] = frozenset()
    profile_keys: frozenset[str] = frozenset()

    def origin(self, context: typer.Context, key: str) -> Origin:
        """Say where the value of an option comes from.

        Args:
            context: The command's.
            key: The option's, as in the config file.
        """
        setting = self.settings[key]
        # Typer keeps the class of these to itself, but not their names.
        source = getattr(context.get_parameter_source(setting.option.name), "name", "DEFAULT")
        if source == "COMMANDLINE":
            return Origin(Source.FLAG)
        if source == "ENVIRONMENT":
            return Origin(Source.ENVIRONMENT, setting.variable)
        if source == "DEFAULT_MAP":
            table = self.said[key].table
            return Origin(Source.PROFILE if self.profile and table.startswith("profiles.") else Source.FILE, table)
        return Origin(Source.DEFAULT)

    def bindings(self) -> Bindings:
        """Give the keys that are bound to actions.

        Raises:
            BadConfig: The file binds them to something that cannot be.
        """
        from realtime_chat.cli.bindings import Bindings

        try:
            return Bindings.from_config(self.keys)
        except WrongUsage as problem:
            raise BadConfig(f"[keys] in {str(self.path)!r} is not right. {problem}") from problem

    def mcp_servers(self) -> list[McpSource]:
        """Give the MCP servers that are configured.

        Raises:
            BadConfig: The key of one is not there.
        """
        return mcp_sources(self.mcp)


def configuration(context: typer.Context) -> Configuration:
    """Give what is configured for the command of ``context``, which takes `ProfileOption`."""
    return context.find_object(Configuration) or Configuration(config_file())


def is_given(context: typer.Context, key: str) -> bool:
    """Say whether the option with this key was typed in this very run, and neither configured nor left out."""
    found = configuration(context)
    return key in found.settings and found.origin(context, key).source is Source.FLAG


def _configure(context: typer.Context, value: str | None) -> str | None:
    """Lay what is configured under the options of a command, before they are read.

    Raises:
        BadConfig: The file or the environment says something that cannot be.
    """
    if not context.resilient_parsing:  # else only a completion is asked for
        configure(context, value, context.command.name or "")
    return value


def configure(context: typer.Context, value: str | None, *commands: str) -> None:
    """Lay what is configured for one of ``commands`` under the options of a command, the last one's the uppermost.

    Raises:
        BadConfig: The file or the environment says something that cannot be.
    """
    program = context.find_root()
    document = read_document()
    check_document(document, vocabulary(program.command), context)
    asked = value if value is not None else program.params.get("profile")
    name, who = _choose(asked, document)
    profile = find_profile(document, name, who) if name else {}
    settings = settings_of(context.command)
    said: dict[str, Said] = {}
    for command in commands:
        for key, entry in layered(document, command, profile, name).items():
            if key not in said or entry.table.rpartition(".")[2] == command:
                said[key] = entry
    said = {key: entry for key, entry in said.items() if key in settings}
    context.default_map = {
        settings[key].option.name: settings[key].checked(entry.value, context) for key, entry in said.items()
    }
    warn_of_slips(os.environ, vocabulary(program.command))
    for setting in settings.values():
        setting.option.envvar = setting.variable if _is_set(setting, context) else None
    keys, servers = key_bindings(document, profile), mcp_tables(document, profile)
    own = [frozenset(profile.get(table, ())) for table in (MCP, KEYS)]
    context.obj = Configuration(config_file(), name, keys, said, settings, servers, *own)


ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="A profile of the config file; see `config --help`.",
        callback=_configure,
        is_eager=True,
    ),
]
"""Whatever command takes this option is configurable, with all its other options."""


def _choose(asked: str | None, document: Mapping[str, Any]) -> tuple[str, str]:
    """Give the name of the profile, ``""`` for none, and what names it."""
    if asked is not None:
        return asked.strip(), "--profile"
    if named := os.environ.get(PROFILE_VARIABLE, "").strip():
        return named, PROFILE_VARIABLE
    return document.get(PROFILE, ""), file_says()


def _is_set(setting: Setting, context: typer.Context) -> bool:
    """Say whether the environment sets ``setting``; a blank value does not.

    Raises:
        BadConfig: It sets it to something that cannot be.
    """
    text = os.environ.get(setting.variable, "")
    if not text.strip():
        return False
    try:
        setting.parsed(text, context)
    except Unfit as problem:
        raise BadConfig(
            f"{setting.variable} cannot be {text[:60]!r} ({problem}): set it to something else, or unset it."
        ) from problem
    return True
