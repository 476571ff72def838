"""The client against a real HTTP server on the loopback, which misbehaves on purpose."""

import asyncio
import io
import socket
import wave

import numpy as np
import pytest
from local_api import LocalApi, serving
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse

from realtime_chat.server.engines.errors import EngineError, EngineRefused
from realtime_chat.server.engines.remote import Remote
from realtime_chat.server.engines.remote_hearing import RemoteHearing
from realtime_chat.server.engines.seam import HEARING_RATE

KEY = "sk-secret-123"
SPEECH = (np.sin(2 * np.pi * 200 * np.arange(HEARING_RATE) / HEARING_RATE) * 0.5).astype(np.float32)


@pytest.fixture
async def api():
    async with serving(LocalApi(lambda: JSONResponse({"text": " Good\x1b[2J  morning.\n"}))) as api:
        yield api


@pytest.fixture
async def hearing(api):
    engine = RemoteHearing(Remote(api.url, "whisper", KEY))
    yield engine
    await engine.aclose()


async def test_speech_goes_out_as_a_wav_and_comes_back_as_words(api, hearing):
    assert await hearing.transcribe(SPEECH) == "Good morning."
    headers, form = api.requests[0]
    assert headers["authorization"] == f"Bearer {KEY}"
    name, sound = form.pop("file")
    assert (name, form) == ("speech.wav", {"model": "whisper", "response_format": "json"})
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (HEARING_RATE, 1, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32767
    assert samples == pytest.approx(SPEECH, abs=1e-4)


async def test_silence_is_not_sent(api, hearing):
    assert await hearing.transcribe(np.zeros(HEARING_RATE, np.float32)) == ""
    assert await hearing.transcribe(np.zeros(0, np.float32)) == ""
    assert await hearing.transcribe(np.full(HEARING_RATE, np.nan, np.float32)) == ""
    assert api.requests == []


async def test_neither_key_nor_model_need_be(api):
    engine = RemoteHearing(Remote(f"{api.url}/"))
    await engine.transcribe(SPEECH)
    headers, form = api.requests[0]
    assert "authorization" not in headers
    assert "model" not in form
    await engine.aclose()


async def test_samples_that_are_none_do_no_harm(api, hearing):
    wild = SPEECH.copy()
    wild[::50] = np.nan
    wild[1::50] = 9.0
    assert await hearing.transcribe(wild)
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (JSONResponse({"error": {"message": f"bad key {KEY}"}}, 401), "refused the API key (HTTP 401); set the right"),
        (
            JSONResponse({"error": {"message": "no such model"}}, 404),
            "has no model called whisper, or no transcription",
        ),
        (JSONResponse({"error": f"x {KEY}\x1b[2J"}, 400), "refused the request (HTTP 400: x ***); see --stt-url"),
        (PlainTextResponse("busy", 503), "has a fault of its own (HTTP 503); try again"),
        (PlainTextResponse("slow", 429), "allows no more requests now (HTTP 429)"),
        (RedirectResponse("http://127.0.0.1:9/"), "refused the request (HTTP 307)"),
        (PlainTextResponse("Good morning"), "sent something that is no transcription; see --stt-url"),
        (JSONResponse({"text": 5}), "no transcription"),
        (JSONResponse([]), "no transcription"),
        (PlainTextResponse("[" * 100_000), "no transcription"),
        (PlainTextResponse('{"text": "' + "x" * 2_000_000), "no transcription"),
    ],
)
async def test_what_goes_wrong_is_one_sentence_without_the_key(api, hearing, reply, expected):
    api.reply = lambda: reply
    with pytest.raises(EngineError) as caught:
        await hearing.transcribe(SPEECH)
    text = str(caught.value)
    assert expected in text
    assert text.startswith("The hearing engine failed: http://127.0.0.1:")
    assert KEY not in text
    assert text.isprintable()
    assert len(text) < 400


async def test_a_refusal_says_its_status(api, hearing):
    api.reply = lambda: PlainTextResponse("", 418)
    with pytest.raises(EngineRefused) as caught:
        await hearing.transcribe(SPEECH)
    assert caught.value.status == 418


async def test_a_connection_that_breaks(api, hearing):
    api.stream(b'{"text": "Go', cut=True)
    with pytest.raises(EngineError, match="broke the connection off"):
        await hearing.transcribe(SPEECH)


async def test_cancelling_closes_the_request(api, hearing):
    api.stream(b'{"text": "Go', forever=True)
    task = asyncio.create_task(hearing.transcribe(SPEECH))
    await asyncio.wait_for(api.asked.wait(), 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(api.gone.wait(), 20)
    api.reply = lambda: JSONResponse({"text": "Again."})
    assert await hearing.transcribe(SPEECH) == "Again."


async def test_nobody_there():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    engine = RemoteHearing(Remote(f"http://me:{KEY}@127.0.0.1:{port}/v1"))
    with pytest.raises(EngineError, match=f"127.0.0.1:{port}/v1 cannot be reached; .* --stt-url is right") as caught:
        await engine.transcribe(SPEECH)
    assert KEY not in str(caught.value)
    await engine.aclose()


@pytest.mark.parametrize("url", ["", "localhost", "ws://h/v1"])
def test_no_address(url):
    with pytest.raises(EngineError, match="--stt-url is no http"):
        RemoteHearing(Remote(url))


def test_no_key():
    with pytest.raises(EngineError, match="set the one for --stt-url anew"):
        RemoteHearing(Remote("http://localhost/v1", "", "a\nb"))
    assert KEY not in repr(Remote("http://localhost/v1", "", KEY))
