"""Sound for a server that takes another rate."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest

from realtime_chat.session.errors import ConnectionLost
from realtime_chat.session.memory import MemoryConnection, memory_pair
from realtime_chat.session.resampled import ResampledConnection

TONE = (8_000 * np.sin(2 * np.pi * 440 * np.arange(24_000) / 24_000)).astype("<i2")


def append(samples: np.ndarray) -> str:
    return json.dumps({"type": "input_audio_buffer.append", "audio": base64.b64encode(samples.tobytes()).decode()})


def sound(frames: list[dict[str, Any]]) -> np.ndarray:
    parts = [base64.b64decode(frame["audio"]) for frame in frames if frame["type"] == "input_audio_buffer.append"]
    return np.frombuffer(b"".join(parts), "<i2")


async def until(kind: str, server: MemoryConnection) -> list[dict[str, Any]]:
    frames = []
    async for frame in server:
        frames.append(json.loads(frame))
        if frames[-1]["type"] == kind:
            break
    return frames


async def test_a_tone_keeps_its_length_and_its_pitch():
    client, server = memory_pair()
    connection = ResampledConnection(client, 16_000)
    for piece in np.split(TONE, 50):
        await connection.send(append(piece))
    await connection.send('{"type": "input_audio_buffer.commit"}')
    await connection.send('{"type": "response.create"}')
    frames = await until("response.create", server)
    assert frames[-2]["type"] == "input_audio_buffer.commit"
    heard = sound(frames)
    assert len(heard) == 16_000
    spectrum = np.abs(np.fft.rfft(heard.astype(float)))
    assert int(np.argmax(spectrum)) == 440


async def test_what_was_cleared_is_not_heard_later():
    client, server = memory_pair()
    connection = ResampledConnection(client, 16_000)
    await connection.send(append(TONE[:4_800]))
    await connection.send('{"type": "input_audio_buffer.clear"}')
    await connection.send(append(np.zeros(4_800, "<i2")))
    await connection.send('{"type": "input_audio_buffer.commit"}')
    frames = await until("input_audio_buffer.commit", server)
    kinds = [frame["type"] for frame in frames]
    rest = sound(frames[kinds.index("input_audio_buffer.clear") :])
    assert np.abs(rest).max() <= 1  # dither


async def test_what_comes_stays():
    client, server = memory_pair()
    connection = ResampledConnection(client, 16_000)
    assert connection.address == client.address
    await server.send('{"type": "session.created"}')
    frames = aiter(connection)
    assert await anext(frames) == '{"type": "session.created"}'
    server.hang_up(1001)
    with pytest.raises(ConnectionLost):
        await anext(frames)
    await connection.close()
    assert client.is_closed
