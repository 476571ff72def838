"""What can be configured: every option of every command that takes ``--profile``, by the option's own name.

Nothing is listed here but the exceptions, so that a new option is a new key of the config file and a new variable of
the environment by itself.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePath
from typing import Any, Protocol

import typer

from realtime_chat.cli.option_wording import worded

PREFIX = "REALTIME_CHAT_"
"""With an option's key in capitals behind it, the variable of the environment that holds it."""

OF_ONE_RUN = frozenset({"ask", "bundle", "force", "help", "mcp", "profile", "record", "yes"})
"""Options that belong to the one run they are given to."""

Value = bool | int | float | str | list[str]
"""What TOML has for the value of an option."""

_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text in quotes"}


class Option(Protocol):
    """What is used here of an option as Typer makes it, whose class has no public name."""

    name: str
    opts: list[str]
    envvar: Any

    multiple: bool

    def process_value(self, ctx: Any, value: Any) -> Any:
        """Make the option's type of ``value``, or raise `typer.BadParameter`."""


class Unfit(ValueError):
    """A value does not fit its option; the text says what would."""


@dataclass(frozen=True)
class Setting:
    """An option that can be configured.

    Attributes:
        key: Its name in the config file: that of the option, with underscores.
        option: The option.
    """

    key: str
    option: Option

    @property
    def variable(self) -> str:
        """The variable of the environment that holds it."""
        return PREFIX + self.key.upper()

    def checked(self, value: object, context: typer.Context) -> object:
        """Give ``value``, read from TOML, as the option takes it.

        A whole number stands for a text too: devices have numbers. What may be given several times takes a list, or a
        single one; of a list, an empty text is none.

        Raises:
            Unfit: It is of another type, or out of range.
        """
        if self.option.multiple:
            values = value if isinstance(value, list) else [value]
            if not all(isinstance(one, str) for one in values):
                raise Unfit("it takes a text in quotes, or a list of such texts")
            values = [one for one in values if one]
            self._made(values, context)
            return values
        made = self._made(value, context)
        if isinstance(made, Enum | PurePath) or type(made) is type(value):
            return value
        if type(value) is int and isinstance(made, float | str):
            return made
        raise Unfit(f"it takes {_KINDS.get(type(made), 'another type')}")

    def parsed(self, text: str, context: typer.Context) -> Value:
        """Give ``text``, typed by a person, as the value that TOML has for it.

        A path is made whole, for the file is read in any folder. Several are written like those of PATH.

        Raises:
            Unfit: It means nothing to the option, or is out of range.
        """
        if self.option.multiple:
            parts = [part for part in text.split(os.pathsep) if part]
            many = self._made(parts, context)
            values = [str(_toml_value(made, part)) for made, part in zip(many, parts, strict=True)]
            return values[0] if len(values) == 1 else values
        return _toml_value(self._made(text, context), text)

    def _made(self, value: object, context: typer.Context) -> Any:
        try:
            return self.option.process_value(context, value)
        except typer.BadParameter as error:
            raise Unfit(worded(error.message)) from error


@dataclass(frozen=True)
class Vocabulary:
    """What is known of all commands.

    Attributes:
        commands: The settings of each command, by their keys.
    """

    commands: Mapping[str, Mapping[str, Setting]]

    def find(self, key: str, command: str | None = None) -> list[Setting]:
        """Give the settings that ``key`` means: of one command, or of all that have it; none where it is unknown."""
        commands = self.commands.values() if command is None else [self.commands.get(command, {})]
        return [settings[key] for settings in commands if key in settings]

    def keys(self, command: str | None = None) -> list[str]:
        """Give all keys: of one command, or of all together."""
        commands = self.commands.values() if command is None else [self.commands.get(command, {})]
        return sorted({key for settings in commands for key in settings})


def vocabulary(program: Any) -> Vocabulary:
    """Give what can be configured.

    Args:
        program: The outermost command, as Typer makes it.
    """
    commands = getattr(program, "commands", {})
    return Vocabulary(
        {name: settings_of(command) for name, command in commands.items() if _takes_profile(command.params)}
    )


def settings_of(command: Any) -> dict[str, Setting]:
    """Give what can be configured of one command, as Typer makes it, by the keys."""
    options = [parameter for parameter in command.params if parameter.param_type_name == "option"]
    found = [Setting(_key(option.opts), option) for option in options]
    return {setting.key: setting for setting in found if setting.key not in OF_ONE_RUN}


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Give the word of ``known`` that was probably meant."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return close[0] if close else None


def _takes_profile(parameters: Iterable[Any]) -> bool:
    return any(parameter.name == "profile" for parameter in parameters)


def _key(names: list[str]) -> str:
    return max(names, key=len).lstrip("-").replace("-", "_")


def _toml_value(made: object, text: str) -> bool | int | float | str:
    if isinstance(made, Enum):
        made = made.value
    if isinstance(made, PurePath) and text and not text.startswith("~"):
        made = Path(made).absolute()
    return made if isinstance(made, bool | int | float) else str(made)
