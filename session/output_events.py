"""The events that an answer is made of, and what is read from them."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from realtime_chat.protocol.items import ContentPart, MessageItem, OutputAudio, OutputText, TextPart
from realtime_chat.protocol.response_events import (
    AudioDelta,
    AudioTranscriptDelta,
    AudioTranscriptDone,
    ContentPartDone,
    OutputItemAdded,
    OutputItemDone,
    TextDelta,
    TextDone,
)
from realtime_chat.protocol.server_events import AnyServerEvent, Unknown

OutputEvent = (
    OutputItemAdded
    | OutputItemDone
    | ContentPartDone
    | TextDelta
    | TextDone
    | AudioTranscriptDelta
    | AudioTranscriptDone
    | AudioDelta
)
"""The events of a response that carry words, sound, or the end of either."""


def response_of(event: AnyServerEvent | Unknown) -> object:
    """Give the response that an event is a part of, if it is; also of an event that only a vendor knows."""
    return event.fields.get("response_id") if isinstance(event, Unknown) else getattr(event, "response_id", None)


def item_of(event: OutputEvent) -> str | UnsetType:
    """Give the message that an event is a part of, or is about."""
    if not isinstance(event, OutputItemAdded | OutputItemDone):
        return event.item_id
    return event.item.id if isinstance(event.item, MessageItem) else UNSET


def whole_text(event: ContentPartDone | TextDone | AudioTranscriptDone) -> tuple[str, bool]:
    """Give the words of a part that is over, and whether they are text."""
    match event:
        case ContentPartDone(part=part):
            return (part.text, True) if isinstance(part, TextPart) else (part.transcript, False)
        case TextDone(text=text):
            return text, True
        case _:
            return event.transcript, False


def words_of(part: ContentPart) -> tuple[str, bool]:
    """Give the words of a part of a whole message, and whether they are text; there are none but the model's."""
    match part:
        case OutputText(text=text):
            return text, True
        case OutputAudio(transcript=str(transcript)):
            return transcript, False
        case _:
            return "", False
