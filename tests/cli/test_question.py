import httpx
import pytest
from program import KEY, ScriptedServer

from realtime_chat.audio.files import read_audio
from realtime_chat.cli.errors import SpeechRefused
from realtime_chat.cli.question import speak_question
from realtime_chat.cli.serving import Served
from realtime_chat.session.errors import WrongKey


@pytest.mark.parametrize("ending", ["", "/realtime", "/realtime?model=x"])
async def test_a_server_speaks_whatever_its_address_looks_like(scripted: ScriptedServer, tmp_path, ending):
    path = tmp_path / "question.wav"
    await speak_question("What is it?", Served(scripted.url.replace("http", "ws") + ending, KEY), path)
    assert any(read_audio(path))


async def test_a_key_does_not_travel_in_the_clear(tmp_path):
    with pytest.raises(SpeechRefused, match="unencrypted"):
        await speak_question("Hello", Served("http://example.org/v1", "secret-key"), tmp_path / "x.wav")


async def test_nobody_listens(tmp_path):
    with pytest.raises(SpeechRefused, match="audio/speech"):
        await speak_question("Hello", Served("http://127.0.0.1:1/v1", None), tmp_path / "x.wav")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error": {"message": "Too\\u001b[1m long."}}', "HTTP 400: Too long"),
        (b"<html>", "HTTP 400"),
        (b"[]", "HTTP 400"),
    ],
)
async def test_what_a_server_says_instead(tmp_path, body, said):
    answer = httpx.MockTransport(lambda _request: httpx.Response(400, content=body))
    with pytest.raises(SpeechRefused) as refused:
        await speak_question("Hello", Served("http://127.0.0.1:1/v1", None), tmp_path / "x.wav", transport=answer)
    assert refused.value.reason == said


@pytest.mark.parametrize("status", [401, 403])
async def test_a_key_that_the_server_does_not_know(tmp_path, status):
    answer = httpx.MockTransport(lambda _request: httpx.Response(status, json={"error": {"message": "Wrong."}}))
    with pytest.raises(WrongKey) as refused:
        await speak_question("Hello", Served("https://example.org/v1", KEY), tmp_path / "x.wav", transport=answer)
    assert (refused.value.address, refused.value.status) == ("https://example.org/v1/audio/speech", status)
