import ctypes.util
import re
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from realtime_chat.audio import portaudio
from realtime_chat.audio.devices import list_devices
from realtime_chat.audio.errors import DeviceFailed, PortAudioMissing
from realtime_chat.audio.microphone import DeviceMicrophone
from realtime_chat.audio.speaker import DeviceSpeaker


def test_no_other_file_of_the_package_imports_sounddevice() -> None:
    folder = Path(portaudio.__file__).parent
    assert [path.name for path in folder.glob("*.py") if re.search(r"import sounddevice\b", path.read_text())] == [
        "portaudio.py"
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere PortAudio comes with the wheel")
async def test_a_missing_library_is_said_by_everything_that_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(ctypes.util, "find_library", lambda _name: None)
    for needs_it in (
        list_devices,
        lambda: DeviceMicrophone().__aenter__().send(None),
        lambda: DeviceSpeaker().__aenter__().send(None),
    ):
        with pytest.raises(PortAudioMissing, match="PortAudio library not found"):
            needs_it()


class PortAudioError(Exception):
    """What sounddevice raises; its own class is gone when its import fails."""


class Broken(MetaPathFinder):
    """Lets ``import sounddevice`` fail."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if name == "sounddevice":
            raise self.error
        return None


def test_a_library_that_cannot_start_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    error = PortAudioError("Error initializing PortAudio: Unanticipated host error", -9999)
    monkeypatch.setattr(sys, "meta_path", [Broken(error), *sys.meta_path])
    with pytest.raises(DeviceFailed) as failed:
        portaudio.load()
    assert (failed.value.device, failed.value.reason) == ("PortAudio", "Unanticipated host error")


def test_a_mistake_of_ours_is_not_dressed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Broken(ZeroDivisionError()), *sys.meta_path])
    with pytest.raises(ZeroDivisionError):
        portaudio.load()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Error opening RawInputStream: Invalid sample rate", -9997), "Invalid sample rate"),
        (("Error querying device -1",), "Error querying device -1"),
        ((), ""),
    ],
)
def test_the_reason_is_what_portaudio_says(arguments: tuple[object, ...], said: str) -> None:
    assert portaudio.reason(PortAudioError(*arguments)) == said
