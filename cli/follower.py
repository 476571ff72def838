"""`Follower`: what a command must know of a conversation to begin, to wait and to judge how it went."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from realtime_chat.session.notices import (
    Fault,
    Notice,
    Phase,
    PhaseChanged,
    Ready,
    SpeechStarted,
    Transcript,
    Turn,
)

Watcher = Callable[[Notice], None]


class Follower:
    """Follows a conversation, and passes its notices on.

    Attributes:
        has_heard: Somebody spoke.
        fault: What went wrong last since then, as the server put it; ``""`` for nothing.
        turns: The turns so far.
    """

    def __init__(self, *watchers: Watcher) -> None:
        self._watchers = list(watchers)
        self._ready = asyncio.Event()
        self._idle = asyncio.Event()
        self._has_answered = False
        self.has_heard = False
        self.fault = ""
        self.turns: list[Turn] = []

    def __call__(self, notice: Notice) -> None:
        """Take what happened."""
        match notice:
            case Ready():
                self._ready.set()
            case SpeechStarted():
                self.has_heard = True
            case Transcript(role="assistant", text=text) if text:
                self._has_answered = True
            case Fault(_, message):
                self.fault = message
            case Turn():
                self.turns.append(notice)
            case PhaseChanged(Phase.LISTENING):
                self._idle.set()
            case _:
                pass
        for watcher in self._watchers:
            watcher(notice)

    def watch(self, watcher: Watcher) -> None:
        """Pass all further notices on to ``watcher`` too."""
        self._watchers.append(watcher)

    def begin(self) -> None:
        """A message is about to be sent."""
        self._idle.clear()
        self._has_answered = False
        self.fault = ""

    @property
    def failed(self) -> bool:
        """The last message was not answered, or not to the end."""
        return bool(self.fault) or not self._has_answered

    async def ready(self) -> None:
        """Wait until the session is set up."""
        await self._ready.wait()

    async def over(self) -> None:
        """Wait until the message that followed `begin` is answered, or will not be."""
        await self._idle.wait()
