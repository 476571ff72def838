"""What the machine wants done; whoever runs it does them at once, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from realtime_chat.protocol.client_events import AnyClientEvent
from realtime_chat.session.notices import Cause, Notice


@dataclass(frozen=True, slots=True)
class Send:
    """Send an event to the server."""

    event: AnyClientEvent


@dataclass(frozen=True, slots=True)
class Play:
    """Add sound (PCM16 mono 24 kHz, which may end inside a sample) to the end of an item."""

    item_id: str
    pcm: bytes


@dataclass(frozen=True, slots=True)
class EndItem:
    """All of an item's sound was given."""

    item_id: str


@dataclass(frozen=True, slots=True)
class Flush:
    """Stop the sound, and say with `Machine.flushed` how far each item got."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep the sound waiting: the person may have begun to speak."""


@dataclass(frozen=True, slots=True)
class Release:
    """Let the sound go on: they had not."""


@dataclass(frozen=True, slots=True)
class CheckTool:
    """See whether the arguments of a call fit, and say so with a `ToolChecked` or a `ToolFinished`."""

    call_id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CallTool:
    """Call a tool, and give the result with a `ToolFinished`; meanwhile all else goes on."""

    call_id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DropTool:
    """Stop the check or the call, if that can be done: nobody waits for it any more."""

    call_id: str


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell whoever watches."""

    notice: Notice


@dataclass(frozen=True, slots=True)
class Reject:
    """The server refused the session before it was ready: end with a `SessionRejected`."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The conversation is over."""

    cause: Cause
    reason: str = ""


ToolEffect = CheckTool | CallTool | DropTool
Effect = Send | Play | EndItem | Flush | Hold | Release | ToolEffect | Tell | Reject | Finish


def only_here(effects: Sequence[Effect]) -> list[Effect]:
    """Give the effects that the server does not hear of."""
    return [effect for effect in effects if not isinstance(effect, Send)]
