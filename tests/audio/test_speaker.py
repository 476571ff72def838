import numpy as np
import pytest
from virtual_sound import Handed, VirtualSound, undisturbed, wait_for

from realtime_chat.audio import patchbay
from realtime_chat.audio.clock import now
from realtime_chat.audio.devices import Device, default_device
from realtime_chat.audio.fade import FADE_SAMPLES
from realtime_chat.audio.pace import Metronome, Pace
from realtime_chat.audio.playback import Heard, PlaybackEvent, PlaybackFinished, PlaybackStarted
from realtime_chat.audio.seam import Speaker
from realtime_chat.audio.speaker import DeviceSpeaker, spread

pytestmark = pytest.mark.devices


FADED = 480
"""Samples at the beginning and at the end of an item that may be faded."""


def noise(seconds: float) -> np.ndarray:
    """Noise without a single zero, so that it cannot be mistaken for silence."""
    samples = np.random.default_rng(6).integers(1, 8000, int(24_000 * seconds))
    return (samples * np.where(np.arange(len(samples)) % 2, 1, -1)).astype("<i2")


def begin_of(sound: np.ndarray, recorded: np.ndarray) -> int:
    """Where ``sound`` begins in ``recorded``; its beginning may be faded."""
    piece = sound[FADED : FADED + 16]
    found = np.lib.stride_tricks.sliding_window_view(recorded, len(piece))
    return int(np.flatnonzero((found == piece).all(axis=1))[0]) - FADED


def test_one_channel_is_given_to_all() -> None:
    assert np.frombuffer(spread(np.array([1, -2], "<i2").tobytes(), 3), "<i2").tolist() == [1, 1, 1, -2, -2, -2]


async def until_finished(speaker: Speaker) -> list[PlaybackEvent]:
    events = []
    async for event in speaker.events():
        events.append(event)
        if isinstance(event, PlaybackFinished):
            break
    return events


async def test_what_is_played_sounds_bit_for_bit_to_its_end(virtual_sound: VirtualSound) -> None:
    sound = noise(1.0)

    async def attempt() -> tuple[bytes, int]:
        with virtual_sound.record_speaker() as recording:
            async with DeviceSpeaker() as speaker:
                handed = Handed(speaker)
                began = now()
                speaker.play("a", sound[:10_000].tobytes())
                speaker.play("a", sound[10_000:].tobytes())
                speaker.end("a")
                started, finished = await until_finished(speaker)
                assert isinstance(started, PlaybackStarted)
                assert began <= started.at <= finished.at <= now()
        return recording.pcm(), speaker.xruns + handed.lost(recording.pcm())

    recorded = np.frombuffer(await undisturbed(attempt), "<i2")
    first = begin_of(sound, recorded)
    assert np.array_equal(recorded[first + FADED : first + len(sound) - FADED], sound[FADED:-FADED])
    assert not recorded[first + len(sound) :].any()


async def test_what_a_flush_says_was_heard_is_what_was_recorded(virtual_sound: VirtualSound) -> None:
    sound = noise(3.0)
    after = np.full(2400, 777, "<i2")

    async def attempt() -> tuple[tuple[Heard, bytes], int]:
        with virtual_sound.record_speaker() as recording:
            async with DeviceSpeaker() as speaker:
                handed = Handed(speaker)
                events = speaker.events()
                speaker.play("a", sound.tobytes())
                await anext(events)
                await Metronome(Pace.REAL_TIME).until(12_000)
                assert speaker.level > 0.5
                (heard,) = speaker.flush()
                speaker.play("b", after.tobytes())
                speaker.end("b")
                assert [event.item_id for event in await until_finished(speaker)] == ["b", "b"]
        return (heard, recording.pcm()), speaker.xruns + handed.lost(recording.pcm())

    heard, pcm = await undisturbed(attempt)
    assert (heard.item_id, heard.received) == ("a", len(sound))
    assert 0 < heard.rendered < len(sound)
    recorded = np.frombuffer(pcm, "<i2")
    end = begin_of(sound, recorded) + heard.rendered
    assert np.array_equal(recorded[end - heard.rendered + FADED : end], sound[FADED : heard.rendered])
    fade = np.abs(recorded[end : end + FADE_SAMPLES].astype(int))
    original = np.abs(sound[heard.rendered : heard.rendered + FADE_SAMPLES].astype(int))
    assert np.all(fade <= original)
    assert fade[-10:].sum() < original[-10:].sum() / 10
    rest = recorded[end + FADE_SAMPLES :]
    assert np.all((rest >= 0) & (rest <= 777))
    assert len(after) - 2 * FADED <= np.count_nonzero(rest == 777) <= len(after)


async def test_a_device_with_another_rate_and_more_channels_sounds_too(
    virtual_sound: VirtualSound, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sounddevice

    class Picky(sounddevice.RawOutputStream):
        def __init__(self, **settings: object) -> None:
            if (settings["samplerate"], settings["channels"]) != (48_000, 2):
                raise sounddevice.PortAudioError("Error opening RawOutputStream: Invalid sample rate", -9997)
            super().__init__(**settings)

    monkeypatch.setattr(sounddevice, "RawOutputStream", Picky)
    card = Device(default_device("output").index, "card", "ALSA", 0, 2, False, True, 48_000)
    monkeypatch.setattr(patchbay, "list_devices", lambda: (card,))
    sound = (np.sin(np.arange(24_000) * 2 * np.pi * 440 / 24_000) * 8000).astype("<i2")

    async def attempt() -> tuple[bytes, int]:
        with virtual_sound.record_speaker() as recording:
            async with DeviceSpeaker() as speaker:
                speaker.play("a", sound.tobytes())
                speaker.end("a")
                await until_finished(speaker)
                assert speaker._playback.rendered == len(sound)
        return recording.pcm(), speaker.xruns

    recorded = np.frombuffer(await undisturbed(attempt), "<i2").astype(float)
    loud = np.flatnonzero(np.abs(recorded) > 100)
    assert loud[-1] - loud[0] == pytest.approx(len(sound), abs=100)
    piece = recorded[loud[0] + 4800 : loud[0] + 14_400]
    spectrum = np.abs(np.fft.rfft(piece * np.hanning(len(piece))))
    assert np.argmax(spectrum) * 24_000 / len(piece) == pytest.approx(440, abs=5)
    assert np.sqrt(np.mean(piece**2)) == pytest.approx(8000 / np.sqrt(2), rel=0.02)


async def test_what_it_sounds_with_and_how_late(virtual_sound: VirtualSound) -> None:
    speaker = DeviceSpeaker("DEFAULT")
    assert speaker.device is None
    assert speaker.latency == 0
    async with speaker:
        assert speaker.device == default_device("output")
        assert speaker.latency > 0
    assert speaker.device is None


async def test_closing_it_ends_the_events_and_frees_the_device(virtual_sound: VirtualSound) -> None:
    for _ in range(3):
        async with DeviceSpeaker() as speaker:
            wait_for(lambda: virtual_sound.players() == 1, "the speaker to be open")
            speaker.play("a", noise(60).tobytes())
            events = speaker.events()
            assert isinstance(await anext(events), PlaybackStarted)
        assert [event async for event in events] == []
        assert virtual_sound.players() == 0
