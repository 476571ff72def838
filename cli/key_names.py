"""What keys are called, in the configuration and to a person."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import Enum, auto

ALIASES = {
    " ": "space",
    "escape": "esc",
    "return": "enter",
    "del": "delete",
    "ins": "insert",
    "pgup": "pageup",
    "pgdn": "pagedown",
}
NAMED = frozenset(
    ["space", "esc", "enter", "tab", "backspace", "delete", "insert", "home", "end", "pageup", "pagedown"]
    + ["up", "down", "left", "right"]
    + [f"f{number}" for number in range(1, 13)]
)
RESERVED = {
    "ctrl-c": "it always ends the program",
    "ctrl-z": "it always stops the program",
    "ctrl-\\": "it always aborts the program",
    "ctrl-h": "terminals send it for backspace",
    "ctrl-i": "terminals send it for tab",
    "ctrl-j": "terminals send it for enter",
    "ctrl-m": "terminals send it for enter",
    "ctrl-[": "terminals send it for esc",
}
"""Keys that cannot be bound, and why."""

FOCUS_LOST = "focus-lost"
"""No key: the terminal's window is no longer the one that the keyboard writes to."""


class Edge(Enum):
    """Which way a key moved."""

    PRESS = auto()
    RELEASE = auto()


@dataclass(frozen=True, slots=True)
class KeyPress:
    """A key that moved.

    Attributes:
        name: As in `NAMED`, ``ctrl-x``, or the one character it types, a letter in its small form.
        text: What it types, if anything.
        edge: Which way. Terminals that know no better report only presses, again and again while a key is held.
    """

    name: str
    text: str = ""
    edge: Edge = Edge.PRESS


@dataclass(frozen=True, slots=True)
class Paste:
    """Text that was pasted."""

    text: str


def name_of(character: str) -> str:
    """Give the name of the key that types ``character``."""
    small = character.lower()
    return ALIASES.get(character, small if len(small) == 1 else character)


def canonical(name: str) -> str | None:
    """Give the one name of the key that a person calls ``name``; None where there is no such key."""
    if len(normal := unicodedata.normalize("NFC", name)) == 1:
        is_typed = unicodedata.category(normal)[0] in "LNPSZ"
        return name_of(normal) if is_typed else None
    small = normal.strip().lower().replace("ctrl+", "ctrl-")
    small = ALIASES.get(small, small)
    if small in NAMED:
        return small
    is_control = small.startswith("ctrl-") and len(small) == len("ctrl-x") and small[-1] in _CONTROLLED
    return small if is_control else None


def shown(name: str) -> str:
    """Give a key's name as a person reads it."""
    if name.startswith("ctrl-"):
        return f"Ctrl-{name[-1].upper()}"
    return name if len(name) == 1 or name == "space" else name.capitalize()


_CONTROLLED = "abcdefghijklmnopqrstuvwxyz\\[]^_"
