"""Watches the events of one session go out: how long its answers take, and whether one is under way. Pure."""

from __future__ import annotations

from msgspec import UNSET

from realtime_chat.protocol.buffer_events import BufferCommitted, SpeechStopped, TimeoutTriggered
from realtime_chat.protocol.event import ServerEvent
from realtime_chat.protocol.item_events import ItemAdded
from realtime_chat.protocol.items import FunctionCallItem, MessageItem
from realtime_chat.protocol.response_events import (
    AudioDelta,
    AudioTranscriptDelta,
    ResponseCreated,
    ResponseDone,
    TextDelta,
)
from realtime_chat.protocol.responses import ResponseError, StatusDetails
from realtime_chat.protocol.server_events import Error
from realtime_chat.server.meter import Drop, Meter, Stage, Turn


class Watch:
    """Tells a meter about one session.

    A turn ends when the server hears its end, when the client commits it, or with the arrival of a typed message or of
    a function's result, whichever is the last before the answer. A result is part of the turn that it is for, and is
    not counted as another; what is typed is counted when it is answered, for a client may restore old messages.
    """

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._turn_end: float | None = None
        self._under_way: dict[str, dict[Stage, float]] = {}
        self._committed: str | None = None
        self._silent: str | None = None
        self._has_typed = False

    @property
    def is_answering(self) -> bool:
        """Whether a response is under way."""
        return bool(self._under_way)

    def took(self, stage: Stage, seconds: float) -> None:
        """Tell that an engine took its time."""
        self._meter.took(stage, seconds)

    def sent(self, event: ServerEvent, now: float) -> None:
        """Look at an event that goes to the client.

        Args:
            event: The event.
            now: When, in seconds on any clock that only goes forward.
        """
        match event:
            case SpeechStopped():
                self._turn_end = now
            case TimeoutTriggered(item_id=item_id):
                self._silent = item_id
            case BufferCommitted(item_id=item_id):
                self._turn_end = now
                self._committed = item_id
                self._meter.turned(Turn.IDLE if item_id == self._silent else Turn.SPOKEN)
            case ItemAdded(item=item) if not _is_answer(item):
                self._turn_end = now
                self._has_typed |= isinstance(item, MessageItem) and item.role == "user" and item.id != self._committed
            case ResponseCreated(response=response):
                if self._has_typed:
                    self._meter.turned(Turn.TYPED)
                    self._has_typed = False
                began = now if self._turn_end is None else self._turn_end
                self._turn_end = None
                self._under_way[response.id] = {Stage.TURN_TO_TEXT: began, Stage.TURN_TO_AUDIO: began}
            case TextDelta(response_id=response_id) | AudioTranscriptDelta(response_id=response_id):
                self._reached(Stage.TURN_TO_TEXT, response_id, now)
            case AudioDelta(response_id=response_id):
                self._reached(Stage.TURN_TO_AUDIO, response_id, now)
            case ResponseDone(response=response):
                self._under_way.pop(response.id, None)
                self._meter.answered(response.status)
                if code := _failure(response.status_details):
                    self._meter.erred(code)
            case Error(error=error):
                self._meter.erred(error.code if isinstance(error.code, str) else "unknown")
                if error.param == "audio":  # of an append: nothing else that a client sends has it
                    self._meter.dropped(Drop.AUDIO)

    def _reached(self, stage: Stage, response_id: str, now: float) -> None:
        began = self._under_way.get(response_id, {}).pop(stage, None)
        if began is not None:
            self._meter.took(stage, now - began)


def _is_answer(item: object) -> bool:
    return isinstance(item, FunctionCallItem) or (isinstance(item, MessageItem) and item.role == "assistant")


def _failure(details: StatusDetails | None) -> str | None:
    error = UNSET if details is None else details.error
    return error.code if isinstance(error, ResponseError) and isinstance(error.code, str) else None
