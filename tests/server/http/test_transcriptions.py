import io
import wave

import httpx
import pytest
from openai import AsyncOpenAI
from synthetic_voice import voice

from realtime_chat.server.http.speech import as_wav
from realtime_chat.server.http.transcriptions import MAX_BODY


def recording(seconds: float, rate: int = 24_000, channels: int = 1) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(round(seconds * rate) * 2 * channels))
    return buffer.getvalue()


@pytest.fixture
async def client(scripted_url, key):
    async with httpx.AsyncClient(
        base_url=scripted_url, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=60
    ) as client:
        yield client


async def test_the_official_sdk_gets_the_words(scripted_url, key):
    async with AsyncOpenAI(api_key=key, base_url=scripted_url) as client:
        sound = ("a.wav", as_wav(voice(1_500)))
        heard = await client.audio.transcriptions.create(model="any", file=sound)
        assert heard.text == "I heard 1.5 seconds of speech."
        plain = await client.audio.transcriptions.create(model="any", file=sound, response_format="text")
        assert plain == "I heard 1.5 seconds of speech.\n"


@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (44_100, 2), (8_000, 1)])
async def test_any_rate_and_number_of_channels(client, rate, channels):
    answer = await client.post("/audio/transcriptions", files={"file": ("a", recording(2, rate, channels))})
    assert answer.json() == {
        "text": "I heard 2.0 seconds of speech.",
        "usage": {"type": "duration", "seconds": pytest.approx(2, abs=0.01)},
    }


@pytest.mark.parametrize(
    ("content", "param"),
    [
        ({"json": {}}, None),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, None),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=y"}}, None),
        (
            {"content": b"--y\r\nno\r\n\r\n\r\n--y--", "headers": {"Content-Type": "multipart/form-data; boundary=y"}},
            None,
        ),
        ({"files": {"other": ("a", b"")}}, "file"),
        ({"data": {"file": "RIFF"}, "files": {"x": ("a", b"")}}, "file"),
        ({"files": {"file": ("a.mp3", b"ID3" + bytes(99))}}, "file"),
        ({"files": {"file": ("a.wav", b"RIFF" + bytes(99))}}, "file"),
        ({"files": {"file": ("a.wav", recording(601, 8_000))}}, "file"),
        ({"files": {"file": ("a", recording(1))}, "data": {"response_format": "srt"}}, "response_format"),
        ({"files": {"file": ("a", recording(1))}, "data": {"stream": "true"}}, "stream"),
        ({"files": [("file", ("a", b"")), ("file2", ("b", b""))]}, None),
    ],
)
async def test_what_is_no_recording_is_said(client, content, param):
    answer = await client.post("/audio/transcriptions", **content)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["param"]) == ("invalid_value", param)
    assert error["message"].endswith(".")


async def test_too_much_is_refused(client):
    answer = await client.post("/audio/transcriptions", files={"file": ("a.wav", bytes(MAX_BODY))})
    assert answer.status_code == 413


async def test_strangers_are_refused(scripted_url):
    async with httpx.AsyncClient(trust_env=False) as stranger:
        answer = await stranger.post(f"{scripted_url}/audio/transcriptions", files={"file": ("a", recording(1))})
    assert answer.status_code == 401
