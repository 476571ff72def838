"""What a spoken conversation needs and how it is judged; held from end to end it is in test_talk.py."""

import pytest
import synthetic_voice
import typer

from realtime_chat.audio.errors import UnwritableRecording
from realtime_chat.audio.files import write_wav
from realtime_chat.cli import embedded, voice
from realtime_chat.cli.app import app
from realtime_chat.cli.bindings import Bindings
from realtime_chat.cli.embedded import EmbeddedOptions
from realtime_chat.cli.errors import WrongUsage
from realtime_chat.cli.options import Engines
from realtime_chat.cli.question import speak_question
from realtime_chat.cli.serving import Served
from realtime_chat.cli.talk import talk
from realtime_chat.cli.target import choose_target
from realtime_chat.cli.voice import VoiceOptions
from realtime_chat.session.settings import TurnMode

OPENAI = choose_target("openai", {"OPENAI_API_KEY": "sk-key"}, model="gpt-realtime-2.1-mini")


def options_with(**changes):
    usual = {
        "target": OPENAI,
        "source": None,
        "sink": None,
        "ask": "Hello?",
        "voice": None,
        "instructions": None,
        "turns": TurnMode.LOCAL,
        "vad_level": 2,
        "silence_ms": 500,
        "echo_cancel": True,
        "speed": None,
        "volume": 1.0,
        "record": None,
        "bindings": Bindings(),
        "as_json": False,
        "embedded": EmbeddedOptions(engines=Engines.SCRIPTED, quiet=True),
    }
    return VoiceOptions(**(usual | changes))


async def test_for_openai_our_own_voice_asks(tmp_path, monkeypatch):
    commands = []
    spawn = embedded._spawn

    async def remember(options, token):
        commands.append(options)
        return await spawn(options, token)

    monkeypatch.setattr(embedded, "_spawn", remember)
    own = EmbeddedOptions(model="gpt-realtime-2.1-mini", engines=Engines.SCRIPTED, quiet=True)
    openai = Served("https://api.openai.com/v1", "sk-key")
    async with voice._questioner(options_with(embedded=own), openai) as questioner:
        assert questioner.address.startswith("http://127.0.0.1:")
        assert questioner.key != "sk-key"
        await speak_question("Hello?", questioner, tmp_path / "question.wav")
    assert [options.model for options in commands] == [None]


async def test_any_other_server_asks_itself():
    target = choose_target("http://127.0.0.1:1/v1", {})
    server = Served(target.address, None)
    async with voice._questioner(options_with(target=target), server) as questioner:
        assert questioner is server


@pytest.mark.parametrize(
    ("server", "model"), [("openai", None), ("http://127.0.0.1:1/v1", None), ("local", "the-model")]
)
def test_only_our_own_server_is_told_the_name_of_a_local_model(monkeypatch, server, model):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-key")
    held = []
    monkeypatch.setattr(voice, "hold_spoken", held.append)
    talk(typer.Context(typer.main.get_command(app)), ask="Hello?", model="the-model", server=server)
    (options,) = held
    assert options.target.model == "the-model"
    assert options.embedded.model == model


@pytest.mark.parametrize(("server", "most"), [("local", 256), ("http://127.0.0.1:1/v1", None)])
def test_only_our_own_server_is_asked_to_be_short(server, most):
    assert voice._settings(options_with(target=choose_target(server, {}))).max_tokens == most


def test_the_answer_is_not_written_over_the_question(tmp_path):
    path = tmp_path / "same.wav"
    write_wav(path, synthetic_voice.voice(200))
    before = path.read_bytes()
    with pytest.raises(WrongUsage, match="the same file"):
        voice.hold_spoken(options_with(ask=None, source=str(path), sink=str(path)))
    assert path.read_bytes() == before


def test_a_file_is_followed_by_more_silence_than_ends_a_turn():
    assert options_with(silence_ms=5000).tail_ms > 5000


@pytest.mark.parametrize("turns", [TurnMode.TAP, TurnMode.HOLD])
def test_nobody_presses_a_key_for_a_file(turns):
    with pytest.raises(WrongUsage, match=f"--turns {turns.value} needs somebody who presses a key"):
        voice.hold_spoken(options_with(turns=turns, sink="answer.wav"))


@pytest.mark.parametrize("turns", [TurnMode.TAP, TurnMode.HOLD])
def test_what_is_only_configured_gives_way_to_a_file(turns, monkeypatch, tmp_path):
    held = []

    async def hold(options, *_):
        held.append(options.turns)

    monkeypatch.setattr(voice, "_hold", hold)
    monkeypatch.setattr(voice, "ensure_models", lambda _: None)
    voice.hold_spoken(options_with(turns=turns, may_change_turns=True, sink=str(tmp_path / "answer.wav")))
    assert held == [TurnMode.LOCAL]


def test_a_recording_is_not_begun_over_another_file(tmp_path):
    path = tmp_path / "talk.wav"
    path.write_bytes(b"precious")
    with pytest.raises(UnwritableRecording):
        voice.hold_spoken(options_with(record=path, sink=str(tmp_path / "answer.wav")))
    assert path.read_bytes() == b"precious"
