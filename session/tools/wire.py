"""What this program and the process that holds a file of tools say to each other: a line of JSON for each."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

LONGEST_LINE: Final = 4_000_000
"""Bytes of one line; a result is cut long before."""


class Request(Struct, tag_field="type", kw_only=True):
    """What is asked of the process; ``key`` comes back with the answer."""

    key: int


class CheckRequest(Request, tag="check", kw_only=True):
    """See whether the arguments of a function fit."""

    name: str
    arguments: dict[str, Any]


class CallRequest(Request, tag="call", kw_only=True):
    """Call a function."""

    name: str
    arguments: dict[str, Any]


class DropRequest(Request, tag="drop", kw_only=True):
    """Stop a call, if that can be done; it is not answered."""


AnyRequest = CheckRequest | CallRequest | DropRequest


class Described(Struct, kw_only=True):
    """A function."""

    name: str
    description: str
    parameters: dict[str, Any]
    is_read_only: bool


class Loaded(Struct, tag_field="type", tag="loaded", kw_only=True):
    """The first line: the file was loaded."""

    functions: list[Described]


class Unloadable(Struct, tag_field="type", tag="unloadable", kw_only=True):
    """The first line: it cannot be; ``reason`` is a sentence."""

    reason: str


class Answer(Struct, tag_field="type", kw_only=True):
    """What became of a request, and what there is to say of it."""

    key: int
    text: str = ""


class Done(Answer, tag="done", kw_only=True):
    """It went well; ``text`` is the result of a call."""


class Misfit(Answer, tag="misfit", kw_only=True):
    """The arguments do not fit."""


class Broken(Answer, tag="broken", kw_only=True):
    """The function failed."""


AnyReply = Loaded | Unloadable | Done | Misfit | Broken
