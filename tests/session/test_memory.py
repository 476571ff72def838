from __future__ import annotations

import asyncio

import pytest

from realtime_chat.session.errors import ConnectionLost
from realtime_chat.session.memory import MemoryConnection, memory_pair


async def frames(end: MemoryConnection) -> list[str | bytes]:
    return [frame async for frame in end]


async def test_what_one_end_sends_the_other_receives() -> None:
    client, server = memory_pair()
    await client.send("1")
    await client.send("2")
    server.send_raw(b"\xff")
    await client.close()
    arrived = aiter(server)
    assert [await anext(arrived), await anext(arrived)] == ["1", "2"]
    with pytest.raises(ConnectionLost) as caught:
        await anext(arrived)
    assert caught.value.code == 1000
    assert await frames(client) == [b"\xff"]
    assert client.is_closed
    assert server.is_closed
    assert client.address == "memory"


async def test_delay_keeps_the_order_and_loss_loses_what_it_is_told() -> None:
    client, server = memory_pair(delay=0.001, loses=lambda frame: frame == "lost")
    for frame in ("1", "lost", "2"):
        await server.send(frame)
    arrived = []
    async for frame in client:
        arrived.append(frame)
        if len(arrived) == 2:
            await client.close()
    assert arrived == ["1", "2"]


async def test_nothing_can_be_sent_afterwards() -> None:
    client, server = memory_pair(delay=0.001)
    server.send_raw("on its way")
    client.hang_up(1001, "enough")
    client.hang_up(1000)
    with pytest.raises(ConnectionLost):
        await client.send("x")
    with pytest.raises(ConnectionLost) as caught:
        await frames(server)
    assert (caught.value.code, caught.value.reason) == (1001, "enough")
    with pytest.raises(ConnectionLost):
        await server.send("x")
    await asyncio.sleep(0.002)  # what was on its way arrives at a closed end
    assert await frames(client) == []


async def test_an_end_alone_sends_to_nobody() -> None:
    alone = MemoryConnection(delay=0, loses=lambda _: False)
    await alone.send("x")
    await alone.close()
    assert await frames(alone) == []
