"""`Updates`: what the server was asked to change in mid-session and has not answered yet.

It answers in order, with ``session.updated`` or with an error, whose ``event_id`` services often leave out.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from realtime_chat.protocol.server_events import ErrorDetails
from realtime_chat.session.settings import TurnMode

_MOST: Final = 64
"""Updates that are kept in mind: a server that answers none must not fill the memory."""

_WORDS: Final = ("session.", "turn_detection", "semantic_vad", "server_vad", "modalit")
"""What an error about an update of ours speaks of, in its ``param`` or its message."""

Setting = TurnMode | bool
"""Turns, or whether answers are spoken: what can be changed."""


@dataclass(slots=True)
class _Update:
    event_id: str
    before: Setting


@dataclass(frozen=True, slots=True)
class Refusal:
    """The server refused an update.

    Attributes:
        before: The setting that is still the server's.
        is_outdated: Another update of the same was sent since: whatever becomes of that one counts.
    """

    before: Setting
    is_outdated: bool


class Updates:
    """The updates under way, oldest first."""

    def __init__(self) -> None:
        self._pending: deque[_Update] = deque(maxlen=_MOST)
        self._count = 0

    def ask(self, before: Setting) -> str:
        """A change is asked for; give the id of the event that asks.

        Args:
            before: The setting as it was; said again if the server refuses.
        """
        self._count += 1
        self._pending.append(_Update(f"update_{self._count}", before))
        return self._pending[-1].event_id

    def agreed(self) -> None:
        """The server said ``session.updated``."""
        if self._pending:
            self._pending.popleft()

    def refused(self, error: ErrorDetails) -> Refusal | None:
        """Say which update an error refuses; None where it is about something else."""
        for index, update in enumerate(self._pending):
            if error.event_id == update.event_id or (error.event_id is None and _is_about_session(error)):
                later = [one for one in list(self._pending)[index + 1 :] if type(one.before) is type(update.before)]
                if later:
                    later[0].before = update.before
                self._pending.remove(update)
                return Refusal(update.before, is_outdated=bool(later))
        return None


def _is_about_session(error: ErrorDetails) -> bool:
    return any(word in said for said in (error.param or "", error.message) for word in _WORDS)
