"""What can be wrong with a message on the wire.

    ProtocolError
    └── MalformedEvent         not an event of this protocol: not JSON, no type, or a field of the wrong shape
        └── UnknownEventType   an event, but none that this end knows

The server answers each with an ``error`` event made of the same fields; the client logs it and goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_EVENT_ID: Final = 512
"""Characters of an event's id, as the API documents them."""


class ProtocolError(Exception):
    """Anything this package raises on purpose."""


@dataclass(eq=False)
class MalformedEvent(ProtocolError):
    """A message that is not a well-formed event.

    Attributes:
        code: The error code of the API, such as ``invalid_event`` or ``missing_required_parameter``.
        reason: One sentence for a developer.
        param: Path of the offending field, such as ``session.type``, where there is one.
        event_id: The sender's id of the event, where it could be read; of one that is too long, the beginning.
    """

    code: str
    reason: str
    param: str | None = None
    event_id: str | None = None

    def __post_init__(self) -> None:
        if self.event_id is not None:
            self.event_id = self.event_id[:MAX_EVENT_ID]

    def __str__(self) -> str:
        return self.reason


class UnknownEventType(MalformedEvent):
    """A well-formed message of a type that is not in the table of events."""
