import asyncio
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from virtual_sound import VirtualSound, undisturbed

from realtime_chat.audio import patchbay
from realtime_chat.audio.devices import Device, default_device
from realtime_chat.audio.files import write_wav
from realtime_chat.audio.frame import FRAME_BYTES, FRAME_SAMPLES
from realtime_chat.audio.microphone import DeviceMicrophone, mixed_down
from realtime_chat.audio.seam import Microphone

pytestmark = pytest.mark.devices


def noise(seconds: float) -> np.ndarray:
    """Noise without a single zero, so that it cannot be mistaken for silence."""
    samples = np.random.default_rng(5).integers(1, 8000, int(24_000 * seconds))
    return (samples * np.where(np.arange(len(samples)) % 2, 1, -1)).astype("<i2")


def test_channels_are_averaged() -> None:
    stereo = np.array([[100, 300], [-32768, -32768], [0, -1]], "<i2").tobytes()
    assert np.frombuffer(mixed_down(stereo, 2), "<i2").tolist() == [200, -32768, 0]


async def hear(make: Callable[[], DeviceMicrophone], sound: VirtualSound, path: Path) -> np.ndarray:
    """What a microphone hears while ``path`` is spoken."""

    async def attempt() -> tuple[np.ndarray, int]:
        microphone = make()
        return await listen(microphone, sound, path), microphone.xruns

    return await undisturbed(attempt)


async def listen(microphone: Microphone, sound: VirtualSound, path: Path) -> np.ndarray:
    heard = np.zeros(0, "<i2")
    position = silence = 0
    async with asyncio.TaskGroup() as tasks, microphone:
        speaking = tasks.create_task(asyncio.to_thread(sound.speak_into_microphone, path))
        async for frame in microphone.frames():
            assert frame.position == position
            assert len(frame.pcm) == FRAME_BYTES
            position += FRAME_SAMPLES
            heard = np.append(heard, np.frombuffer(frame.pcm, "<i2"))
            silence = silence + 1 if speaking.done() else 0
            if silence > 25:  # half a second after the last sample was played
                break
    return heard


async def test_what_is_spoken_arrives_bit_for_bit(virtual_sound: VirtualSound, tmp_path: Path) -> None:
    spoken = noise(1.0)
    write_wav(tmp_path / "spoken.wav", spoken.tobytes())
    heard = await hear(DeviceMicrophone, virtual_sound, tmp_path / "spoken.wav")
    first = np.flatnonzero(heard)[0]
    assert np.array_equal(heard[first : first + len(spoken)], spoken)


async def test_a_device_with_another_rate_and_more_channels_is_heard_too(
    virtual_sound: VirtualSound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sounddevice

    class Picky(sounddevice.RawInputStream):
        def __init__(self, **settings: object) -> None:
            if (settings["samplerate"], settings["channels"]) != (48_000, 2):
                raise sounddevice.PortAudioError("Error opening RawInputStream: Invalid sample rate", -9997)
            super().__init__(**settings)

    monkeypatch.setattr(sounddevice, "RawInputStream", Picky)
    card = Device(default_device("input").index, "card", "ALSA", 2, 0, True, False, 48_000)
    monkeypatch.setattr(patchbay, "list_devices", lambda: (card,))
    spoken = (np.sin(np.arange(24_000) * 2 * np.pi * 440 / 24_000) * 8000).astype("<i2")
    write_wav(tmp_path / "spoken.wav", spoken.tobytes())
    heard = await hear(DeviceMicrophone, virtual_sound, tmp_path / "spoken.wav")
    first = np.flatnonzero(np.abs(heard.astype(int)) > 4000)[0] + 4800
    piece = heard[first : first + 9600].astype(float)
    spectrum = np.abs(np.fft.rfft(piece * np.hanning(len(piece))))
    assert np.argmax(spectrum) * 24_000 / len(piece) == pytest.approx(440, abs=5)
    assert np.sqrt(np.mean(piece**2)) == pytest.approx(8000 / np.sqrt(2), rel=0.02)


async def test_what_it_hears_with_and_how_late(virtual_sound: VirtualSound) -> None:
    microphone = DeviceMicrophone("DEFAULT")
    assert microphone.device is None
    assert microphone.latency == 0
    async with microphone:
        assert microphone.device == default_device("input")
        assert microphone.latency > 0
    assert microphone.device is None


async def test_closing_it_ends_the_frames(virtual_sound: VirtualSound) -> None:
    async with DeviceMicrophone() as microphone:
        frames = microphone.frames()
        await anext(frames)
    async for _ in frames:
        pass


async def test_it_can_be_opened_again_and_again(virtual_sound: VirtualSound) -> None:
    before = virtual_sound.listeners()
    for _ in range(3):
        async with DeviceMicrophone() as microphone:
            frame = await anext(microphone.frames())
            assert frame.position == 0
            assert virtual_sound.listeners() == before + 1
    assert virtual_sound.listeners() == before
