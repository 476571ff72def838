"""What is configured, with where each value comes from, in a form that may be shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

import typer

from realtime_chat.cli.config.document import shown
from realtime_chat.cli.config.profile import Configuration, Origin, configuration
from realtime_chat.cli.config.settings import Value, vocabulary
from realtime_chat.cli.redaction import redact
from realtime_chat.protocol.printable import clean, one_line

_USER = re.compile(r"(?<=://)[^/@\s]*@")
_QUERY = re.compile(r"(?<=://)([^?#\s]*)[?#]\S*")


@dataclass(frozen=True)
class Effective:
    """The value that a command would use. ``str()`` is its line for a person.

    Attributes:
        command: The command.
        key: The option's key.
        value: Its value, without anything secret.
        origin: Where it comes from.
    """

    command: str
    key: str
    value: Value | None
    origin: Origin

    def __str__(self) -> str:
        value = "-" if self.value is None else shown(self.value)
        return f"{f'{self.command}.{self.key}':24} {value:24} {one_line(str(self.origin))}"


def effective_values(context: typer.Context, profile: str | None) -> Iterator[tuple[Configuration, list[Effective]]]:
    """Give what each configurable command would use if it were run without options.

    Args:
        context: Of a command of the same program.
        profile: As ``--profile`` gives it.

    Raises:
        BadConfig: The file or the environment says something that cannot be.
    """
    root = context.find_root()
    program: Any = root.command
    arguments = [] if profile is None else [f"--profile={profile}"]
    for name in vocabulary(program).commands:
        with program.commands[name].make_context(name, list(arguments), parent=root) as own:
            found = configuration(own)
            values = [
                Effective(name, key, presentable(own.params[setting.option.name]), found.origin(own, key))
                for key, setting in found.settings.items()
            ]
        yield found, values


def presentable(value: Any) -> Value | None:
    """Give a value as it may be shown: no key, and of an address neither the user nor the query, which hold keys."""
    if isinstance(value, list | tuple):
        return [str(presentable(one)) for one in value]
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool | int | float):
        return value
    text = redact(clean(str(value)))
    return _QUERY.sub(r"\1?…", _USER.sub("…@", text))
