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

from realtime_chat.protocol.client_events import AnyClientEvent
from realtime_chat.protocol.errors import MalformedEvent, UnknownEventType
from realtime_chat.protocol.server_events import AnyServerEvent, Unknown
from realtime_chat.protocol.unknown_fields import unknown_field

E = TypeVar("E")


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
_ENCODER: Final = msgspec.json.Encoder()

# Not JSON; not UTF-8, or a str that UTF-8 has no bytes for; nested too deeply.
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeError, RecursionError)

_STRICT: Final = frozenset({"session.update", "response.create"})
"""Events in which a field that nobody knows is an error."""

MAX_EVENT_ID: Final = 512
"""Characters of an event's id, as the API documents them."""

CLIENT_EVENT_TYPES: Final = tuple(_CLIENT)
"""Every type a client may send."""

SERVER_EVENT_TYPES: Final = tuple(_SERVER)
"""Every type a server may send."""


def encode(event: Struct) -> str:
    """Give the text frame of an event of either side."""
    return _ENCODER.encode(event).decode()


def decode_client_event(frame: str | bytes) -> AnyClientEvent:
    """Read what a client sent.

    Raises:
        UnknownEventType: The type is not a client event's.
        MalformedEvent: Not JSON, no type, or a field that is missing, of the wrong shape or not known.
    """
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
    try:
        event: AnyClientEvent = decoder.decode(frame)
        if kind in _STRICT and (param := unknown_field(msgspec.json.decode(frame), decoder.type)):
            reason = f"Unknown parameter: '{param[:200]}'."
            raise MalformedEvent("unknown_parameter", reason, param[:200], event_id)
    except msgspec.ValidationError as error:
        raise _malformed(str(error), event_id) from None
    except _UNREADABLE:
        raise _not_json(event_id) from None
    if event_id is not None and len(event_id) > MAX_EVENT_ID:
        reason = (
            f"Invalid 'event_id': string too long. Expected a string with maximum length {MAX_EVENT_ID}, "
            f"but got a string with length {len(event_id)} instead."
        )
        raise MalformedEvent("string_above_max_length", reason, "event_id", event_id[:MAX_EVENT_ID])
    return event


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
        raise _malformed(str(error), None) from None
    except _UNREADABLE:
        raise _not_json(None) from None
    if head.type is UNSET:
        event_id = head.event_id if isinstance(head.event_id, str) else None
        raise MalformedEvent("invalid_event", "The 'type' field is missing.", None, event_id)
    return head


def _not_json(event_id: str | None) -> MalformedEvent:
    return MalformedEvent("invalid_json", "The message is not valid JSON.", None, event_id)


_PATH: Final = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>.*)`)?$", re.DOTALL)
_MISSING: Final = re.compile(r"missing required field `(?P<field>[^`]*)`")


def _malformed(text: str, event_id: str | None) -> MalformedEvent:
    """Say a validation error of msgspec the way the API says it."""
    found = _PATH.match(text)
    what, path = (found["what"], found["path"] or "") if found else (text, "")
    path = path.replace("[...]", "")
    if missing := _MISSING.search(what):
        param = ".".join(part for part in (path, missing["field"]) if part)
        return MalformedEvent("missing_required_parameter", f"Missing required parameter: '{param}'.", param, event_id)
    where = f" for '{path}'" if path else ""
    return MalformedEvent("invalid_value", f"Invalid value{where}: {what}.", path or None, event_id)
