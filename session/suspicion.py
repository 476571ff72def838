"""`Suspicion`: the person may have begun to speak, and what sounds waits until that is sure."""

from __future__ import annotations

from typing import Final

from realtime_chat.session.effects import Effect, Hold, Release

HELD_SECONDS: Final = 1.0
"""A server that says who speaks has said so by then; else it does not think that this was speech."""


class Suspicion:
    """Holds the sound, and lets it go on: each once."""

    def __init__(self) -> None:
        self._since: float | None = None

    def rise(self, now: float) -> list[Effect]:
        """Somebody may speak over what sounds."""
        if self._since is not None:
            return []
        self._since = now
        return [Hold()]

    def end(self) -> list[Effect]:
        """Nobody did, or it does not matter any more: what waits goes on."""
        if self._since is None:
            return []
        self._since = None
        return [Release()]

    def overdue(self, now: float) -> list[Effect]:
        """Time went by: nobody said whether it was so."""
        return self.end() if self._since is not None and now - self._since >= HELD_SECONDS else []
