"""`ServerEnd`: a server that speaks GA, and whose client may speak another dialect."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import Any, Final

import msgspec
from msgspec import Struct

from realtime_chat.protocol.client_events import AnyClientEvent, SessionUpdate
from realtime_chat.protocol.codec import check_length, decode_client_event, encode, event_type
from realtime_chat.protocol.dialects import wire
from realtime_chat.protocol.dialects.dialect import Json
from realtime_chat.protocol.dialects.ga import GA
from realtime_chat.protocol.dialects.table import DIALECTS, AnyDialect, dialect_of_frame
from realtime_chat.protocol.errors import MalformedEvent

_TELLING: Final = frozenset[str]().union(*(dialect.client_words for dialect in DIALECTS.values()))
"""Types of frames that may give a dialect away."""


_TOO_DEEP: Final = "The message is nested too deeply."


class _Choice(Enum):
    OPEN = auto()
    """What came until now is the same in all dialects: it was taken for GA."""
    MADE = auto()


class ServerEnd:
    """Reads and writes the frames of one connection.

    A client is taken to speak GA until it says something that GA cannot read and another dialect can. So a client that
    does speak GA costs nothing more than reading its events.
    """

    def __init__(self, dialect: AnyDialect | None = None) -> None:
        """Begin.

        Args:
            dialect: What the client's request named; None where it named none.
        """
        self._dialect: AnyDialect = dialect or GA
        self._choice = _Choice.OPEN if dialect is None else _Choice.MADE
        self._memory: Any = self._dialect.server_memory()
        self._has_translated = False

    @property
    def dialect(self) -> AnyDialect:
        """What the client speaks, as far as is known."""
        return self._dialect

    def read(self, frame: str | bytes) -> Sequence[AnyClientEvent | MalformedEvent]:
        """Give what a frame of the client's says, or what is wrong with it.

        Where the first event is refused, the others are not to be done: they follow from it.
        """
        self._has_translated = False
        if self._dialect is not GA:
            return self._translated(frame)
        try:
            event = decode_client_event(frame)
        except MalformedEvent as error:
            if (refused := _too_long(frame)) is not None:
                return [refused]
            return self._translated(frame) if self._recognises(frame) else [error]
        if isinstance(event, SessionUpdate):
            self._choice = _Choice.MADE
        return [event]

    def refused(self) -> None:
        """Say that the first event of what was read last was refused, before the next frame is read."""
        if self._has_translated:
            self._dialect.server_refused(self._memory)

    def write(self, event: Struct) -> Sequence[str]:
        """Give the frames of an event."""
        if event_type(event) not in self._dialect.server_words:
            return [encode(event)]
        return [wire.write(frame) for frame in self._dialect.server_out(msgspec.to_builtins(event), self._memory)]

    def _recognises(self, frame: str | bytes) -> bool:
        if self._choice is _Choice.MADE or wire.type_of(frame) not in _TELLING:
            return False
        fields = wire.read(frame)
        dialect = None if fields is None else dialect_of_frame(fields)
        if dialect is None:
            return False
        self._dialect, self._memory, self._choice = dialect, dialect.server_memory(), _Choice.MADE
        return True

    def _translated(self, frame: str | bytes) -> list[AnyClientEvent | MalformedEvent]:
        if (refused := _too_long(frame)) is not None:
            return [refused]
        fields = wire.read(frame) if wire.type_of(frame) in self._dialect.client_words else None
        if fields is None:
            return [_read(frame)]
        self._has_translated = True
        try:
            return [_read_as_written(event) for event in self._dialect.server_in(fields, self._memory)]
        except RecursionError:  # no dialect has words for anything so deep
            return [MalformedEvent("invalid_json", _TOO_DEEP)]


def _too_long(frame: str | bytes) -> MalformedEvent | None:
    try:
        check_length(frame)
    except MalformedEvent as error:
        return error
    return None


def _read_as_written(event: Json) -> AnyClientEvent | MalformedEvent:
    """Read an event that was made of a frame. What is wrong with it is about its id, which the dialect may wait for."""
    named = event.get("event_id")
    named = named if isinstance(named, str) else None
    try:
        read = _read(wire.write(event))
    except RecursionError:  # it could just be read, and is one level deeper in GA
        return MalformedEvent("invalid_json", _TOO_DEEP, None, named)
    if isinstance(read, MalformedEvent) and read.event_id is None and named is not None:
        return MalformedEvent(read.code, read.reason, read.param, named)
    return read


def _read(frame: str | bytes) -> AnyClientEvent | MalformedEvent:
    try:
        return decode_client_event(frame)
    except MalformedEvent as error:
        return error
