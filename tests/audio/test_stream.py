import asyncio
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from virtual_sound import VirtualSound, wait_for

from realtime_chat.audio.devices import Device, default_device
from realtime_chat.audio.errors import DeviceFailed, DeviceKind, NoDevice
from realtime_chat.audio.microphone import DeviceMicrophone
from realtime_chat.audio.speaker import DeviceSpeaker
from realtime_chat.audio.stream import Callback, DeviceStream, StreamFormat, formats


def ignore(_stream_format: StreamFormat) -> Callback:
    """Do nothing with what the device gives or wants."""
    return lambda _block, _length: None


@pytest.mark.parametrize(
    ("inputs", "rate", "expected"),
    [
        (1, 24_000, [(24_000, 1)]),
        (1, 48_000, [(24_000, 1), (48_000, 1)]),
        (2, 48_000, [(24_000, 1), (24_000, 2), (48_000, 1), (48_000, 2)]),
        (4, 44_100, [(24_000, 1), (24_000, 2), (24_000, 4), (44_100, 1), (44_100, 2), (44_100, 4)]),
        (0, 48_000, []),
    ],
)
def test_our_format_is_tried_first_and_the_device_s_own_last(
    inputs: int, rate: int, expected: list[tuple[int, int]]
) -> None:
    card = Device(0, "card", "ALSA", inputs, 0, True, False, rate)
    assert formats(card, "input") == tuple(StreamFormat(*one) for one in expected)


@pytest.mark.devices
@pytest.mark.usefixtures("no_sound_devices")
async def test_without_a_device_there_is_one_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NoDevice) as no_microphone:
        await DeviceMicrophone().__aenter__()
    assert no_microphone.value.kind == "input"
    with pytest.raises(NoDevice) as no_speaker:
        await DeviceSpeaker().__aenter__()
    assert no_speaker.value.kind == "output"
    assert capfd.readouterr().err == ""


@pytest.mark.devices
@pytest.mark.parametrize("kind", ["input", "output"])
def test_a_device_that_went_away_after_it_was_listed_cannot_be_opened(
    unpluggable_sound: VirtualSound, kind: DeviceKind, capfd: pytest.CaptureFixture[str]
) -> None:
    listed = default_device(kind)
    unpluggable_sound.unplug()
    with pytest.raises(DeviceFailed) as failed:
        DeviceStream(kind, listed, ended=lambda: None).open(ignore)
    assert failed.value.device == listed.name
    assert failed.value.reason
    assert capfd.readouterr().err == ""


@pytest.mark.devices
@pytest.mark.parametrize("kind", ["input", "output"])
def test_a_device_number_that_is_none_cannot_be_opened(virtual_sound: VirtualSound, kind: DeviceKind) -> None:
    with pytest.raises(DeviceFailed, match="Error querying device 99"):
        DeviceStream(kind, Device(99, "ghost", "ALSA", 1, 1, False, False, 48_000), ended=lambda: None).open(ignore)
    with pytest.raises(DeviceFailed, match="it has no channel"):
        DeviceStream(kind, Device(0, "mute", "ALSA", 0, 0, False, False, 48_000), ended=lambda: None).open(ignore)


@pytest.mark.devices
async def test_its_calls_are_counted_and_its_end_is_noted(unpluggable_sound: VirtualSound) -> None:
    ended = threading.Event()
    stream = DeviceStream("output", default_device("output"), ended=ended.set)
    stream.open(ignore)
    wait_for(lambda: stream.calls > 10, "the device to call")
    assert not stream.has_ended
    unpluggable_sound.unplug()
    assert ended.wait(20)
    assert stream.has_ended
    stream.close()


@pytest.mark.devices
async def test_a_format_that_is_refused_is_not_the_last_word(
    virtual_sound: VirtualSound, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sounddevice

    tried = []

    class Picky(sounddevice.RawInputStream):
        """A real stream of a device that takes 48 kHz stereo only."""

        def __init__(self, **settings: object) -> None:
            tried.append((settings["samplerate"], settings["channels"]))
            if settings["samplerate"] != 48_000:
                raise sounddevice.PortAudioError("Error opening RawInputStream: Invalid sample rate", -9997)
            if settings["channels"] != 2:
                raise sounddevice.PortAudioError("Error opening RawInputStream: Invalid number of channels", -9998)
            super().__init__(**settings)

    monkeypatch.setattr(sounddevice, "RawInputStream", Picky)
    loop = asyncio.get_running_loop()
    blocks: asyncio.Queue[bytes] = asyncio.Queue()
    ended = asyncio.Event()
    card = Device(default_device("input").index, "card", "ALSA", 2, 0, True, False, 48_000)

    def on_ended() -> None:
        loop.call_soon_threadsafe(ended.set)

    stream = DeviceStream("input", card, ended=on_ended)
    formats_seen: list[StreamFormat] = []

    def make_callback(stream_format: StreamFormat) -> Callable[..., None]:
        formats_seen.append(stream_format)

        def callback(block: Any, *_: object) -> None:
            loop.call_soon_threadsafe(blocks.put_nowait, bytes(block))

        return callback

    stream.open(make_callback)
    block = await blocks.get()
    assert stream.latency > 0
    stream.close()
    stream.close()
    await ended.wait()
    assert stream.latency == 0
    assert tried == [(24_000, 1), (24_000, 2), (48_000, 1), (48_000, 2)]
    assert formats_seen[-1] == StreamFormat(48_000, 2)
    assert len(np.frombuffer(block, "<i2").reshape(-1, 2)) == 960  # 20 ms


@pytest.mark.devices
@pytest.mark.parametrize(
    "error", [ValueError("No such thing"), OSError("No such thing"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "No")]
)
async def test_whatever_else_sounddevice_raises_is_translated(
    virtual_sound: VirtualSound, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    import sounddevice

    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(sounddevice, "RawOutputStream", fail)
    with pytest.raises(DeviceFailed) as failed:
        await DeviceSpeaker().__aenter__()
    assert failed.value.__cause__ is error
    assert failed.value.reason == str(error)
