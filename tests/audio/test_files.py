import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_chat.audio.clock import now
from realtime_chat.audio.errors import DeviceLost, EmptyAudio, UnreadableAudio, UnwritableAudio
from realtime_chat.audio.files import FileMicrophone, FileSpeaker, read_audio, write_wav
from realtime_chat.audio.pace import Pace
from realtime_chat.audio.playback import Heard, PlaybackFinished
from realtime_chat.audio.seam import Microphone, Speaker

SOUND = (np.sin(np.arange(4800) / 10) * 8000 * (np.arange(4800) < 4713)).astype("<i2").tobytes()  # 200 ms


def tone(rate: int, channels: int) -> np.ndarray:
    mono = np.sin(np.arange(rate // 2) * 2 * np.pi * 440 / rate) * 0.5
    return np.repeat(mono[:, None], channels, axis=1)


@settings(max_examples=20)
@given(st.binary(min_size=2, max_size=5000).map(lambda raw: raw[: len(raw) // 2 * 2]))
def test_sixteen_bits_at_24_khz_come_through_unchanged(tmp_path_factory: pytest.TempPathFactory, pcm: bytes) -> None:
    path = tmp_path_factory.mktemp("files") / "a.wav"
    write_wav(path, pcm)
    assert read_audio(path) == pcm


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize(
    ("ending", "subtype"), [("wav", "PCM_24"), ("wav", "FLOAT"), ("flac", "PCM_16"), ("ogg", "VORBIS")]
)
def test_any_rate_and_channels_become_24_khz_mono(tmp_path: Path, rate: int, ending: str, subtype: str) -> None:
    path = tmp_path / f"a.{ending}"
    soundfile.write(path, tone(rate, 2), rate, subtype=subtype)
    got = np.frombuffer(read_audio(path), "<i2") / 32768
    assert abs(len(got) - 12_000) <= 2
    wanted = tone(24_000, 1)[: len(got), 0]
    middle = slice(2400, 9600)
    assert np.corrcoef(got[: len(wanted)][middle], wanted[middle])[0, 1] > 0.99
    assert np.sqrt(np.mean(got[middle] ** 2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.03)


def test_channels_are_averaged(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.array([[0.5, 0.25, 0.0]] * 10), 24_000, subtype="PCM_16")
    assert read_audio(path) == np.full(10, 8192, "<i2").tobytes()


def test_what_is_no_number_is_silence_and_what_is_too_loud_is_clipped(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.array([np.nan, np.inf, -np.inf, 2.0, -0.5]), 24_000, subtype="FLOAT")
    assert np.frombuffer(read_audio(path), "<i2").tolist() == [0, 32767, -32768, 32767, -16384]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.wav", b"this is no sound at all"),
        ("a.wav", b"RIFF\xff\xff\xff\x7fWAVEfmt "),
        ("a.flac", b"fLaC" + bytes(100)),
        ("a.ogg", b"OggS" + bytes(100)),
        ("a.raw", bytes(1000)),
        ("a.mp3", bytes(5000)),
    ],
)
def test_what_is_no_sound_is_refused_without_a_word_from_the_library(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadableAudio) as refused:
        read_audio(path)
    assert refused.value.path == path
    assert "<_io" not in refused.value.reason
    assert capfd.readouterr().err == ""


def test_a_file_that_breaks_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, np.random.default_rng(1).normal(0, 0.1, 24_000), 24_000)
    path.write_bytes(path.read_bytes()[:20_000] + bytes(100))
    with pytest.raises(UnreadableAudio):
        read_audio(path)


def test_what_is_not_there_or_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableAudio, match="No such file"):
        read_audio(tmp_path / "a.wav")
    with pytest.raises(UnreadableAudio, match="it is a folder"):
        read_audio(tmp_path)
    with pytest.raises(UnreadableAudio, match="null"):
        read_audio(tmp_path / "a\0.wav")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.wav")
    with pytest.raises(UnreadableAudio, match="not a regular file"):
        read_audio(tmp_path / "a.wav")


def test_a_file_without_a_sample_is_empty(tmp_path: Path) -> None:
    (tmp_path / "nothing.wav").touch()
    write_wav(tmp_path / "header.wav", b"")
    soundfile.write(tmp_path / "short.wav", np.zeros(2), 192_000)  # a quarter of a sample at 24 kHz
    for name in ("nothing.wav", "header.wav", "short.wav"):
        with pytest.raises(EmptyAudio):
            read_audio(tmp_path / name)


def test_only_wav_is_written_as_wav(tmp_path: Path) -> None:
    with pytest.raises(UnwritableAudio, match=r"does not end in \.wav"):
        write_wav(tmp_path / "a.flac", SOUND)


async def test_the_microphone_hears_the_file_and_then_silence(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", SOUND[:-200])
    microphone: Microphone = FileMicrophone(tmp_path / "a.wav", tail_ms=100, pace=Pace.EAGER)
    async with microphone:
        frames = [frame async for frame in microphone.frames()]
    assert b"".join(frame.pcm for frame in frames) == SOUND[:-200] + bytes(200 + 4800)
    assert [frame.position for frame in frames] == [index * 480 for index in range(15)]


async def test_the_microphone_hears_at_the_pace_of_speech(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", SOUND)
    async with FileMicrophone(tmp_path / "a.wav", tail_ms=0) as microphone:
        start = now()
        async for frame in microphone.frames():
            assert now() - start >= frame.end / 24_000


async def test_a_long_file_is_not_read_at_once(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", SOUND * 300)  # a minute
    async with FileMicrophone(tmp_path / "a.wav", pace=Pace.EAGER) as microphone:
        frames = microphone.frames()
        await anext(frames)
    assert [frame async for frame in frames] == []  # closing it ends it


@pytest.mark.parametrize(("content", "error"), [(b"", EmptyAudio), (b"rubbish", UnreadableAudio)])
async def test_the_microphone_refuses_a_bad_file_when_it_is_opened(
    tmp_path: Path, content: bytes, error: type[Exception]
) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(error):
        await FileMicrophone(tmp_path / "a.wav").__aenter__()


@pytest.mark.parametrize("ending", ["wav", "flac"])
async def test_the_speaker_writes_what_is_heard_without_the_silence_between(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    speaker: Speaker = FileSpeaker(path, pace=Pace.REAL_TIME)
    async with speaker:
        events = speaker.events()
        for item, pcm in (("a", SOUND), ("b", SOUND[:316])):
            speaker.play(item, pcm)
            speaker.end(item)
            while not isinstance(await anext(events), PlaybackFinished):
                pass
        speaker.play("c", SOUND)
        await anext(events)
        (heard,) = speaker.flush()
    got = read_audio(path)
    expected = SOUND + SOUND[:316] + SOUND[: heard.rendered * 2]
    assert got[: len(expected)] == expected
    assert len(got) - len(expected) in (0, 240)  # the fade, where it was still written


async def test_the_speaker_refuses_a_bad_path_when_it_is_opened(tmp_path: Path) -> None:
    with pytest.raises(UnwritableAudio):
        await FileSpeaker(tmp_path / "no" / "a.wav").__aenter__()


@pytest.mark.parametrize("ending", ["wav", "flac"])
async def test_the_speaker_replaces_a_file_when_the_first_sound_comes(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    soundfile.write(path, np.zeros(100), 24_000)
    before = path.read_bytes()
    async with FileSpeaker(path, pace=Pace.EAGER) as silent:
        pass
    assert not silent.is_begun
    assert path.read_bytes() == before
    async with FileSpeaker(path, pace=Pace.EAGER) as speaker:
        assert path.read_bytes() == before
        speaker.play("a", SOUND)
        speaker.end("a")
        events = speaker.events()
        while not isinstance(await anext(events), PlaybackFinished):
            pass
    assert speaker.is_begun
    assert read_audio(path) == SOUND


async def test_the_speaker_makes_no_file_without_sound(tmp_path: Path) -> None:
    async with FileSpeaker(tmp_path / "a.wav"):
        pass
    with pytest.raises(UnreadableAudio, match="No such file"):
        read_audio(tmp_path / "a.wav")


async def test_a_folder_that_went_away_ends_the_events(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    async with FileSpeaker(folder / "a.wav") as speaker:
        folder.rmdir()
        speaker.play("a", SOUND)
        events = speaker.events()
        await anext(events)
        with pytest.raises(UnwritableAudio):
            await anext(events)


async def test_a_file_that_cannot_be_written_any_more_ends_the_events(tmp_path: Path) -> None:
    class FullDisk:
        def write(self, pcm: bytes) -> None:
            raise UnwritableAudio(tmp_path / "a.wav", "No space left on device")

        def close(self) -> None:
            pass

    async with FileSpeaker(tmp_path / "a.wav") as speaker:
        speaker._sink = FullDisk()
        speaker.play("a", SOUND)
        events = speaker.events()
        await anext(events)
        with pytest.raises(UnwritableAudio):
            await anext(events)
        assert speaker.flush() == (Heard("a", 480, 2400 * 2),)


async def test_a_file_speaker_can_be_unplugged_like_any_other(tmp_path: Path) -> None:
    async with FileSpeaker(tmp_path / "a.wav") as speaker:
        speaker.unplug()
        with pytest.raises(DeviceLost):
            await anext(speaker.events())
