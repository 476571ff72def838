"""The ``conversation`` dialect at the server's end."""

from __future__ import annotations

import json
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

from realtime_chat.protocol.dialects.conversation_frames import (
    AUDIO,
    BLOCKS,
    CALL,
    CREATE,
    CREATED,
    DELTA,
    FUNCTIONS,
    ITEM_CREATE,
    TEXT,
    fields_of,
    framed,
    head,
    place,
    text_of,
)
from realtime_chat.protocol.dialects.dialect import Json
from realtime_chat.protocol.errors import MAX_EVENT_ID

_OWN: Final = "realtime_chat_dialect_"
"""Ids of events that no client sent begin like this; none of them is ever told to one."""
_QUIET: Final = f"{_OWN}quiet_"
"""Those that it does not matter for whether they fail."""
_RESULT: Final = f"{_OWN}result_"
"""Those that ask for the answer to a result: where there is an answer already, they are asked again after it."""
_AGAIN: Final = f"{_OWN}again_"
"""Those that ask again: where there is yet another answer, it came after the result, and is to that, too."""
_BUSY: Final = "conversation_already_has_active_response"

_DEEPEST: Final = 100
"""Brackets in the arguments of a call that is told as an object: whoever writes it out again must get to its end."""


class Asks(Enum):
    """Who asks for answers."""

    SERVER = auto()
    CLIENT = auto()


class Debt(Enum):
    """Whether the results of functions that came during an answer are still to be answered."""

    NONE = auto()
    ANSWER = auto()
    """By an answer of their own, as soon as the one in progress is done."""
    TURN = auto()
    """By the answer to what the person is saying; by one of their own where it turns out to be nothing."""


@dataclass
class ServerMemory:
    """What the server's end has to remember.

    Attributes:
        asks: Who asks for answers.
        updates: The session's updates under way, oldest first: their ids, and the types of the frames that they were.
        calls: Calls of functions by their answers, which are told when the answer is done.
        unanswered: Ids of the calls that have no result yet.
        answered: The one of them that the frame read last brought a result for.
        active: The answer in progress.
        debt: What is owed for results that came during an answer.
        due: What is to be done as though the client had just said it; whoever takes it empties it.
        count: How many ids were made.
    """

    asks: Asks = Asks.SERVER
    updates: deque[tuple[str, str]] = field(default_factory=deque)
    calls: dict[str, list[Json]] = field(default_factory=dict)
    unanswered: set[str] = field(default_factory=set)
    answered: str | None = None
    active: str | None = None
    debt: Debt = Debt.NONE
    due: list[Json] = field(default_factory=list)
    count: int = 0

    def new_id(self, prefix: str = _OWN) -> str:
        """Make an id of an event that no client sent."""
        self.count += 1
        return f"{prefix}{self.count}"


def server_in(frame: Json, memory: ServerMemory) -> list[Json]:
    """See `Dialect.server_in`."""
    memory.answered = None
    match frame:
        case {"type": "conversation.create"}:
            data = fields_of(frame.get("data"))
            session = {"type": "realtime"} | {key: value for key, value in data.items() if key != "voice"}
            if "voice" in data:
                session["audio"] = _voiced(session.get("audio", {}), data["voice"])
            return [_update(frame, session, memory)]
        case {"type": "available_functions.create"}:
            tools = fields_of(frame.get("data")).get("functions")
            if isinstance(tools, list):
                tools = [{"type": "function"} | tool if isinstance(tool, dict) else tool for tool in tools]
            return [_update(frame, {"type": "realtime", "tools": tools}, memory)]
        case {"type": "function.response"}:
            return _answered(frame, fields_of(frame.get("data")), memory)
        case {"type": "conversation.item.create", "data": dict(data)}:
            item = data.get("item", data)
            after = {"previous_item_id": data["previous_item_id"]} if "previous_item_id" in data else {}
            event = head(frame) | {"type": ITEM_CREATE, "item": _item(item)} | after
            is_asked = isinstance(item, dict) and item.get("role", "user") == "user"
            return [event, *_interruption(memory), *_asked(memory)] if is_asked else [event]
        case {"type": "session.update", "session": session}:
            memory.asks = Asks.CLIENT
            return [_update(frame, session, memory)]
        case {"type": "response.create"}:
            memory.asks = Asks.CLIENT
    return [frame]


def _voiced(audio: Any, voice: Any) -> Any:
    """Give a session's ``audio`` with a voice; what is none stays, to be refused."""
    output = audio.get("output", {}) if isinstance(audio, dict) else None
    return audio | {"output": output | {"voice": voice}} if isinstance(output, dict) else audio


def _update(frame: Json, session: Any, memory: ServerMemory) -> Json:
    """Give an update of the session, with an id by which an error about it is known."""
    event_id, told = _id_of(frame, memory)
    memory.updates.append((told, str(frame["type"])))
    return {"type": "session.update", "event_id": event_id, "session": session}


def _id_of(frame: Json, memory: ServerMemory) -> tuple[str, str]:
    """Give the id of a frame, made for it where it has none, and what an error names of it."""
    event_id = frame.get("event_id")
    event_id = event_id if isinstance(event_id, str) else memory.new_id()
    return event_id, event_id[:MAX_EVENT_ID]


def _item(item: Any) -> Any:
    """Give an item; of a message the text says no more than that there are some: words alone will do."""
    if not isinstance(item, dict):
        return item
    item = {"type": "message", "role": "user"} | item if "role" in item or "type" not in item else item
    if isinstance(item.get("content"), str):
        kind = "output_text" if item.get("role") == "assistant" else "input_text"
        item = item | {"content": [{"type": kind, "text": item["content"]}]}
    return item


def _answered(frame: Json, data: Json, memory: ServerMemory) -> list[Json]:
    """Give the result of a function; the last one of an answer's is followed by the next answer."""
    call_id = data.get("id")
    item = {"type": "function_call_output", "call_id": call_id, "output": _output(fields_of(data.get("response")))}
    event = head(frame) | {"type": ITEM_CREATE, "item": item}
    if isinstance(call_id, str) and call_id in memory.unanswered:
        memory.unanswered.remove(call_id)
        memory.answered = call_id
    # Whether there is an answer in progress is known when it was asked for, and no sooner: see `_failed`.
    return [event] if memory.unanswered else [event, *_asked(memory, _RESULT)]


def server_refused(memory: ServerMemory) -> None:
    """See `Dialect.server_refused`: a call whose result was refused waits for another one."""
    if memory.answered is not None:
        memory.unanswered.add(memory.answered)


def _output(response: Json) -> str:
    """Give what the model is told of a result. The text shows none that failed: whichever word says why is taken."""
    said = text_of(response.get("content", response.get("message", "")))
    return f"Error: {said or 'it failed'}" if response.get("type") == "error" else said


def _interruption(memory: ServerMemory) -> list[Json]:
    """Stop the answer in progress, which may be over by the time that this is read."""
    if memory.asks is Asks.CLIENT or memory.active is None:
        return []
    return [{"type": "response.cancel", "event_id": memory.new_id(_QUIET)}]


def _asked(memory: ServerMemory, prefix: str = _OWN) -> list[Json]:
    if memory.asks is Asks.CLIENT:
        return []
    return [{"type": "response.create", "event_id": memory.new_id(prefix)}]


def server_out(event: Json, memory: ServerMemory) -> list[Json]:
    """See `Dialect.server_out`."""
    match event:
        case {"type": "session.updated", "session": session} if memory.updates:
            _, kind = memory.updates.popleft()
            if kind == CREATE:
                return [framed(CREATED, event, _created(fields_of(session)))]
            return [] if kind == FUNCTIONS else [event]
        case {"type": "error", "error": {"event_id": str(event_id)} as error}:
            return _failed(event, error, event_id, memory)
        case {"type": "response.created", "response": {"id": str(response_id), "conversation_id": str()}}:
            memory.active = response_id
        case {"type": "response.function_call_arguments.delta"}:
            return []
        case {"type": "response.function_call_arguments.done", "response_id": str(response_id)}:
            memory.calls.setdefault(response_id, []).append(_call(event))
            return []
        case {"type": "response.done", "response": {"id": str(response_id)} as response}:
            return [*_called(response_id, response, memory), event]
        case {"type": "response.output_audio.delta", "delta": delta}:
            return [framed(AUDIO, event, place(event) | {"audio": delta})]
    for (stem, whole), kind in BLOCKS.items():
        if event.get("type") == f"{stem}.delta":
            return [framed(DELTA, event, place(event) | {"kind": kind, "delta": event.get("delta")})]
        if event.get("type") == f"{stem}.done":
            return [framed(TEXT, event, place(event) | {"kind": kind, "text": event.get(whole)})]
    return [event]


def _created(session: Json) -> Json:
    """Give what ``conversation.created`` says: what the client asked for, as it came to be."""
    number = str(session.get("id", "")).removeprefix("sess_")
    voice = fields_of(fields_of(session.get("audio")).get("output")).get("voice")
    return {"id": f"conv_{number}", "model": session.get("model"), "voice": voice}


def _failed(event: Json, error: Json, event_id: str, memory: ServerMemory) -> list[Json]:
    """Give an error; the ids that no client knows are left out."""
    for update in memory.updates:
        if update[0] == event_id:
            memory.updates.remove(update)
            break
    if event_id.startswith(_RESULT) and error.get("code") == _BUSY:
        memory.debt = Debt.ANSWER
        return []
    if event_id.startswith(_QUIET) or (event_id.startswith(_AGAIN) and error.get("code") == _BUSY):
        return []
    return [event | {"error": error | {"event_id": None}}] if event_id.startswith(_OWN) else [event]


def _call(event: Json) -> Json:
    """Give a call; its arguments are an object, as the text uses them."""
    arguments = event.get("arguments") or "{}"
    with suppress(ValueError):
        if isinstance(arguments, str) and arguments.count("{") + arguments.count("[") <= _DEEPEST:
            arguments = json.loads(arguments)
    call = {"id": event.get("call_id"), "name": event.get("name"), "arguments": arguments}
    return framed(CALL, event, call | place(event))


def _called(response_id: str, response: Json, memory: ServerMemory) -> list[Json]:
    """Give the calls of an answer that is done; those of one that was stopped are none."""
    calls = memory.calls.pop(response_id, [])
    if response.get("status") in ("cancelled", "failed"):
        calls = []
    if calls:
        memory.unanswered = {str(call["data"]["id"]) for call in calls}
        memory.answered = None
    if memory.active in (response_id, None):  # none: it began before the client gave its dialect away
        memory.active = None
        _settle(response, memory)
    return calls


def _settle(response: Json, memory: ServerMemory) -> None:
    """Ask for what is owed now that the conversation's answer is done, unless another answer is sure to come."""
    if memory.debt is Debt.NONE:
        return
    if fields_of(response.get("status_details")).get("reason") == "turn_detected":
        memory.debt = Debt.TURN  # an answer that began now would be in the way of the one to the person
        return
    is_told = memory.debt is Debt.TURN and bool(response.get("output") or response.get("status") == "cancelled")
    memory.debt = Debt.NONE
    if not is_told and not memory.unanswered:  # the results that are waited for are followed by an answer anyway
        memory.due += _asked(memory, _AGAIN)


def server_due(memory: ServerMemory) -> list[Json]:
    """Give what follows from what was just said to the client, as though the client had said it; each is given once.

    Whoever writes an event asks for it, and does it.
    """
    due, memory.due = memory.due, []
    return due
