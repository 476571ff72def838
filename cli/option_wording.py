"""What is wrong with the value of an option, in words for whoever typed it.

Options are converted by a library of types, and its sentences are made for programmers.
"""

from __future__ import annotations

import re
from typing import Any, Final

import typer
from typer.core import TyperGroup

_WORDS: Final = (
    (re.compile(r"^Value error, "), ""),
    (re.compile(r"^Input should be a valid boolean\b.*"), "it takes true or false"),
    (re.compile(r"^Input should be a valid integer\b.*"), "it takes a whole number"),
    (re.compile(r"^Input should be a valid number\b.*"), "it takes a number"),
    (re.compile(r"^Input should be a valid string\b.*"), "it takes a text"),
    (re.compile(r"^Input should be less than or equal to (\S+)$"), r"it takes at most \1"),
    (re.compile(r"^Input should be greater than or equal to (\S+)$"), r"it takes at least \1"),
    (re.compile(r"^Input should "), "it should "),
)


def worded(message: str) -> str:
    """Give what the library says of a value as a part of a sentence, without a full stop."""
    text = message.strip().rstrip(".")
    for pattern, words in _WORDS:
        text = pattern.sub(words, text)
    return text


class WordedGroup(TyperGroup):
    """Commands whose options say in plain words what they take."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; see `TyperGroup`."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = f"{worded(error.message)}."
            raise
