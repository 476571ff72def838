"""`Dialect`: how the events of the GA protocol are written by somebody else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

Json = dict[str, Any]
"""A decoded JSON object: an event of the GA protocol, or a frame of a dialect."""

M = TypeVar("M")
C = TypeVar("C")
S = TypeVar("S")

Translate = Callable[[Json, M], list[Json]]
"""Gives what one object is in the other language: none, one or several.

It takes any JSON object, raises nothing, and changes neither the object nor anything but the memory. What it has no
word for it gives as it is; what is wrong with that is said by whoever decodes it.
"""


def _nothing(_memory: Any) -> None:
    pass


@dataclass(frozen=True)
class Dialect(Generic[C, S]):
    """A dialect; see the module of each.

    Attributes:
        name: What ``--dialect`` calls it.
        client_memory: Makes what the client's end of a connection has to remember, which its functions are given.
        server_memory: Likewise, at the server's end.
        client_out: The client's end: an event of ours to what is sent.
        client_in: The client's end: what came to events of ours.
        server_in: The server's end: what came to events of ours. The first is what was said; the others follow from it,
            and are not done where it is refused.
        server_out: The server's end: an event of ours to what is sent.
        server_refused: The server's end: what was read last was refused.
        client_words: Types of what a client says, in either language, that may differ; all others are the same in
            both, and need not be translated.
        server_words: Likewise, of what a server says.
        headers: What a client says in its request for a connection, beside its key.
    """

    name: str
    client_memory: Callable[[], C]
    server_memory: Callable[[], S]
    client_out: Translate[C]
    client_in: Translate[C]
    server_in: Translate[S]
    server_out: Translate[S]
    client_words: frozenset[str]
    server_words: frozenset[str]
    headers: Mapping[str, str] = field(default_factory=dict)
    server_refused: Callable[[S], None] = _nothing
