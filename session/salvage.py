"""What can be saved of an event that could not be read as a whole.

A vendor's new item type or status must not leave a conversation waiting for ever: the few events that move it on
are rebuilt from the fields that are as they should be.
"""

from __future__ import annotations

from typing import Any, get_args

from msgspec import UNSET

from realtime_chat.protocol.response_events import ResponseCreated, ResponseDone
from realtime_chat.protocol.responses import Response, ResponseStatus
from realtime_chat.protocol.server_events import AnyServerEvent, Error, ErrorDetails, SessionUpdated, Unknown
from realtime_chat.protocol.sessions import AudioConfig, OutputConfig, RealtimeSession

_STATUSES: frozenset[str] = frozenset(get_args(ResponseStatus))


def salvaged(unknown: Unknown) -> AnyServerEvent | None:
    """Give an event made of what ``unknown`` has in common with one that moves a conversation on, if it is one."""
    match unknown.type:
        case "session.updated":
            return SessionUpdated(session=_session(_dict(unknown.fields, "session")))
        case "response.created" | "response.done":
            found = _dict(unknown.fields, "response")
            response_id = _text(found, "id")
            if not response_id:
                return None
            if unknown.type == "response.created":
                return ResponseCreated(response=Response(id=response_id))
            status: Any = _text(found, "status")
            return ResponseDone(
                response=Response(id=response_id, status=status if status in _STATUSES else "completed")
            )
        case "error":
            error = _dict(unknown.fields, "error")
            return Error(
                error=ErrorDetails(
                    code=_text(error, "code") or None,
                    message=_text(error, "message") or _text(unknown.fields, "message"),
                    event_id=_text(error, "event_id") or None,
                )
            )
        case _:
            return None


def _session(found: dict[str, Any]) -> RealtimeSession:
    voice = _text(_dict(_dict(found, "audio"), "output"), "voice")
    return RealtimeSession(
        model=_text(found, "model") or UNSET, audio=AudioConfig(output=OutputConfig(voice=voice or UNSET))
    )


def _dict(fields: dict[str, Any], name: str) -> dict[str, Any]:
    found = fields.get(name)
    return found if isinstance(found, dict) else {}


def _text(fields: dict[str, Any], name: str) -> str:
    found = fields.get(name)
    return found if isinstance(found, str) else ""
