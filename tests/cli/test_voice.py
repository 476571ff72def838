"""What a spoken conversation needs and how it is judged; held from end to end it is in test_talk.py."""

import sys

import pytest
import synthetic_voice
import typer
from listed_devices import ListedDevices

from realtime_chat.audio.errors import NoDevice, UnwritableRecording
from realtime_chat.audio.files import write_wav
from realtime_chat.cli import embedded, typed, voice
from realtime_chat.cli.app import app
from realtime_chat.cli.bindings import Bindings
from realtime_chat.cli.edges import Source
from realtime_chat.cli.embedded import EmbeddedOptions
from realtime_chat.cli.errors import WrongUsage
from realtime_chat.cli.options import Engines
from realtime_chat.cli.question import speak_question
from realtime_chat.cli.serving import Served
from realtime_chat.cli.talk import _go_on_as_text, talk
from realtime_chat.cli.target import choose_target
from realtime_chat.cli.typed import Aloud
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


@pytest.fixture
def listing(monkeypatch):
    return ListedDevices(monkeypatch)


@pytest.fixture
def held(monkeypatch):
    """What is held instead of being held: the options, the ear and the mouth of each conversation."""
    held = []

    async def hold(*what):
        held.append(what)

    monkeypatch.setattr(voice, "_hold", hold)
    monkeypatch.setattr(voice, "ensure_models", lambda _: None)
    return held


def on_a_terminal(monkeypatch, *, is_one):
    monkeypatch.setattr(voice, "is_terminal", lambda _: is_one)


@pytest.mark.parametrize("is_one", [False, True])
@pytest.mark.parametrize("sink", [None, "default", "USB"])
def test_without_a_speaker_the_person_is_heard(listing, held, monkeypatch, tmp_path, is_one, sink):
    listing("stand")
    on_a_terminal(monkeypatch, is_one=is_one)
    asked = options_with(ask=None, sink=sink, turns=TurnMode.SEMANTIC, record=tmp_path / "talk.wav")
    voice.hold_spoken(asked)
    ((options, ear, mouth),) = held
    assert options == asked
    assert (ear.source, ear.trouble) == (Source.DEVICE, None)
    assert isinstance(mouth.trouble, NoDevice)


@pytest.mark.parametrize("source", [None, "default", "USB"])
def test_without_a_microphone_the_person_types(listing, held, monkeypatch, source):
    listing(speakers=("desk",))
    on_a_terminal(monkeypatch, is_one=True)
    voice.hold_spoken(options_with(ask=None, source=source))
    ((_, ear, mouth),) = held
    assert isinstance(ear.trouble, NoDevice)
    assert (mouth.source, mouth.trouble) == (Source.DEVICE, None)


def test_without_a_microphone_a_file_takes_the_answers(listing, held, monkeypatch, tmp_path):
    on_a_terminal(monkeypatch, is_one=True)
    voice.hold_spoken(options_with(ask=None, sink=str(tmp_path / "answer.wav")))
    ((_, ear, mouth),) = held
    assert isinstance(ear.trouble, NoDevice)
    assert mouth.source is Source.FILE


@pytest.mark.parametrize(("speakers", "is_one"), [((), True), ((), False), (("desk",), False)])
def test_who_can_neither_speak_nor_type_has_no_conversation(listing, held, monkeypatch, speakers, is_one):
    listing(speakers=speakers)
    on_a_terminal(monkeypatch, is_one=is_one)
    with pytest.raises(NoDevice, match="No microphone"):
        voice.hold_spoken(options_with(ask=None))
    assert held == []


@pytest.mark.parametrize(("speakers", "end"), [((), "writing.\n"), (("desk",), "writing, with spoken answers.\n")])
def test_a_typed_conversation_in_its_place_is_spoken_where_there_is_a_speaker(
    listing, monkeypatch, tmp_path, capsys, speakers, end
):
    listing(speakers=speakers)
    (tmp_path / "message").write_text("Hello")
    held = []
    monkeypatch.setattr(typed, "hold_typed", held.append)
    with (tmp_path / "message").open() as message:
        monkeypatch.setattr(sys, "stdin", message)
        _go_on_as_text(options_with(ask=None, voice="joe", speed=1.5, volume=0.5), NoDevice("input"))
    (options,) = held
    assert options.prompt == "Hello"
    assert options.aloud == (Aloud(None, "joe", 1.5, 0.5) if speakers else None)
    assert capsys.readouterr().err.endswith(f" Going on in {end}")


@pytest.mark.parametrize("name", [None, "default", " DEFAULT "])
def test_who_names_the_default_device_may_go_on_in_writing(name):
    assert options_with(ask=None, source=name, sink=name).is_open_to_text
    assert not options_with(ask=None, source=name, sink="USB").is_open_to_text


def test_a_recording_is_not_begun_over_another_file(tmp_path):
    path = tmp_path / "talk.wav"
    path.write_bytes(b"precious")
    with pytest.raises(UnwritableRecording):
        voice.hold_spoken(options_with(record=path, sink=str(tmp_path / "answer.wav")))
    assert path.read_bytes() == b"precious"
