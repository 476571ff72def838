"""One change to the config file, as a person types it: which place is meant, and what value."""

from __future__ import annotations

import os
from dataclasses import dataclass

import typer

from realtime_chat.cli.bindings import Bindings
from realtime_chat.cli.config.document import KEYS, PROFILE, PROFILES, bound_keys, find_profile, read_document
from realtime_chat.cli.config.mcp_tables import MCP
from realtime_chat.cli.config.settings import Setting, Unfit, Value, Vocabulary, nearest, vocabulary
from realtime_chat.cli.errors import WrongUsage


@dataclass(frozen=True)
class Change:
    """What goes where.

    Attributes:
        where: The tables, outermost first, and the key.
        value: As TOML has it.
        hidden_by: A variable of the environment that goes before it; ``""`` for none.
    """

    where: tuple[str, ...]
    value: Value
    hidden_by: str = ""

    @property
    def name(self) -> str:
        """The place with dots, as a person types it."""
        return ".".join(self.where)


def place_of(context: typer.Context, key: str, profile: str | None) -> tuple[str, ...]:
    """Give the tables, outermost first, and the key that are meant.

    Args:
        context: The command's.
        key: As typed, like ``voice``, ``talk.vad-level`` or ``profiles.work.voice``.
        profile: As ``--profile`` gives it, here or in front of the command.

    Raises:
        WrongUsage: It names nothing.
    """
    parts = [part.strip() for part in key.split(".")]
    parts[-1] = parts[-1].replace("-", "_") if parts[0] not in {KEYS, MCP, PROFILES} else parts[-1]
    if profile is None:
        profile = context.find_root().params.get("profile")
    if profile and parts[0] != PROFILES:
        parts = [PROFILES, profile.strip(), *parts]
    if not all(parts):
        raise WrongUsage(f"{key!r} names nothing: say a key like voice, or talk.voice.")
    return tuple(parts)


def change_of(context: typer.Context, key: str, value: str, profile: str | None) -> Change:
    """Give the change that is meant.

    Raises:
        WrongUsage: There is no such key, or it cannot have this value.
        BadConfig: The config file is no TOML.
    """
    where = place_of(context, key, profile)
    in_profile = len(where) > 2 and where[0] == PROFILES
    inner = where[2:] if in_profile else where
    if inner == (PROFILE,) and not in_profile:
        if value.strip():
            find_profile(read_document(), value.strip(), "`config set`")
        return Change(where, value.strip())
    first, *rest = list(inner)
    if first == KEYS and len(rest) == 1:
        keys = value.split()
        _check_keys(rest[0], keys, "".join(where[1:2]) if in_profile else "")
        return Change(where, keys)
    if first == MCP:
        raise WrongUsage(f"{'.'.join(inner)!r} is set by hand: open the file with `realtime-chat config edit`.")
    known = vocabulary(context.find_root().command)
    settings = _settings(known, inner)
    made = [_parsed(setting, key, value, context) for setting in settings]
    is_hidden = any(os.environ.get(setting.variable, "").strip() for setting in settings)
    return Change(where, made[0], settings[0].variable if is_hidden else "")


def also_unset(where: tuple[str, ...]) -> tuple[str, ...] | None:
    """Give what is to be unset together with ``where``: the choice of a profile that is not there any more."""
    is_profile = len(where) == 2 and where[0] == PROFILES
    return (PROFILE,) if is_profile and read_document().get(PROFILE) == where[1] else None


def _check_keys(action: str, keys: list[str], profile: str) -> None:
    """See whether an action can have these keys, beside those that the file binds.

    Raises:
        WrongUsage: It cannot.
        BadConfig: The config file is no TOML.
    """
    document = read_document()
    found = document.get(PROFILES)
    profiles = found if isinstance(found, dict) else {}
    file = bound_keys(document.get(KEYS))
    if profile:
        Bindings.from_config({**bound_keys(file, _keys_of(profiles.get(profile))), action: keys})
        return
    file[action] = keys
    Bindings.from_config(file)
    for name, table in profiles.items():  # whose keys are laid upon these
        try:
            Bindings.from_config(bound_keys(file, _keys_of(table)))
        except WrongUsage as problem:
            raise WrongUsage(f"With the profile {name!r}: {problem}") from problem


def _keys_of(profile: object) -> object:
    return profile.get(KEYS) if isinstance(profile, dict) else None


def _settings(known: Vocabulary, inner: tuple[str, ...]) -> list[Setting]:
    command = inner[0] if len(inner) == 2 and inner[0] in known.commands else None
    settings = known.find(inner[-1], command) if len(inner) == 1 or command else []
    if settings:
        return settings
    meant = nearest(inner[-1], known.keys(command))
    hint = f"did you mean {meant!r}?" if meant else "`realtime-chat config show` lists those there are."
    raise WrongUsage(f"{'.'.join(inner)!r} is no setting: {hint}")


def _parsed(setting: Setting, key: str, value: str, context: typer.Context) -> Value:
    if value == "":
        return value
    try:
        return setting.parsed(value, context)
    except Unfit as problem:
        raise WrongUsage(f"{key!r} cannot be {value[:60]!r}: {problem}.") from problem
