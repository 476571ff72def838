"""The client against a real HTTP server on the loopback, which misbehaves on purpose."""

import asyncio
from contextlib import aclosing

import numpy as np
import pytest
from local_api import LocalApi, serving
from starlette.responses import JSONResponse, PlainTextResponse, Response

from realtime_chat.server.engines import remote_speaking
from realtime_chat.server.engines.errors import EngineError
from realtime_chat.server.engines.remote import Remote
from realtime_chat.server.engines.remote_speaking import RemoteSpeaking
from realtime_chat.server.engines.seam import SPEAKING_RATE, WordTime
from realtime_chat.server.http.speech import as_wav

KEY = "sk-secret-123"
SOUND = (np.sin(np.arange(SPEAKING_RATE) / 20) * 9_000).astype("<i2").tobytes()


@pytest.fixture
async def api():
    async with serving(LocalApi(lambda: Response(SOUND, media_type="audio/pcm"))) as api:
        yield api


@pytest.fixture
async def speaking(api):
    engine = RemoteSpeaking(Remote(api.url, "tts-1", KEY))
    yield engine
    await engine.aclose()


async def said(engine: RemoteSpeaking, text: str, **options) -> tuple[bytes, list[WordTime]]:
    speech = [stretch async for stretch in engine.speak(text, **options)]
    return b"".join(stretch.pcm for stretch in speech), [word for stretch in speech for word in stretch.words]


async def test_a_text_goes_out_and_its_sound_comes_back_with_every_word(api, speaking):
    text = "Good morning, everybody!"
    pcm, words = await said(speaking, text, voice="marin", speed=9.0)
    assert pcm == SOUND
    assert [text[: word.end_char].rsplit(maxsplit=1)[-1] for word in words] == text.split()
    times = [word.end_sample for word in words]
    assert times == sorted(times)
    assert times[-1] == SPEAKING_RATE
    headers, request = api.requests[0]
    assert headers["authorization"] == f"Bearer {KEY}"
    assert request == {"model": "tts-1", "input": text, "voice": "marin", "speed": 4.0, "response_format": "pcm"}


async def test_sound_is_given_as_it_comes(api, speaking):
    api.stream(SOUND[:4_801], forever=True)
    async with aclosing(speaking.speak("Good morning")) as speech:
        first = await asyncio.wait_for(anext(speech), 20)
        assert SOUND.startswith(first.pcm)
        assert len(first.pcm) % 2 == 0
    await asyncio.wait_for(api.gone.wait(), 20)


async def test_the_chosen_voice_says_everything(api):
    engine = RemoteSpeaking(Remote(api.url), "af_heart")
    assert engine.voices == ("af_heart",)
    await said(engine, "Hello", voice="alloy")
    assert api.requests[0][1]["voice"] == "af_heart"
    assert "model" not in api.requests[0][1]
    await engine.aclose()


async def test_markdown_is_not_read_out_and_word_times_keep_their_places(api, speaking):
    text = "**Two** of `them`\n- one\n- [two](http://h/x)"
    _, words = await said(speaking, text)
    assert api.requests[0][1]["input"].split() == ["Two", "of", "them", "one", "two"]
    assert [text[: word.end_char].rstrip("*`]")[-3:] for word in words] == ["Two", " of", "hem", "one", "two"]


@pytest.mark.parametrize("text", ["", " ", "...", "***", "\n- \n"])
async def test_where_there_is_nothing_to_say_nothing_is_asked(api, speaking, text):
    assert await said(speaking, text) == (b"", [])
    assert api.requests == []


async def test_who_refuses_pcm_is_asked_for_wav_from_then_on(api, speaking):
    def reply() -> Response:
        if api.requests[-1][1]["response_format"] == "pcm":
            return JSONResponse({"error": {"message": "unknown format"}}, 422)
        return Response(as_wav(SOUND), media_type="audio/wav")

    api.reply = reply
    assert (await said(speaking, "Hello"))[0] == SOUND
    assert (await said(speaking, "Hello"))[0] == SOUND
    assert [request["response_format"] for _, request in api.requests] == ["pcm", "wav", "wav"]


async def test_words_come_earlier_once_the_pace_is_known(api, speaking):
    text = "one two three four five six seven eight nine ten"
    api.reply = lambda: Response(SOUND * 8)
    await said(speaking, text)
    api.stream(SOUND * 4, forever=True)
    early = []
    async with aclosing(speaking.speak(text)) as speech:
        samples = 0
        while samples < 4 * SPEAKING_RATE:
            stretch = await asyncio.wait_for(anext(speech), 20)
            samples += len(stretch.pcm) // 2
            early += stretch.words
    assert len(early) == pytest.approx(5, abs=1)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (lambda: JSONResponse({"error": {"message": f"bad key {KEY}"}}, 401), "refused the API key (HTTP 401)"),
        (lambda: JSONResponse({"error": {"message": "no voice x"}}, 400), "(HTTP 400: no voice x); see --tts-url"),
        (lambda: PlainTextResponse("", 404), "has no model called tts-1, or no speech at that path"),
        (lambda: Response(SOUND, media_type="audio/mpeg"), "sent what is neither PCM nor WAV; see --tts-url"),
        (lambda: PlainTextResponse("<html>"), "sent what is neither PCM nor WAV"),
        (lambda: Response(b"RIFF1234WAVEfmt "), "sent a WAV without sound"),
        (lambda: Response(b""), "sent no sound; see its log, and --tts-voice"),
        (lambda: Response(as_wav(b""), media_type="audio/wav"), "sent no sound"),
    ],
)
async def test_what_goes_wrong_is_one_sentence_without_the_key(api, speaking, reply, expected):
    api.reply = reply
    with pytest.raises(EngineError) as caught:
        await said(speaking, "Hello")
    text = str(caught.value)
    assert expected in text
    assert text.startswith("The speaking engine failed: http://127.0.0.1:")
    assert KEY not in text
    assert text.isprintable()


async def test_sound_without_end_has_one(api, speaking, monkeypatch):
    monkeypatch.setattr(remote_speaking, "_MOST", SPEAKING_RATE)
    api.stream(*[SOUND] * 3, forever=True)
    with pytest.raises(EngineError, match="sent sound without end"):
        await said(speaking, "Hello")
    await asyncio.wait_for(api.gone.wait(), 20)


async def test_a_connection_that_breaks_gives_what_came_and_then_the_error(api, speaking):
    api.stream(SOUND, cut=True)
    got = []

    async def listen() -> None:
        async for stretch in speaking.speak("Hello"):
            got.append(stretch.pcm)  # noqa: PERF401 - what came before the error counts

    with pytest.raises(EngineError, match="broke the connection off"):
        await listen()
    assert b"".join(got) == SOUND


@pytest.mark.parametrize("url", ["", "ws://h/v1"])
def test_no_address(url):
    with pytest.raises(EngineError, match="--tts-url is no http"):
        RemoteSpeaking(Remote(url))
