import ctypes.util
import re
import subprocess
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from sound_cards import SoundCards
from virtual_sound import VirtualSound

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
    for needs_it in (list_devices, portaudio.refresh):
        with pytest.raises(PortAudioMissing, match="PortAudio library not found"):
            needs_it()
    for edge in (DeviceMicrophone(), DeviceSpeaker()):
        with pytest.raises(PortAudioMissing, match="PortAudio library not found"):
            await edge.__aenter__()


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


@pytest.mark.devices
def test_devices_that_came_and_went_are_seen_after_a_refresh(sound_cards: SoundCards) -> None:
    portaudio.refresh()
    assert {device.name for device in list_devices()} == {"desk", "stand", "default"}
    sound_cards.plug("headset")
    sound_cards.unplug("stand")
    assert {device.name for device in list_devices()} == {"desk", "stand", "default"}
    portaudio.refresh()
    assert {device.name for device in list_devices()} == {"desk", "headset", "default"}


@pytest.mark.devices
def test_a_restart_that_fails_is_said_until_one_succeeds(
    virtual_sound: VirtualSound, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sounddevice

    class NoServer:
        """PortAudio, which cannot start."""

        def __getattr__(self, name: str) -> object:
            return (lambda: -9999) if name == "Pa_Initialize" else getattr(library, name)

    library = sounddevice._lib
    with monkeypatch.context() as patch:
        patch.setattr(sounddevice, "_lib", NoServer())
        for _ in range(2):
            with pytest.raises(DeviceFailed, match="Unanticipated host error"):
                portaudio.refresh()
            with pytest.raises(DeviceFailed, match="PortAudio not initialized"):
                list_devices()
    portaudio.refresh()
    assert list_devices()


def test_what_was_never_loaded_need_not_be_left_running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    portaudio.leave_running()
    assert "sounddevice" not in sys.modules


@pytest.mark.devices
def test_the_end_of_the_program_does_not_wait_for_a_sound_server_that_hangs(unpluggable_sound: VirtualSound) -> None:
    program = (
        "import asyncio, sys\n"
        "from realtime_chat.audio.speaker import DeviceSpeaker\n"
        "async def main():\n"
        "    async with DeviceSpeaker():\n"
        "        print('open', flush=True)\n"
        "        await asyncio.to_thread(sys.stdin.read)\n"
        "asyncio.run(main())\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"open\n"
    unpluggable_sound.freeze()
    process.communicate(timeout=60)
    assert process.returncode == 0
