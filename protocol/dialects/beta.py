"""The beta protocol, which OpenAI served until May 2026 and several vendors still speak.

The table of events is `EVENTS`, those of the objects are in `beta_shapes`. Besides:

- ``session.created`` is followed by ``conversation.created``;
- an item is announced once, with ``conversation.item.created``, where GA says ``conversation.item.added`` and, when it
  is complete, ``conversation.item.done``;
- ``temperature`` is GA's no more, and is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from realtime_chat.protocol.dialects import beta_shapes as shapes
from realtime_chat.protocol.dialects.dialect import Dialect, Json
from realtime_chat.protocol.dialects.shape import Shape

EVENTS: Final = {
    "response.text.delta": "response.output_text.delta",
    "response.text.done": "response.output_text.done",
    "response.audio.delta": "response.output_audio.delta",
    "response.audio.done": "response.output_audio.done",
    "response.audio_transcript.delta": "response.output_audio_transcript.delta",
    "response.audio_transcript.done": "response.output_audio_transcript.done",
    "conversation.item.created": "conversation.item.added",
}
"""Events of the server that have another name: the beta's, and GA's."""

TRANSCRIPTION_UPDATE: Final = "transcription_session.update"
TRANSCRIPTION_UPDATED: Final = "transcription_session.updated"

_BETA_EVENTS: Final = {ga: beta for beta, ga in EVENTS.items()}
_MOST_OPEN: Final = 1_000
"""Items that are kept in mind: a server that completes none must not fill the memory."""


@dataclass
class BetaMemory:
    """What one end has to remember.

    Attributes:
        conversation_id: At the server's end, the id that ``conversation.created`` named; ``""`` before.
        open_items: At the client's end, the items that are not complete yet, and what each comes after.
    """

    conversation_id: str = ""
    open_items: dict[str, Any] = field(default_factory=dict)


def _client_out(event: Json, _memory: BetaMemory) -> list[Json]:
    match event:
        case {"type": "session.update", "session": {"type": "transcription"} as session}:
            return [event | {"type": TRANSCRIPTION_UPDATE, "session": shapes.TRANSCRIPTION.flat(session)}]
        case {"type": "session.update", "session": dict(session)}:
            return [event | {"session": shapes.SESSION.flat(session)}]
        case {"type": "conversation.item.create", "item": item}:
            return [event | {"item": shapes.item_out(item)}]
        case {"type": "response.create", "response": dict(request)}:
            return [event | {"response": _with(shapes.REQUEST.flat(request), "input", shapes.items_out)}]
    return [event]


def _server_in(frame: Json, _memory: BetaMemory) -> list[Json]:
    match frame:
        case {"type": "transcription_session.update", "session": dict(session)}:
            session = {"type": "transcription"} | shapes.TRANSCRIPTION.nested(session)
            return [frame | {"type": "session.update", "session": session}]
        case {"type": "transcription_session.update"}:
            return [frame | {"type": "session.update"}]
        case {"type": "session.update", "session": dict(session)}:
            return [frame | {"session": {"type": "realtime"} | shapes.SESSION.nested(session)}]
        case {"type": "conversation.item.create", "item": item}:
            return [frame | {"item": shapes.item_in(item)}]
        case {"type": "response.create", "response": dict(request)}:
            return [frame | {"response": _with(shapes.REQUEST.nested(request), "input", shapes.items_in)}]
    return [frame]


def _server_out(event: Json, memory: BetaMemory) -> list[Json]:
    match event:
        case {"type": "session.created", "session": dict(session)}:
            memory.conversation_id = f"conv_{str(session.get('id', '')).removeprefix('sess_')}"
            conversation = {"id": memory.conversation_id, "object": "realtime.conversation"}
            created = {"type": "conversation.created", "conversation": conversation}
            return [event | {"session": _session_out(session)}, _derived(event, "conversation") | created]
        case {"type": "session.updated", "session": {"type": "transcription"} as session}:
            return [event | {"type": TRANSCRIPTION_UPDATED, "session": _session_out(session)}]
        case {"type": "session.updated", "session": dict(session)}:
            return [event | {"session": _session_out(session)}]
        case {"type": "conversation.item.done"}:
            return []
        case {"type": "response.created" | "response.done", "response": dict(answer)}:
            flat = _with(shapes.ANSWER.flat(answer), "output", shapes.items_out)
            if isinstance(flat.get("conversation_id"), str) and memory.conversation_id:
                flat["conversation_id"] = memory.conversation_id
            return [event | {"response": flat}]
        case {"type": "error", "error": {"param": str(param)} as error}:
            return [event | {"error": error | _elsewhere(error, param, _param_out(param))}]
    return [_with(_renamed(event, _BETA_EVENTS), "item", shapes.item_out)]


def _client_in(frame: Json, memory: BetaMemory) -> list[Json]:
    match frame:
        case {"type": "session.created" | "session.updated", "session": dict(session)}:
            return [frame | {"session": {"type": "realtime"} | shapes.SESSION.nested(session)}]
        case {"type": "transcription_session.updated", "session": dict(session)}:
            session = {"type": "transcription"} | shapes.TRANSCRIPTION.nested(session)
            return [frame | {"type": "session.updated", "session": session}]
        case {"type": "conversation.item.created", "item": dict(item)}:
            return _announced(frame, item, memory)
        case {"type": "response.output_item.done", "item": dict(item)}:
            done = frame | {"item": shapes.item_in(item)}
            item_id = item.get("id")
            if not isinstance(item_id, str) or item_id not in memory.open_items:
                return [done]
            previous = memory.open_items.pop(item_id)
            return [_item_done(frame, shapes.item_in(item), previous), done]
        case {"type": "response.created" | "response.done", "response": dict(answer)}:
            return [frame | {"response": _with(shapes.ANSWER.nested(answer), "output", shapes.items_in)}]
        case {"type": "error", "error": {"param": str(param)} as error}:
            return [frame | {"error": error | _elsewhere(error, param, _param_in(param))}]
    return [_with(_renamed(frame, EVENTS), "item", shapes.item_in)]


def _announced(frame: Json, item: Json, memory: BetaMemory) -> list[Json]:
    """Give what GA says of a new item: that it is there and, unless it is still being made, that it is complete."""
    item = shapes.item_in(item)
    added = frame | {"type": "conversation.item.added", "item": item}
    previous = frame.get("previous_item_id")
    is_made = item.get("role") == "assistant" or item.get("type") == "function_call"
    if item.get("status", "in_progress" if is_made else "completed") != "in_progress":
        return [added, _item_done(frame, item, previous)]
    if isinstance(item.get("id"), str):
        memory.open_items[item["id"]] = previous
        if len(memory.open_items) > _MOST_OPEN:
            del memory.open_items[next(iter(memory.open_items))]
    return [added]


def _item_done(frame: Json, item: Json, previous: Any) -> Json:
    return _derived(frame, "item") | {"type": "conversation.item.done", "item": item, "previous_item_id": previous}


def _session_out(session: Json) -> Json:
    return (shapes.TRANSCRIPTION if session.get("type") == "transcription" else shapes.SESSION).flat(session)


def _derived(frame: Json, what: str) -> Json:
    """Give the beginning of an event that follows from ``frame``: each has an id of its own."""
    event_id = frame.get("event_id")
    return {"event_id": f"{event_id}_{what}"} if isinstance(event_id, str) else {}


def _renamed(frame: Json, names: dict[str, str]) -> Json:
    kind = frame.get("type")
    return frame | {"type": names[kind]} if isinstance(kind, str) and kind in names else frame


def _with(frame: Json, key: str, convert: Any) -> Json:
    return frame | {key: convert(frame[key])} if key in frame else frame


_PARAMS: Final = (("session.", shapes.SESSION), ("response.", shapes.REQUEST))


def _param_out(param: str) -> str:
    for prefix, shape in _PARAMS:
        if param.startswith(prefix):
            return prefix + shape.flat_path(param.removeprefix(prefix))
    return param


def _elsewhere(error: Json, param: str, renamed: str) -> Json:
    """Give what an error says of a parameter by the name that it has in the other language."""
    message = error.get("message")
    told = {"message": message.replace(f"'{param}'", f"'{renamed}'")} if isinstance(message, str) else {}
    return told | {"param": renamed}


def _param_in(param: str) -> str:
    for prefix, shape in _PARAMS:
        if param.startswith(prefix):
            return prefix + shape.nested_path(param.removeprefix(prefix))
    return param


def recognised(frame: Json) -> bool:
    """Say whether a client's frame can only be the beta's."""
    match frame:
        case {"type": "transcription_session.update"}:
            return True
        case {"type": "session.update", "session": dict(session)}:
            return "type" not in session and _is_flat(session, shapes.SESSION)
        case {"type": "response.create", "response": dict(request)}:
            return _is_flat(request, shapes.REQUEST)
        case {"type": "conversation.item.create", "item": {"role": "assistant", "content": list(content)}}:
            return any(isinstance(part, dict) and part.get("type") in ("text", "audio") for part in content)
    return False


def _is_flat(fields: Json, shape: Shape) -> bool:
    return not shape.names.isdisjoint(fields) and not {"audio", "output_modalities"} & fields.keys()


BETA = Dialect(
    name="beta",
    client_memory=BetaMemory,
    server_memory=BetaMemory,
    client_out=_client_out,
    client_in=_client_in,
    server_in=_server_in,
    server_out=_server_out,
    client_words=frozenset({"session.update", TRANSCRIPTION_UPDATE, "conversation.item.create", "response.create"}),
    server_words=frozenset(EVENTS)
    | frozenset(_BETA_EVENTS)
    | {
        "session.created",
        "session.updated",
        TRANSCRIPTION_UPDATED,
        "conversation.item.done",
        "conversation.item.retrieved",
        "response.created",
        "response.done",
        "response.output_item.added",
        "response.output_item.done",
        "error",
    },
    headers={"OpenAI-Beta": "realtime=v1"},
)
"""See the module."""
