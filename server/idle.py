"""The idle time-out: when nobody says anything after an answer, the model speaks again."""

from __future__ import annotations

from realtime_chat.audio.frame import SAMPLE_RATE
from realtime_chat.protocol.buffer_events import BufferCommitted, SpeechStarted
from realtime_chat.protocol.event import ServerEvent
from realtime_chat.protocol.response_events import ResponseCreated, ResponseDone
from realtime_chat.protocol.responses import Response
from realtime_chat.server.effects import Wake
from realtime_chat.server.history import History
from realtime_chat.server.listener import Listener
from realtime_chat.server.outbox import Outbox


class IdleTimer:
    """Watches what the client is told, and asks to be woken when an answer has been played and nobody spoke since.

    As documented, the time counts from ``response.done`` plus the length of the answer's sound.

    Attributes:
        milliseconds: How long to wait; ``None`` for never.
    """

    def __init__(self, outbox: Outbox, history: History, listener: Listener) -> None:
        self.milliseconds: int | None = None
        self._out = outbox
        self._history = history
        self._listener = listener
        self._is_set = False
        outbox.watch(self._sent)

    def configure(self, milliseconds: int | None) -> None:
        """Change how long to wait, from the next answer on."""
        if milliseconds != self.milliseconds:
            self._stop()
        self.milliseconds = milliseconds

    def ring(self) -> bool:
        """Take it that the time is over; say whether that still matters."""
        was, self._is_set = self._is_set, False
        return was and self.milliseconds is not None

    def _sent(self, event: ServerEvent) -> None:
        match event:
            case SpeechStarted() | BufferCommitted():
                self._stop()
            case ResponseCreated() if event.response.conversation_id is not None:
                self._stop()
            case ResponseDone() if event.response.conversation_id is not None:
                self._set(event.response)
            case _:
                pass

    def _set(self, response: Response) -> None:
        if self.milliseconds is None or self._listener.in_turn:
            return
        entries = [self._history[str(item.id)] for item in response.output if item.id in self._history]
        samples = sum(entry.samples for entry in entries)
        self._is_set = True
        self._out.do(Wake(samples / SAMPLE_RATE + self.milliseconds / 1000))

    def _stop(self) -> None:
        if self._is_set:
            self._is_set = False
            self._out.do(Wake(None))
