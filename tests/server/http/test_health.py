import asyncio

import httpx
import pytest
import websockets
from serving_loop import serving

from realtime_chat.server.limits import Phase


async def refused_at(server) -> websockets.Response:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with server.connect():
            pass
    return refused.value.response


async def test_loading_ready_draining():
    async with serving(phase=Phase.LOADING, key="k") as server, httpx.AsyncClient(trust_env=False) as client:

        async def health() -> tuple[int, str]:
            answer = await client.get(f"{server.origin}/health")
            return answer.status_code, answer.json()["status"]

        assert await health() == (503, "loading")
        server.sessions.ready()
        assert await health() == (200, "ready")
        await server.sessions.drain(0)
        assert await health() == (503, "draining")
        server.sessions.ready()
        assert await health() == (503, "draining")


async def test_a_session_before_its_time_is_told_when_to_come_back():
    async with serving(phase=Phase.LOADING) as server:
        response = await refused_at(server)
        assert (response.status_code, response.headers["retry-after"]) == (503, "5")
        assert b"server_loading" in response.body
        server.sessions.ready()
        async with server.connect() as socket:
            await asyncio.wait_for(socket.recv(), 30)
