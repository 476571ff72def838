"""Events to text frames and back.

Both ends decode in two steps, the type first: a union of fifty structs would tell less about what is wrong,
and an event of a type unknown here must not cost the session.

Whatever comes over the wire, decoding raises nothing but `MalformedEvent`.
"""

from __future__ import annotations

import re
from typing import Any, Final, TypeVar, get_args

import msgspec
from msgspec import UNSET, Struct, UnsetType

from realtime_chat.protocol.brackets import check_brackets, has_more
from realtime_chat.protocol.client_events import AnyClientEvent, InputAudioBufferAppend, ItemCreate
from realtime_chat.protocol.errors import MAX_EVENT_ID, MalformedEvent, UnknownEventType
from realtime_chat.protocol.items import InputAudio, InputImage, MessageItem
from realtime_chat.protocol.server_events import AnyServerEvent, Unknown
from realtime_chat.protocol.unknown_fields import unknown_field

E = TypeVar("E")


class _Named(Struct):
    event_id: str | None = None


class _Head(Struct):
    type: str | UnsetType = UNSET
    event_id: str | None | UnsetType = UNSET


def event_type(event: Struct) -> str:
    """Give the name an event has on the wire."""
    return event.type if isinstance(event, Unknown) else str(event.__struct_config__.tag)


def _decoders(union: Any) -> dict[str, msgspec.json.Decoder[Any]]:
    return {str(kind.__struct_config__.tag): msgspec.json.Decoder(kind) for kind in get_args(union)}


_CLIENT: Final = _decoders(AnyClientEvent)
_SERVER: Final = _decoders(AnyServerEvent)
_HEAD: Final = msgspec.json.Decoder(_Head)
_NAMED: Final = msgspec.json.Decoder(_Named)
_ENCODER: Final = msgspec.json.Encoder()

_SOUND: Final = msgspec.json.Decoder(InputAudioBufferAppend)
_SOUND_BEGINS: Final = tuple(
    f'{{"type":{space}"{InputAudioBufferAppend.__struct_config__.tag}",' for space in ("", " ")
)
"""How programs write it."""

# Not JSON; not UTF-8, or a str that UTF-8 has no bytes for; nested too deeply.
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeError, RecursionError)

_STRICT: Final = frozenset({"session.update", "response.create"})
"""Events in which a field that nobody knows is an error."""

MAX_EVENT: Final = 1024 * 1024
"""Characters of an event without its sound and pictures: longer ones take too long to be read and used."""

_LARGE: Final = frozenset({"input_audio_buffer.append", "conversation.item.create"})
"""Events that bring sound or a picture."""

MAX_PARTS: Final = 1_000
"""Objects, and lists, in an event that is longer than `MAX_EVENT`; sound has three."""

MAX_COMMAS: Final = 100_000
"""Commas in such an event, for numbers need no brackets; a text that is as long as one may be has fewer."""

CLIENT_EVENT_TYPES: Final = tuple(_CLIENT)
"""Every type a client may send."""

SERVER_EVENT_TYPES: Final = tuple(_SERVER)
"""Every type a server may send."""


def encode(event: Struct) -> str:
    """Give the text frame of an event of either side."""
    return _ENCODER.encode(event).decode()


def wire_bytes(event: Struct) -> int:
    """Give the length of an event's frame, in bytes."""
    return len(_ENCODER.encode(event))


def decode_client_event(frame: str | bytes) -> AnyClientEvent:
    """Read what a client sent.

    Raises:
        UnknownEventType: The type is not a client event's.
        MalformedEvent: Not JSON, or too much of it, no type, or a field that is missing, of the wrong shape or not
            known.
    """
    if (sound := _plain_sound(frame)) is not None:
        return sound
    head = _head(frame)
    kind = str(head.type)
    event_id = head.event_id if isinstance(head.event_id, str) else None
    decoder = _CLIENT.get(kind)
    if decoder is None:
        names = ", ".join(f"'{name}'" for name in CLIENT_EVENT_TYPES)
        raise UnknownEventType(
            "invalid_value",
            f"Invalid value: '{kind[:200]}'. Supported values are: {names}.",
            "type",
            event_id,
        )
    _check_length(frame, head)
    check_brackets(frame, event_id)
    try:
        event: AnyClientEvent = decoder.decode(frame)
        if kind in _STRICT and (param := unknown_field(msgspec.json.decode(frame), decoder.type)):
            reason = f"Unknown parameter: '{param[:200]}'."
            raise MalformedEvent("unknown_parameter", reason, param[:200], event_id)
    except msgspec.ValidationError as error:
        raise malformed(str(error), event_id) from None
    except _UNREADABLE:
        raise _not_json(event_id) from None
    if len(frame) > MAX_EVENT and len(frame) - _media(event) > MAX_EVENT:
        raise _too_long(head)
    if event_id is not None and len(event_id) > MAX_EVENT_ID:
        reason = (
            f"Invalid 'event_id': string too long. Expected a string with maximum length {MAX_EVENT_ID}, "
            f"but got a string with length {len(event_id)} instead."
        )
        raise MalformedEvent("string_above_max_length", reason, "event_id", event_id)
    return event


def _plain_sound(frame: str | bytes) -> InputAudioBufferAppend | None:
    """Read a frame of a microphone, which nearly all are, in one go; None for all that needs a closer look."""
    if not isinstance(frame, str) or len(frame) > MAX_EVENT or not frame.startswith(_SOUND_BEGINS):
        return None
    try:
        event = _SOUND.decode(frame)
    except (msgspec.ValidationError, *_UNREADABLE):
        return None
    return event if event.event_id is UNSET else None


def check_length(frame: str | bytes) -> None:
    """Refuse what is too long or too deep to be read, before anything but its type is.

    Raises:
        MalformedEvent: It is too much, or too long and no event at all.
    """
    if len(frame) > MAX_EVENT:
        _check_length(frame, _head(frame))
    try:
        check_brackets(frame)
    except MalformedEvent as error:
        raise MalformedEvent(error.code, error.reason, None, _id_in(frame)) from None


def _check_length(frame: str | bytes, head: _Head) -> None:
    if len(frame) > MAX_EVENT and (str(head.type) not in _LARGE or _has_many_values(frame)):
        raise _too_long(head)


def _too_long(head: _Head) -> MalformedEvent:
    kind = str(head.type)[:200]
    reason = f"The event is too long: '{kind}' takes up to {MAX_EVENT} characters beside sound and pictures."
    return MalformedEvent("invalid_value", reason, None, head.event_id if isinstance(head.event_id, str) else None)


def _has_many_values(frame: str | bytes) -> bool:
    """Say whether a frame may be of many values, which makes it slow to read; base64 has none of these signs."""
    return any(has_more(frame, sign, most) for sign, most in (("{", MAX_PARTS), ("[", MAX_PARTS), (",", MAX_COMMAS)))


def _media(event: AnyClientEvent) -> int:
    """Give how many characters of an event's frame are sound and pictures."""
    if isinstance(event, InputAudioBufferAppend):
        return _base64(event.audio)
    if not isinstance(event, ItemCreate) or not isinstance(event.item, MessageItem):
        return 0
    sounds = (part.audio for part in event.item.content if isinstance(part, InputAudio))
    pictures = (part.image_url for part in event.item.content if isinstance(part, InputImage))
    return sum(_base64(sound) for sound in sounds if isinstance(sound, bytes)) + sum(map(len, pictures))


def _base64(data: bytes) -> int:
    return 4 * -(-len(data) // 3)


def decode_server_event(frame: str | bytes) -> AnyServerEvent | Unknown:
    """Read what a server sent; an event of an unknown type or shape comes back as `Unknown`.

    A null where this client expects none counts as a field left out: vendors differ in which they send.

    Raises:
        MalformedEvent: Not a JSON object with a type.
    """
    head = _head(frame)
    kind = str(head.type)
    decoder = _SERVER.get(kind)
    reason = "unknown type"
    try:
        if decoder is not None:
            try:
                event: AnyServerEvent = decoder.decode(frame)
                return event
            except msgspec.ValidationError as error:
                reason = str(error)
        fields = msgspec.json.decode(frame)
    except _UNREADABLE:  # not UTF-8 in a place that the head passes over, or a number too large for Python
        raise _not_json(None) from None
    lenient = None if decoder is None else _lenient(fields, decoder.type)
    return Unknown(kind, reason, fields) if lenient is None else lenient


def _lenient(fields: dict[str, Any], kind: type[E]) -> E | None:
    try:
        return msgspec.convert(_without_nulls(fields), kind)
    except (msgspec.ValidationError, RecursionError):
        return None


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_without_nulls(inner) for inner in value]
    return value


def _head(frame: str | bytes) -> _Head:
    try:
        head = _HEAD.decode(frame)
    except msgspec.ValidationError as error:
        raise malformed(str(error), _id_in(frame)) from None
    except _UNREADABLE:
        raise _not_json(None) from None
    if head.type is UNSET:
        event_id = head.event_id if isinstance(head.event_id, str) else None
        raise MalformedEvent("invalid_event", "The 'type' field is missing.", None, event_id)
    return head


def _id_in(frame: str | bytes) -> str | None:
    """Give the id of an event that has no type."""
    try:
        return _NAMED.decode(frame).event_id
    except _UNREADABLE:
        return None


def _not_json(event_id: str | None) -> MalformedEvent:
    return MalformedEvent("invalid_json", "The message is not valid JSON.", None, event_id)


MAX_ECHO: Final = 200
"""Characters of what somebody sent that an error repeats."""

_MISSING: Final = re.compile(r"Object missing required field `(?P<field>[^`]*)`")


def malformed(text: str, event_id: str | None, within: str = "") -> MalformedEvent:
    """Say a validation error of msgspec the way the API says it.

    Args:
        text: What msgspec says, with the path of the field at its end: ``Expected `str` - at `$.session.model```.
        event_id: The sender's id of the event, where it has one.
        within: Where in the event what was read is; ``""`` for all of it.
    """
    what, _, path = text.rpartition(" - at `$")  # before it there may be anything: msgspec repeats what it was given
    if not what:
        what, path = text, ""
    path = (within + path.removesuffix("`").replace("[...]", "")).removeprefix(".")[:MAX_ECHO]
    if missing := _MISSING.fullmatch(what):
        param = ".".join(part for part in (path, missing["field"]) if part)
        return MalformedEvent("missing_required_parameter", f"Missing required parameter: '{param}'.", param, event_id)
    where = f" for '{path}'" if path else ""
    return MalformedEvent("invalid_value", f"Invalid value{where}: {what[:MAX_ECHO]}.", path or None, event_id)
