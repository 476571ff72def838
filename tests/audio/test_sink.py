import os
import wave
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from realtime_chat.audio import sink as module
from realtime_chat.audio.errors import UnwritableAudio
from realtime_chat.audio.files import read_audio
from realtime_chat.audio.sink import WavSink, check_sink, open_sink

SOUND = (np.sin(np.arange(24_000) / 10) * 8000).astype("<i2").tobytes()


def fill(path: Path, pcm: bytes) -> None:
    with closing(open_sink(path)) as sink:
        for start in range(0, len(pcm), 960):
            sink.write(pcm[start : start + 960])


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "WAV"])
def test_what_is_written_can_be_read(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    sink = open_sink(path)
    for start in range(0, len(SOUND), 960):
        sink.write(SOUND[start : start + 960])
    sink.close()
    sink.close()
    got = read_audio(path)
    assert len(got) == len(SOUND)
    if ending != "ogg":  # which is lossy
        assert got == SOUND


def test_a_wav_file_is_whole_at_any_moment(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    sink = open_sink(path)
    for written in (0, 480, 960):
        with wave.open(str(path)) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24_000, 1, 2)
            assert file.getnframes() == written
            assert file.readframes(written + 1) == SOUND[: written * 2]
        sink.write(SOUND[written * 2 : written * 2 + 960])
    sink.close()


def test_two_channels_lie_side_by_side(tmp_path: Path) -> None:
    with closing(WavSink(tmp_path / "a.wav", channels=2)) as sink:
        sink.write(SOUND[:960])
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnchannels(), file.getnframes()) == (2, 240)
        assert file.readframes(240) == SOUND[:960]


def test_a_file_that_is_there_is_kept_where_that_is_asked(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"something")
    with pytest.raises(UnwritableAudio, match="File exists"):
        WavSink(tmp_path / "a.wav", replaces=False)
    assert (tmp_path / "a.wav").read_bytes() == b"something"


def test_a_wav_file_that_can_say_no_more_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WAV_BYTES", 2000)
    with closing(open_sink(tmp_path / "a.wav")) as sink:
        sink.write(SOUND[:1600])
        with pytest.raises(UnwritableAudio, match="4 GB"):
            sink.write(SOUND[:1600])
    assert read_audio(tmp_path / "a.wav") == SOUND[:1600]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a.txt", "names no known format"),
        ("a", "has no ending"),
        ("no/a.wav", "No such file or directory"),
        ("no/a.flac", "No such file or directory"),
        ("no/a.ogg", "No such file or directory"),
        ("folder.wav", "Is a directory"),
        ("a\0.wav", "null byte"),
        ("a\0.ogg", "null byte"),
    ],
)
def test_a_file_that_cannot_be_made_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "folder.wav").mkdir()
    with pytest.raises(UnwritableAudio, match=reason) as refused:
        open_sink(tmp_path / name)
    assert refused.value.path == tmp_path / name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a.txt", "names no known format"),
        ("a", "has no ending"),
        ("no/a.wav", "no such folder"),
        ("folder", "it is a folder"),
        ("folder.wav", "it is a folder"),
        ("a\0.wav", "null"),
        ("pipe.wav", "it is a pipe"),
    ],
)
def test_what_could_not_be_made_is_known_beforehand(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.wav").mkdir()
    if name == "pipe.wav":
        if not hasattr(os, "mkfifo"):
            pytest.skip("no named pipes on this system")
        os.mkfifo(tmp_path / name)
    with pytest.raises(UnwritableAudio, match=reason) as refused:
        check_sink(tmp_path / name)
    assert refused.value.path == tmp_path / name


def test_nobody_may_write_there(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    (tmp_path / "a.wav").chmod(0o400)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder").chmod(0o500)
    if os.access(tmp_path / "a.wav", os.W_OK):
        pytest.skip("this user may write everywhere")
    for name in ("a.wav", "folder/a.wav"):
        with pytest.raises(UnwritableAudio, match="Permission denied"):
            check_sink(tmp_path / name)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc on this system")
def test_a_folder_that_takes_no_file(tmp_path: Path) -> None:
    (tmp_path / "proc").symlink_to("/proc")
    with pytest.raises(UnwritableAudio):
        check_sink(tmp_path / "proc" / "a.wav")


@pytest.mark.parametrize("name", ["new.wav", "new.FLAC", "old.wav", "old.ogg"])
def test_to_ask_changes_nothing(tmp_path: Path, name: str) -> None:
    for old in ("old.wav", "old.ogg"):
        (tmp_path / old).write_bytes(b"something")
    check_sink(tmp_path / name)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "old.wav": b"something",
        "old.ogg": b"something",
    }


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("ending", ["wav", "flac", "ogg"])
def test_a_full_disk_is_said(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    path.symlink_to("/dev/full")
    noise = np.random.default_rng(1).integers(-8000, 8000, 96_000).astype("<i2").tobytes()
    with pytest.raises(UnwritableAudio):
        fill(path, noise)
