from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from realtime_chat.session.errors import ConnectionLost
from realtime_chat.session.memory import memory_pair
from realtime_chat.session.notices import Ignored, Placed
from realtime_chat.session.receiver import Receiver


async def test_frames_are_read_in_order_until_the_connection_is_gone(driver: Any) -> None:
    here, there = memory_pair()
    there.send_raw(b"\xff")
    item = {"type": "message", "id": "u1", "role": "user", "content": []}
    there.send_raw(json.dumps({"type": "conversation.item.added", "event_id": "e", "item": item}))
    there.send_raw("{}")
    there.hang_up(1001, "expired")
    with pytest.raises(ConnectionLost, match="expired"):
        await Receiver(here, driver.machine, driver.do).run()
    assert [type(notice) for notice in driver.told] == [Ignored, Placed, Ignored]


async def test_a_flood_lets_others_work(driver: Any) -> None:
    here, there = memory_pair()
    for _ in range(10):
        there.send_raw("{}")
    receiving = asyncio.create_task(Receiver(here, driver.machine, driver.do).run())
    await asyncio.sleep(0)
    assert len(driver.told) == 1
    await here.close()
    with pytest.raises(ConnectionLost):
        await receiving
