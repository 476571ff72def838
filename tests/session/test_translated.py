import json

import pytest

from realtime_chat.protocol.dialects.table import DIALECTS
from realtime_chat.session.errors import ConnectionLost
from realtime_chat.session.memory import memory_pair
from realtime_chat.session.translated import TranslatedConnection


async def test_what_is_sent_and_what_comes_is_translated():
    client, server = memory_pair()
    connection = TranslatedConnection(client, DIALECTS["beta"])
    assert connection.address == client.address
    await connection.send('{"type": "session.update", "session": {"type": "realtime", "output_modalities": ["text"]}}')
    sent = json.loads(await anext(aiter(server)))
    assert sent == {"type": "session.update", "session": {"modalities": ["text"]}}
    user = {"id": "u", "type": "message", "role": "user", "content": []}
    await server.send(json.dumps({"type": "conversation.item.created", "event_id": "e", "item": user}))
    server.send_raw(b"\xff")
    frames = aiter(connection)
    kinds = [json.loads(await anext(frames))["type"] for _ in range(2)]
    assert kinds == ["conversation.item.added", "conversation.item.done"]
    assert await anext(frames) == b"\xff"
    server.hang_up(1001)
    with pytest.raises(ConnectionLost):
        await anext(frames)
    await connection.close()
    assert client.is_closed
