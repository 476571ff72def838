"""The config file: read as TOML, and every key of it checked.

voice = "alloy"            a default for every command that has --voice
profile = "work"           the profile where none is named

[talk]                     for one command
[keys]                     which keys do what
[mcp.files]                an MCP server; see `mcp_tables`
[profiles.work]            the same again, chosen by its name
[profiles.work.talk]
[profiles.work.keys]
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import typer

from realtime_chat.cli.config.mcp_tables import MCP, check_mcp
from realtime_chat.cli.config.places import FILE_VARIABLE, config_file, is_named
from realtime_chat.cli.config.settings import Setting, Unfit, Vocabulary, nearest
from realtime_chat.cli.errors import BadConfig, WrongUsage

LARGEST = 1_000_000
"""Bytes; no person writes more."""

KEYS = "keys"
PROFILE = "profile"
PROFILES = "profiles"

_LONGEST_SHOWN = 60
_CORRECT = "correct it, for example with `realtime-chat config edit`"


def read_document() -> dict[str, Any]:
    """Give the content of the config file, unchecked; an empty one where there is no file.

    Raises:
        BadConfig: It cannot be read, or is no TOML.
    """
    path = config_file()
    content = read_content(path)
    if content is not None:
        return parse_document(content, path)
    if is_named():
        raise BadConfig(
            f"{FILE_VARIABLE} names {str(path)!r}, which is not there: make it with `realtime-chat config edit`, or "
            "unset the variable."
        )
    return {}


def read_content(path: Path) -> bytes | None:
    """Give the bytes of the config file, at most one more than it may have; None where there is no file.

    Raises:
        BadConfig: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadConfig(
            f"The config file {str(path)!r} cannot be read ({error.strerror or error}): mend that, or name another "
            f"one in {FILE_VARIABLE}."
        ) from error


def parse_document(content: bytes, path: Path) -> dict[str, Any]:
    """Give what the content of the config file says.

    Raises:
        BadConfig: It is no TOML.
    """
    import tomllib

    if len(content) > LARGEST:
        raise BadConfig(f"The config file {str(path)!r} holds more than {LARGEST // 1_000_000} MB: shorten it.")
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadConfig(f"The config file {str(path)!r} is not UTF-8 text: {_CORRECT}.") from error
    except RecursionError as error:
        raise BadConfig(f"The config file {str(path)!r} nests too deeply: {_CORRECT}.") from error
    except ValueError as error:  # no TOML, or a number with too many digits
        raise BadConfig(f"The config file {str(path)!r} is not right ({error}): {_CORRECT}.") from error


def check_document(document: Mapping[str, Any], known: Vocabulary, context: typer.Context) -> None:
    """Check every key and value.

    Raises:
        BadConfig: One of them is unknown, of another type, or impossible.
    """
    _Check(known, context, config_file(), document.get(KEYS, {})).table(document, ())


def bound_keys(keys: object, above: object = None) -> dict[str, Any]:
    """Give the ``[keys]`` of a file with those of a profile above them; what is no table counts as an empty one."""
    return {**(keys if isinstance(keys, dict) else {}), **(above if isinstance(above, dict) else {})}


def file_says() -> str:
    """Give what names the profile that the file itself chooses."""
    return f"`profile` in {str(config_file())!r}"


def shown(value: object) -> str:
    """Give a value of the config file as it is written there, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


@dataclass(frozen=True)
class _Check:
    known: Vocabulary
    context: typer.Context
    path: Path
    keys: object
    """The ``[keys]`` of the file, which those of a profile are laid upon."""

    def table(self, table: Mapping[str, Any], place: tuple[str, ...]) -> None:
        """Check the top level, or a profile, which may hold the same but no profiles."""
        for key, value in table.items():
            where = (*place, key)
            if key in self.known.commands:
                for name, inner in self._as_table(value, where).items():
                    self._setting(self.known.find(name, key), (*where, name), inner, self.known.keys(key))
            elif key == KEYS:
                self._bindings(self._as_table(value, where), where)
            elif key == MCP:
                for name, inner in self._as_table(value, where).items():
                    check_mcp(name, inner, _dotted((*where, name)))
            elif key == PROFILES and not place:
                for name, inner in self._as_table(value, where).items():
                    self.table(self._as_table(inner, (*where, name)), (*where, name))
            elif key == PROFILE and not place:
                self._profile(value, table)
            else:
                words = [*self.known.keys(), *self.known.commands, KEYS, MCP]
                self._setting(self.known.find(key), where, value, words if place else [*words, PROFILE, PROFILES])

    def _setting(self, settings: list[Setting], where: tuple[str, ...], value: object, words: list[str]) -> None:
        if not settings:
            meant = nearest(where[-1], words)
            hint = f"did you mean {meant!r}?" if meant else "`realtime-chat config show` lists those there are."
            raise BadConfig(f"{_dotted(where)!r} in {str(self.path)!r} is no setting: {hint}")
        if value == "":  # takes back what stands below it, whatever that is
            return
        for setting in settings:
            try:
                setting.checked(value, self.context)
            except Unfit as problem:
                self._refuse(where, value, str(problem))

    def _bindings(self, table: Mapping[str, Any], where: tuple[str, ...]) -> None:
        from realtime_chat.cli.bindings import Bindings

        try:
            Bindings.from_config(bound_keys(self.keys, table))
        except WrongUsage as problem:
            raise BadConfig(f"[{_dotted(where)}] in {str(self.path)!r} is not right. {problem}") from problem

    def _as_table(self, value: object, where: tuple[str, ...]) -> Mapping[str, Any]:
        if isinstance(value, dict):
            return value
        return self._refuse(where, value, f"it is a table: write [{_dotted(where)}] on a line of its own")

    def _profile(self, value: object, table: Mapping[str, Any]) -> None:
        if not isinstance(value, str):
            self._refuse((PROFILE,), value, "it takes the name of a profile in quotes")
        if value:
            find_profile(table, value, file_says())

    def _refuse(self, where: tuple[str, ...], value: object, problem: str) -> NoReturn:
        raise BadConfig(f"{_dotted(where)!r} in {str(self.path)!r} cannot be {shown(value)} ({problem}): {_CORRECT}.")


def find_profile(document: Mapping[str, Any], name: str, who: str) -> Mapping[str, Any]:
    """Give the table of a profile.

    Args:
        document: The config file.
        name: The profile's.
        who: What named it.

    Raises:
        BadConfig: There is none of this name.
    """
    profiles = document.get(PROFILES, {})
    found = profiles.get(name) if isinstance(profiles, dict) else None
    if isinstance(found, dict):
        return found
    names = sorted(profiles) if isinstance(profiles, dict) else []
    if meant := nearest(name, names):
        step = f"did you mean {meant!r}?"
    elif names:
        step = f"choose one of {', '.join(names)}."
    else:
        step = f"make it with `realtime-chat config set KEY VALUE --profile {name}`."
    if who == file_says():
        step += " `realtime-chat config unset profile` does without one."
    raise BadConfig(f"{who} names the profile {name!r}, which {str(config_file())!r} does not have: {step}")


def _dotted(where: tuple[str, ...]) -> str:
    return ".".join(where)
