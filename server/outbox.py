"""Where the machine's parts put what they want done, in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from realtime_chat.protocol.event import ServerEvent
from realtime_chat.protocol.server_events import Error, ErrorDetails
from realtime_chat.server.effects import Effect, Emit

NewId = Callable[[str], str]
"""Makes an id from a prefix: ``new_id("item")`` is something like ``item_3f…``."""


class Outbox:
    """Collects effects, and stamps every event with an id of its own."""

    def __init__(self, new_id: NewId) -> None:
        self.new_id = new_id
        self._effects: list[Effect] = []
        self._watchers: list[Callable[[ServerEvent], None]] = []

    def watch(self, watcher: Callable[[ServerEvent], None]) -> None:
        """Show ``watcher`` every event from now on; it may add effects, which then follow the event."""
        self._watchers.append(watcher)

    def do(self, effect: Effect) -> None:
        """Add an effect."""
        self._effects.append(effect)

    def emit(self, event: type[ServerEvent], **fields: Any) -> None:
        """Add an event for the client."""
        made = event(event_id=self.new_id("event"), **fields)
        self._effects.append(Emit(made))
        for watcher in self._watchers:
            watcher(made)

    def refuse(self, code: str, message: str, *, param: str | None = None, event_id: str | None = None) -> None:
        """Add an ``error`` event about something the client sent."""
        self.emit(Error, error=ErrorDetails(code=code, message=message, param=param, event_id=event_id))

    def take(self) -> list[Effect]:
        """Give everything collected since the last call."""
        effects, self._effects = self._effects, []
        return effects
