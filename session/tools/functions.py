"""`Function`: a plain typed function as a tool. Its signature and its docstring say all that a model must know."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from realtime_chat.session.tools.docstring import read

READ_ONLY: Final = "READ_ONLY"
"""The name of a module's set of those functions that change nothing."""

_NAME = re.compile(r"[A-Za-z0-9_]{1,64}")
_KINDS = {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}


class Unfit(Exception):
    """A function, or a module, cannot be offered to a model; the text says why."""


@dataclass(frozen=True)
class Function:
    """A function that a model may call.

    Attributes:
        name: Its name.
        description: What its docstring says of it.
        parameters: The JSON Schema of its arguments.
        is_read_only: It changes nothing.
        run: The function.
        arguments: What its arguments are converted to: a struct with a field for each.
    """

    name: str
    description: str
    parameters: dict[str, Any]
    is_read_only: bool
    run: Callable[..., Any]
    arguments: type[msgspec.Struct]

    @property
    def is_async(self) -> bool:
        """It is a coroutine function."""
        return inspect.iscoroutinefunction(self.run)

    def converted(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Give the arguments as the function wants them: of its types, and without those it was not given.

        Raises:
            msgspec.ValidationError: They do not fit.
        """
        made = msgspec.convert(arguments, self.arguments)
        values = {name: getattr(made, name) for name in self.arguments.__struct_fields__}
        return {name: value for name, value in values.items() if value is not UNSET}


def functions_of(module: ModuleType) -> list[Function]:
    """Give the functions of a module that a model may call: those in ``__all__``, else all public ones of its own.

    Raises:
        Unfit: One of them has arguments without a type, or of a type that JSON has nothing for; or there is none.
    """
    read_only = getattr(module, READ_ONLY, ())
    if isinstance(read_only, str) or not all(isinstance(name, str) for name in read_only):
        raise Unfit(f"{READ_ONLY} is a set of the names of functions")
    listed = getattr(module, "__all__", None)
    found = {
        name: value
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and (name in listed if listed is not None else value.__module__ == module.__name__ and name[0] != "_")
    }
    if unknown := sorted(set(read_only) - set(found)):
        raise Unfit(f"{READ_ONLY} names {unknown[0]!r}, which is no function of it")
    if not found:
        raise Unfit("it has no public function")
    return [described(name, function, is_read_only=name in read_only) for name, function in found.items()]


def described(name: str, function: Callable[..., Any], *, is_read_only: bool) -> Function:
    """Give a function as a tool.

    Raises:
        Unfit: An argument has no type, or one that JSON has nothing for.
    """
    if not _NAME.fullmatch(name):
        raise Unfit(f"the name {name[:80]!r} is none that a model can call: take up to 64 ASCII letters and digits")
    summary, said = read(function.__doc__)
    parameters = inspect.signature(function).parameters
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except Exception as error:
        raise Unfit(f"the types of {name}() cannot be read ({error})") from error
    fields: list[tuple[str, Any, Any]] = []
    for parameter in parameters.values():
        if parameter.kind not in _KINDS:
            raise Unfit(f"the argument {parameter} of {name}() cannot be given by its name")
        if parameter.name not in hints:
            raise Unfit(f"the argument {parameter.name!r} of {name}() has no type: write {parameter.name}: str")
        kind = hints[parameter.name]
        has_default = parameter.default is not inspect.Parameter.empty
        if has_default:
            kind = kind | UnsetType if isinstance(kind, type) else typing.Union[kind, UnsetType]  # noqa: UP007 - a typing form may not know |
        if parameter.name in said:
            kind = Annotated[kind, msgspec.Meta(description=said[parameter.name])]
        fields.append((parameter.name, kind, UNSET if has_default else msgspec.NODEFAULT))
    try:
        arguments = msgspec.defstruct(f"{name}_arguments", fields, kw_only=True, forbid_unknown_fields=True)
        schema = _schema(arguments)
    except TypeError as error:
        raise Unfit(f"{_culprit(fields)} of {name}() is of a type that JSON has nothing for") from error
    for parameter in parameters.values():
        if isinstance(parameter.default, str | int | float | bool):
            schema["properties"][parameter.name]["default"] = parameter.default
    return Function(name, summary, schema, is_read_only, function, arguments)


def _culprit(fields: list[tuple[str, Any, Any]]) -> str:
    """Name the first argument whose type has no JSON Schema by itself."""
    for field in fields:
        try:
            _schema(msgspec.defstruct("one", [field], kw_only=True))
        except TypeError:
            return f"the argument {field[0]!r}"
    return "an argument"


def _schema(arguments: type[msgspec.Struct]) -> dict[str, Any]:
    """Give the JSON Schema of a struct with itself at the top, and without the name that only we know."""
    (top,), parts = msgspec.json.schema_components([arguments], ref_template="#/$defs/{name}")
    schema = parts.pop(top["$ref"].rpartition("/")[2])
    schema.pop("title", None)
    return {**schema, "$defs": parts} if parts else schema
