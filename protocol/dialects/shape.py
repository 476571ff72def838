"""`Shape`: one object that a dialect writes flat and the GA protocol nested, as a table of its fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

Path = tuple[str, ...]
Convert = Callable[[Any], Any]
"""Gives a field's value in the other language; one that it does not know, as it is."""


class _Nothing(Enum):
    NOTHING = auto()


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Field:
    """A field.

    Attributes:
        name: What the dialect calls it, at the top of the object.
        path: Where the GA protocol has it.
        to_ga: Makes its value GA's.
        from_ga: Makes GA's value the dialect's.
    """

    name: str
    path: Path
    to_ga: Convert = _as_it_is
    from_ga: Convert = _as_it_is


@dataclass(frozen=True)
class Shape:
    """All fields of an object that differ; the others keep their names.

    Attributes:
        fields: Those that both have.
        only_flat: Fields of the dialect that GA has not: they are left out.
        only_nested: Fields of GA that the dialect has not, likewise.
    """

    fields: tuple[Field, ...]
    only_flat: frozenset[str] = frozenset()
    only_nested: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """The names that give the dialect away."""
        return self.only_flat | {field.name for field in self.fields if field.path != (field.name,)}

    def nested(self, flat: Mapping[str, Any]) -> dict[str, Any]:
        """Give GA's object. What is in GA's own shape stays, unless the dialect's field is there too."""
        dropped = self.only_flat | {field.name for field in self.fields}
        result = {key: value for key, value in flat.items() if key not in dropped}
        for field in self.fields:
            if field.name in flat:
                _put(result, field.path, field.to_ga(flat[field.name]))
        return result

    def flat(self, nested: Mapping[str, Any]) -> dict[str, Any]:
        """Give the dialect's object."""
        dropped = self.only_nested | {field.path[0] for field in self.fields}
        result = {key: value for key, value in nested.items() if key not in dropped}
        for field in self.fields:
            value = _get(nested, field.path)
            if value is not _Nothing.NOTHING:
                result[field.name] = field.from_ga(value)
        return result

    def flat_path(self, path: str) -> str:
        """Give what the dialect calls ``path``, such as ``audio.output.voice``."""
        for field in self.fields:
            nested = ".".join(field.path)
            if path == nested or path.startswith(f"{nested}."):
                return field.name + path.removeprefix(nested)
        return path

    def nested_path(self, path: str) -> str:
        """Give what GA calls ``path``, such as ``voice``."""
        for field in self.fields:
            if path == field.name or path.startswith(f"{field.name}."):
                return ".".join(field.path) + path.removeprefix(field.name)
        return path


def _put(target: dict[str, Any], path: Path, value: Any) -> None:
    """Set a field of ``target``, which is ours; what it holds is not, and is copied where it changes."""
    for key in path[:-1]:
        inner = target.get(key)
        target[key] = dict(inner) if isinstance(inner, dict) else {}
        target = target[key]
    target[path[-1]] = value


def _get(source: Any, path: Path) -> Any:
    for key in path:
        if not isinstance(source, dict) or key not in source:
            return _Nothing.NOTHING
        source = source[key]
    return source
