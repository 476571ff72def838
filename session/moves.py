"""Moves between the states of one thing: a table says which are legal, and `moved` takes no other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

State = TypeVar("State", bound=Enum)


@dataclass(eq=False)
class IllegalMove(Exception):
    """A move was wanted that does not exist: a fault of this program, not of the server or the person.

    Attributes:
        origin: The state it is in.
        target: The state it was to go to.
        expected: Those it may go to.
    """

    origin: Enum
    target: Enum
    expected: frozenset[Enum]

    def __str__(self) -> str:
        expected = ", ".join(sorted(state.name.lower() for state in self.expected)) or "nothing"
        return f"{self.origin.name.lower()} cannot become {self.target.name.lower()}; expected {expected}"


def moved(legal: Mapping[State, frozenset[State]], origin: State, target: State) -> State:
    """Give ``target``, if ``legal`` lets it follow ``origin``.

    Raises:
        IllegalMove: It does not.
    """
    if target not in legal[origin]:
        raise IllegalMove(origin, target, frozenset(legal[origin]))
    return target
