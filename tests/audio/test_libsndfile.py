import re
import sys
from pathlib import Path

import pytest

from realtime_chat.audio import libsndfile
from realtime_chat.audio.errors import UnreadableAudio, UnwritableAudio
from realtime_chat.audio.files import read_audio
from realtime_chat.audio.sink import open_sink


def test_no_other_file_of_the_package_imports_soundfile() -> None:
    folder = Path(libsndfile.__file__).parent
    assert [path.name for path in folder.glob("*.py") if re.search(r"import soundfile\b", path.read_text())] == [
        "libsndfile.py"
    ]


def test_a_missing_library_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF")

    def missing() -> None:
        raise OSError("sndfile library not found")

    monkeypatch.setattr(libsndfile, "load", missing)
    with pytest.raises(UnreadableAudio, match="sndfile library not found"):
        read_audio(path)
    with pytest.raises(UnwritableAudio, match="sndfile library not found"):
        open_sink(tmp_path / "a.flac")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a file's name is always text")
def test_a_name_that_is_not_text_is_a_name(tmp_path: Path) -> None:
    path = tmp_path / "a\udcff.flac"
    sink = open_sink(path)
    sink.write(b"\1\0" * 480)
    sink.close()
    assert read_audio(path) == b"\1\0" * 480
