from pathlib import Path

import pytest
from listed_devices import ListedDevices
from synthetic_voice import voice

from realtime_chat.audio.errors import DeviceFailed, EmptyAudio, NoDevice, UnreadableAudio, UnwritableAudio
from realtime_chat.audio.files import write_wav
from realtime_chat.audio.microphone import DeviceMicrophone
from realtime_chat.audio.speaker import DeviceSpeaker
from realtime_chat.cli.edges import (
    Mouth,
    SilentSpeaker,
    Source,
    check_overwrite,
    check_sound,
    has_speaker,
    is_path,
    is_same_file,
    open_ear,
    open_mouth,
    say_trouble,
)
from realtime_chat.cli.errors import WrongUsage


def test_a_path_or_a_device(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recording").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    (tmp_path / "3").write_bytes(b"")
    for name in ("recording", "folder", "not-there.WAV", "not-there.xyz", "/not-there/x", "not-there/", "."):
        assert is_path(name), name
    (tmp_path / "default").mkdir()
    for name in ("default", " Default", "USB microphone", "USB Audio 2.0", "HDA Intel: ALC (hw:0,0)", "3", "", " "):
        assert not is_path(name), name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("folder", "it is a folder"),
        ("a.xyz", r"'\.xyz' names no known format.*\.wav, \.flac or \.ogg"),
        ("a.mp3", "names no known format"),
        ("a", "has no ending"),
        ("nope/x", "no such folder"),
        ("nope/x.wav", "no such folder"),
    ],
)
def test_what_is_wrong_with_a_path_for_the_answer(tmp_path, name, reason):
    (tmp_path / "folder").mkdir()
    with pytest.raises(UnwritableAudio, match=reason):
        open_mouth(str(tmp_path / name), may_be_silent=True)


@pytest.mark.parametrize(("name", "reason"), [("folder", "it is a folder"), ("nope/x", "No such file")])
def test_what_is_wrong_with_a_path_of_a_recording(tmp_path, name, reason):
    (tmp_path / "folder").mkdir()
    with pytest.raises(UnreadableAudio, match=reason):
        open_ear(str(tmp_path / name), tail_ms=100)


def test_one_file_by_two_names(tmp_path):
    path = tmp_path / "question.wav"
    write_wav(path, voice(200))
    (tmp_path / "link.wav").symlink_to(path)
    (tmp_path / "twin.wav").hardlink_to(path)
    ear = open_ear(str(path), tail_ms=100)
    for name in ("question.wav", "link.wav", "twin.wav", "../" + tmp_path.name + "/question.wav"):
        assert is_same_file(ear, open_mouth(str(tmp_path / name), may_be_silent=True)), name
    assert not is_same_file(ear, open_mouth(str(tmp_path / "answer.wav"), may_be_silent=True))


def test_a_recording_stands_in_for_the_microphone(tmp_path):
    path = tmp_path / "question.wav"
    write_wav(path, voice(200))
    ear = open_ear(str(path), tail_ms=100)
    assert (ear.source, ear.path) == (Source.FILE, path)


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("not-there.wav", None, UnreadableAudio),
        ("text.wav", b"no sound at all", UnreadableAudio),
        ("empty.wav", b"", EmptyAudio),
    ],
)
def test_a_recording_that_is_none(tmp_path, name, content, error):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(error):
        open_ear(str(tmp_path / name), tail_ms=100)


def test_a_recording_without_a_sample(tmp_path):
    write_wav(tmp_path / "silent.wav", b"")
    with pytest.raises(EmptyAudio):
        open_ear(str(tmp_path / "silent.wav"), tail_ms=100)


def test_a_folder_that_is_not_there():
    with pytest.raises(UnwritableAudio, match="no such folder"):
        open_mouth(str(Path("no-such-folder") / "answer.wav"), may_be_silent=True)


def test_an_answer_goes_to_a_file(tmp_path):
    mouth = open_mouth(str(tmp_path / "answer.wav"), may_be_silent=False)
    assert mouth.source is Source.FILE
    assert list(tmp_path.iterdir()) == []


async def test_a_mouth_says_what_it_saved(tmp_path):
    mouth = open_mouth(str(tmp_path / "answer.wav"), may_be_silent=False)
    async with mouth.speaker as speaker:
        assert mouth.saved is None
        speaker.play("item", voice(20))
        speaker.end("item")
        events = speaker.events()
        await anext(events)
        await anext(events)
    assert mouth.saved == tmp_path / "answer.wav"
    assert mouth.saved.stat().st_size > 44


@pytest.fixture
def listing(monkeypatch):
    return ListedDevices(monkeypatch)


@pytest.mark.parametrize("name", [None, "default", " DEFAULT"])
def test_the_default_devices_may_be_named(name, listing, capsys):
    listing("stand", speakers=("desk",))
    assert open_ear(name, tail_ms=100).source is Source.DEVICE
    assert open_mouth(name).source is Source.DEVICE
    assert capsys.readouterr().err == ""
    listing("stand")
    assert open_mouth(name, may_be_silent=True).source is Source.NOTHING


@pytest.mark.parametrize("name", [None, "default", "USB"])
async def test_what_is_missing_may_be_waited_for(name, listing, capsys):
    ear, mouth = open_ear(name, tail_ms=100, may_wait=True), open_mouth(name, may_wait=True)
    for edge in (ear, mouth):
        assert isinstance(edge.trouble, NoDevice)
    with pytest.raises(NoDevice, match="No microphone"):
        check_sound(ear, mouth)
    listing("stand")
    async with mouth.speaker, ear.microphone:
        assert (ear.trouble, mouth.trouble.kind) == (None, "output")
        check_sound(ear, mouth)
        capsys.readouterr()
        say_trouble(ear, mouth)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("No speaker was found: connect one")
    assert line.endswith("Answers come in writing until a speaker is there.")


def test_what_is_missing_is_said_for_each(capsys, listing):
    say_trouble(open_mouth(None, may_wait=True), open_ear(None, tail_ms=100, may_wait=True))
    speaker, microphone = capsys.readouterr().err.splitlines()
    assert speaker.startswith("No speaker was found")
    assert microphone.startswith("No microphone was found")
    assert microphone.endswith("Type until a microphone is there.")


async def test_a_device_that_cannot_be_opened_may_be_waited_for(listing):
    listing("busy", speakers=("busy too",))
    ear, mouth = open_ear(None, tail_ms=100, may_wait=True), open_mouth(None, may_wait=True)
    assert (ear.trouble, mouth.trouble) == (None, None)
    async with mouth.speaker, ear.microphone:
        with pytest.raises(DeviceFailed, match="busy"):
            check_sound(ear, mouth)


def test_a_file_has_no_trouble(tmp_path):
    write_wav(tmp_path / "question.wav", voice(200))
    ear = open_ear(str(tmp_path / "question.wav"), tail_ms=100, may_wait=True)
    mouth = open_mouth(str(tmp_path / "answer.wav"), may_wait=True)
    assert (ear.trouble, mouth.trouble) == (None, None)


def test_whether_there_is_a_speaker(listing):
    assert not has_speaker()
    listing("stand", speakers=("desk",))
    assert has_speaker()


@pytest.mark.usefixtures("no_sound_devices")
def test_without_devices():
    with pytest.raises(NoDevice):
        open_ear(None, tail_ms=100)
    with pytest.raises(NoDevice):
        open_mouth(None, may_be_silent=False)
    with pytest.raises(NoDevice):
        open_mouth("USB", may_be_silent=True)
    assert open_mouth(None, may_be_silent=True).source is Source.NOTHING


@pytest.mark.devices
@pytest.mark.usefixtures("virtual_sound")
def test_with_devices(capsys):
    assert isinstance(open_ear(None, tail_ms=100).microphone, DeviceMicrophone)
    assert isinstance(open_mouth(None, may_be_silent=True).speaker, DeviceSpeaker)
    assert capsys.readouterr().err == ""
    assert isinstance(open_mouth("no such device", may_be_silent=True).speaker, DeviceSpeaker)
    warning = capsys.readouterr().err
    assert warning.startswith("No speaker is called 'no such device'")
    assert "'default' is used" in warning


async def test_a_silent_speaker_takes_what_it_is_given():
    async with SilentSpeaker() as speaker:
        speaker.play("item", voice(60))
        speaker.end("item")
        events = [await anext(events) for events in [speaker.events()] for _ in range(2)]
    assert len(events) == 2


def test_no_file_is_lost_to_an_answer(tmp_path):
    path = tmp_path / "answer.wav"
    mouth = open_mouth(str(path), may_be_silent=False)
    check_overwrite(mouth, replaces=False)
    path.write_bytes(b"precious")
    with pytest.raises(WrongUsage, match=r"not overwritten: give --output another name, or add --force"):
        check_overwrite(mouth, replaces=False)
    check_overwrite(mouth, replaces=True)
    check_overwrite(Mouth(mouth.speaker, Source.DEVICE), replaces=False)
