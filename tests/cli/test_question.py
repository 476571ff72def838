import httpx
import pytest
from program import KEY, ScriptedServer

from realtime_chat.audio.files import read_audio
from realtime_chat.cli import voice
from realtime_chat.cli.embedded import EmbeddedOptions
from realtime_chat.cli.errors import SpeechRefused
from realtime_chat.cli.options import Engines
from realtime_chat.cli.question import speak_question
from realtime_chat.cli.serving import Served
from realtime_chat.cli.target import choose_target
from realtime_chat.cli.voice import VoiceOptions
from realtime_chat.session.settings import TurnMode


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


async def test_for_openai_our_own_voice_asks(tmp_path):
    options = VoiceOptions(
        target=choose_target("openai", {"OPENAI_API_KEY": "sk-key"}),
        source=None,
        sink=None,
        ask="Hello?",
        voice=None,
        instructions=None,
        turns=TurnMode.LOCAL,
        vad_level=2,
        silence_ms=500,
        as_json=False,
        embedded=EmbeddedOptions(engines=Engines.SCRIPTED, quiet=True),
    )
    async with voice._questioner(options, Served("https://api.openai.com/v1", "sk-key")) as questioner:
        assert questioner.address.startswith("http://127.0.0.1:")
        assert questioner.key != "sk-key"
        await speak_question("Hello?", questioner, tmp_path / "question.wav")
