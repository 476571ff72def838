"""A voice by HTTP, with scripted engines."""

from __future__ import annotations

import io
import wave

import httpx

from realtime_chat.server.http.speech import as_wav


async def test_a_voice_by_http(scripted_url, key):
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}) as client:
        answer = await client.post(f"{scripted_url}/audio/speech", json={"input": "Hello there"})
        with wave.open(io.BytesIO(answer.content)) as file:
            assert (file.getframerate(), file.getnchannels()) == (24_000, 1)
            assert file.getnframes() > 12_000
        pcm = await client.post(f"{scripted_url}/audio/speech", json={"input": "Hello", "response_format": "pcm"})
        assert len(pcm.content) % 2 == 0
        for wrong in (
            {},
            {"input": " "},
            {"input": "x" * 5_000},
            {"input": "x", "speed": 9},
            {"input": "x", "response_format": "mp3"},
        ):
            assert (await client.post(f"{scripted_url}/audio/speech", json=wrong)).status_code == 400
        endless = await client.post(f"{scripted_url}/audio/speech", content=b'{"input": "' + b"x" * 5_000_000)
        assert endless.status_code == 400
    async with httpx.AsyncClient() as stranger:
        assert (await stranger.post(f"{scripted_url}/audio/speech", json={"input": "x"})).status_code == 401


def test_a_wav_file_says_how_long_it_is():
    with wave.open(io.BytesIO(as_wav(bytes(480)))) as file:
        assert file.getnframes() == 240
