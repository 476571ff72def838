"""The ``conversation`` dialect at the client's end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from realtime_chat.protocol.dialects.conversation_frames import (
    BLOCKS,
    CREATE,
    DELTA,
    FUNCTIONS,
    ITEM_CREATE,
    RESULT,
    fields_of,
    framed,
    head,
    place,
    text_of,
)
from realtime_chat.protocol.dialects.dialect import Json


class Stage(Enum):
    """Whether a client has begun its conversation."""

    NEW = auto()
    BEGUN = auto()


@dataclass
class ClientMemory:
    """What the client's end has to remember."""

    stage: Stage = Stage.NEW


def client_out(event: Json, memory: ClientMemory) -> list[Json]:
    """See `Dialect.client_out`."""
    match event:
        case {"type": "session.update", "session": {"type": "realtime"} as session}:
            return _configured(event, dict(session), memory)
        case {"type": "conversation.item.create", "item": {"type": "function_call_output"} as item}:
            if set(item) <= {"type", "call_id", "output"} and "previous_item_id" not in event:
                result = {"type": "success", "content": item.get("output")}
                return [framed(RESULT, event, {"id": item.get("call_id"), "response": result})]
        case {"type": "conversation.item.create"}:
            data = {key: value for key, value in event.items() if key not in {"type", "event_id"}}
            return [framed(ITEM_CREATE, event, data)]
    return [event]


def _configured(event: Json, session: Json, memory: ClientMemory) -> list[Json]:
    """Give the frames of an update; the last is always GA's own, which the server's answer is to."""
    frames = []
    if memory.stage is Stage.NEW:
        memory.stage = Stage.BEGUN
        data = {"model": session.pop("model")} if "model" in session else {}
        output = fields_of(fields_of(session.get("audio")).get("output"))
        if isinstance(output.get("voice"), str):
            data["voice"] = output["voice"]
            rest = {key: value for key, value in output.items() if key != "voice"}
            session["audio"] = session["audio"] | {"output": rest}
        frames.append({"type": CREATE, "data": data})
    tools = session.get("tools")
    if isinstance(tools, list) and all(isinstance(tool, dict) and tool.get("type") == "function" for tool in tools):
        del session["tools"]
        functions = [{key: value for key, value in tool.items() if key != "type"} for tool in tools]
        frames.append({"type": FUNCTIONS, "data": {"functions": functions}})
    return [*frames, event | {"session": session}]


def client_in(frame: Json, _memory: ClientMemory) -> list[Json]:
    """See `Dialect.client_in`."""
    match frame:
        case {"type": "conversation.created", "data": dict(data)}:
            conversation = {"id": data.get("id"), "object": "realtime.conversation"}
            return [head(frame) | {"type": "conversation.created", "conversation": conversation}]
        case {"type": "audio", "data": {"audio": delta} as data}:
            return [head(frame) | place(data) | {"type": "response.output_audio.delta", "delta": delta}]
        case {"type": "content_block.delta" | "text", "data": dict(data)}:
            for (stem, whole), kind in BLOCKS.items():
                if data.get("kind", "text") == kind:
                    is_delta = frame["type"] == DELTA
                    words = {"delta": data.get("delta")} if is_delta else {whole: data.get("text")}
                    return [head(frame) | place(data) | {"type": f"{stem}.{'delta' if is_delta else 'done'}"} | words]
        case {"type": "function.call", "data": dict(data)}:
            call = {"call_id": data.get("id"), "name": data.get("name"), "arguments": text_of(data.get("arguments"))}
            return [head(frame) | place(data) | {"type": "response.function_call_arguments.done"} | call]
    return [frame]
