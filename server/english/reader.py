"""One way of reading a kind of written thing aloud; `normalise` asks the readers in turn."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?"
"""An unsigned number as people write it, to be put into a larger pattern."""

SIGN = r"[-+]?"


@dataclass(frozen=True, slots=True)
class Reader:
    """A pattern, and what is said for its match.

    Attributes:
        pattern: Tried where a written word may begin.
        say: Gives the words, separated by spaces, each maybe with one of ``, . ; : ! ?`` after it, and
            without a figure; a word all in capitals is to be spelled. None: not mine after all.
    """

    pattern: re.Pattern[str]
    say: Callable[[re.Match[str]], str | None]


def reader(pattern: str, flags: int = 0) -> Callable[[Callable[[re.Match[str]], str | None]], Reader]:
    """Make a `Reader` of the function below; the match must not be followed by a letter or a figure."""

    def make(say: Callable[[re.Match[str]], str | None]) -> Reader:
        return Reader(re.compile(f"(?:{pattern})(?![0-9A-Za-z])", flags), say)

    return make


def before(match: re.Match[str]) -> str:
    """The last few words before a match: enough to judge it by, however long the text is."""
    return match.string[max(0, match.start() - 60) : match.start()]
