"""Options that exclude each other: what is only configured gives way to what was typed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import typer


def gives_way_to(name: str, *, but: Collection[str] = ()) -> Callable[..., Any]:
    """Make the callback of an option whose configured value does not count where another option was typed.

    Without it, a person who has configured the one could never use the other.

    Args:
        name: The parameter of the other option, which stands earlier in the command.
        but: Values of the other option that go together with this one.
    """

    def resolve(context: typer.Context, option: typer.CallbackParam, value: Any) -> Any:
        other = context.params.get(name)
        is_excluded = other is not None and other not in but and _is_typed(context, name)
        return None if is_excluded and not _is_typed(context, option.name) else value

    return resolve


def _is_typed(context: typer.Context, name: str | None) -> bool:
    # Typer keeps the class of these to itself, but not their names.
    return name is not None and getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
