"""The dialect of an old text about the Realtime API, whose frames hold what they say in ``data``.

It names ``conversation.create``, ``conversation.created``, ``conversation.item.create``, ``audio``, ``text``,
``content_block.delta``, ``available_functions.create``, ``function.call`` and ``function.response``. What it has no
word for, such as the sound of the person, is said as in GA.

The text has no word with which a client asks for an answer, so the server answers by itself: a message of the person,
and the last result of the functions that an answer called. It stops doing so for a client that knows ``session.update``
or ``response.create``.
"""

from __future__ import annotations

from realtime_chat.protocol.dialects.conversation_client import ClientMemory, client_in, client_out
from realtime_chat.protocol.dialects.conversation_frames import (
    AUDIO,
    BLOCKS,
    CALL,
    CREATE,
    CREATED,
    DELTA,
    FUNCTIONS,
    ITEM_CREATE,
    RESULT,
    TEXT,
)
from realtime_chat.protocol.dialects.conversation_server import ServerMemory, server_in, server_out, server_refused
from realtime_chat.protocol.dialects.dialect import Dialect, Json


def recognised(frame: Json) -> bool:
    """Say whether a client's frame can only be this dialect's."""
    kind = frame.get("type")
    return kind in (CREATE, FUNCTIONS, RESULT) or (kind == ITEM_CREATE and isinstance(frame.get("data"), dict))


CONVERSATION = Dialect(
    name="conversation",
    client_memory=ClientMemory,
    server_memory=ServerMemory,
    client_out=client_out,
    client_in=client_in,
    server_in=server_in,
    server_out=server_out,
    server_refused=server_refused,
    client_words=frozenset({CREATE, ITEM_CREATE, FUNCTIONS, RESULT, "session.update", "response.create"}),
    server_words=frozenset({CREATED, AUDIO, TEXT, DELTA, CALL, "session.updated", "error"})
    | {"response.created", "response.done", "response.output_audio.delta"}
    | {"response.function_call_arguments.delta", "response.function_call_arguments.done"}
    | {f"{stem}.{end}" for stem, _ in BLOCKS for end in ("delta", "done")},
)
"""See the module."""
