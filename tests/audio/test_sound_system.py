"""Devices that come and go: what is lost meanwhile is nothing of the answer, and the person is heard again."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import numpy as np
import pytest
from sound_cards import SoundCards
from virtual_sound import VirtualSound, reload_portaudio

from realtime_chat.audio import portaudio, sound_system
from realtime_chat.audio.devices import list_devices
from realtime_chat.audio.errors import DeviceFailed
from realtime_chat.audio.frame import Frame
from realtime_chat.audio.microphone import DeviceMicrophone
from realtime_chat.audio.playback import PlaybackFinished
from realtime_chat.audio.speaker import DeviceSpeaker

pytestmark = pytest.mark.devices

_GIVE_UP_S = 30
"""Far beyond anything normal: it turns a hang into a failure."""

News = list[tuple[str, str | None]]


def noise(seconds: float) -> np.ndarray:
    """Noise without a single zero, so that it cannot be mistaken for silence."""
    samples = np.random.default_rng(7).integers(1, 8000, int(24_000 * seconds))
    return (samples * np.where(np.arange(len(samples)) % 2, 1, -1)).astype("<i2")


async def until(condition: Callable[[], bool], what: str) -> None:
    try:
        async with asyncio.timeout(_GIVE_UP_S):
            while not condition():  # noqa: ASYNC110 - there is nothing to wait for: the condition looks at the device
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise TimeoutError(f"waited {_GIVE_UP_S} s for {what}") from None


class Mouth(DeviceSpeaker):
    """A speaker that keeps what was drawn from it."""

    def __init__(self, wanted: str | None = None) -> None:
        self.news: News = []
        super().__init__(wanted, changed=lambda kind, name: self.news.append((kind, name)))
        self.drawn = bytearray()

    def _draw(self, samples: int, *, pad: bool) -> bytes:
        drawn = super()._draw(samples, pad=pad)
        self.drawn += drawn
        return drawn

    @property
    def sounded(self) -> np.ndarray:
        """What was drawn, without silence."""
        samples = np.frombuffer(bytes(self.drawn), "<i2")
        return samples[samples != 0]

    async def sounds_on(self) -> None:
        before = len(self.sounded)
        await until(lambda: len(self.sounded) > before, "the speaker")


class Ear:
    """Listens to a microphone, and checks that positions go on without a gap."""

    def __init__(self, wanted: str | None = None) -> None:
        self.news: News = []
        self.microphone = DeviceMicrophone(wanted, changed=lambda kind, name: self.news.append((kind, name)))
        self.frames: list[Frame] = []

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        async with self.microphone:
            task = asyncio.create_task(self._listen())
            yield
        await task
        assert [frame.position for frame in self.frames] == [480 * number for number in range(len(self.frames))]

    async def _listen(self) -> None:
        async for frame in self.microphone.frames():
            self.frames.append(frame)

    async def hears_on(self) -> None:
        before = len(self.frames)
        await until(lambda: len(self.frames) > before + 5, "the microphone")


@contextmanager
def answering(mouth: Mouth, sound: np.ndarray) -> Iterator[None]:
    """An answer sounds; afterwards every sample of it was drawn once, in its order, up to where it got."""
    mouth.play("a", sound.tobytes())
    yield
    sounded = mouth.sounded
    heard = mouth.flush()[0].rendered
    assert heard < len(sound)
    assert_sounded(sounded, sound[:heard])


def assert_sounded(sounded: np.ndarray, sound: np.ndarray) -> None:
    """Each sample of ``sound`` is there once, in its order; the first and the last 20 ms may be faded."""
    kept = sound[480:-480]
    assert len(kept) > 0
    windows = np.lib.stride_tricks.sliding_window_view(sounded[:960], 8)
    begin = int(np.flatnonzero((windows == kept[:8]).all(axis=1))[0])
    assert np.array_equal(sounded[begin : begin + len(kept)], kept)
    assert len(sounded) <= len(sound)


async def lost(*lines: DeviceMicrophone | DeviceSpeaker) -> None:
    await until(lambda: all(line.device is None for line in lines), "the loss")


async def back(*lines: DeviceMicrophone | DeviceSpeaker) -> None:
    await until(lambda: all(line.device is not None for line in lines), "the device")


@pytest.mark.parametrize("name", [None, "stand"])
async def test_the_microphone_comes_back_and_the_speaker_never_stops(sound_cards: SoundCards, name: str | None) -> None:
    ear, mouth = Ear(name), Mouth()
    async with mouth, ear.listening():
        with answering(mouth, noise(60)):
            await ear.hears_on()
            await mouth.sounds_on()
            sound_cards.unplug("stand")
            await lost(ear.microphone)
            await until(lambda: len(ear.news) == 1, "the news")
            await mouth.sounds_on()
            sound_cards.plug("stand")
            await ear.hears_on()
            await until(lambda: len(ear.news) == 2, "the news")
            await mouth.sounds_on()
    assert ear.news == [("input", None), ("input", name or "default")]
    assert mouth.news == []


async def test_the_speaker_comes_back_and_goes_on_where_it_stopped(sound_cards: SoundCards) -> None:
    ear, mouth, sound = Ear(), Mouth(), noise(60)
    async with mouth, ear.listening():
        with answering(mouth, sound):
            await mouth.sounds_on()
            sound_cards.unplug("desk")
            await lost(mouth)
            stopped, pending = len(mouth.sounded), mouth._playback.pending
            assert mouth.level == 0
            await until(lambda: mouth.news == [("output", None)], "the news")
            assert (len(mouth.sounded), mouth._playback.pending) == (stopped, pending)
            await ear.hears_on()
            sound_cards.plug("desk")
            with sound_cards["desk"].record_speaker() as recording:
                await until(lambda: len(mouth.sounded) > stopped + 48_000, "two seconds of sound")
            await until(lambda: mouth.news == [("output", None), ("output", "default")], "the news")
            await ear.hears_on()
    assert ear.news == []
    recorded = np.frombuffer(recording.pcm(), "<i2")
    assert len(recorded[recorded != 0]) > 12_000
    assert np.isin(recorded, [*sound[stopped:].tolist(), 0]).all()


async def test_another_device_takes_its_place(sound_cards: SoundCards) -> None:
    sound_cards.plug("headset")
    ear, mouth = Ear(), Mouth()
    async with mouth, ear.listening():
        with answering(mouth, noise(60)):
            await ear.hears_on()
            sound_cards.unplug("desk", "stand")
            await until(lambda: len(ear.news) == len(mouth.news) == 1, "the headset")
            await ear.hears_on()
            await mouth.sounds_on()
    assert (ear.news, mouth.news) == ([("input", "headset")], [("output", "headset")])


async def test_all_devices_gone_and_back_again(unpluggable_sound: VirtualSound, capfd: pytest.CaptureFixture) -> None:
    ear, mouth = Ear(), Mouth()
    async with mouth, ear.listening():
        with answering(mouth, noise(60)):
            await ear.hears_on()
            for times in (1, 2):
                unpluggable_sound.unplug()
                await lost(ear.microphone, mouth)
                await until(lambda times=times: len(ear.news) == len(mouth.news) == 2 * times - 1, "the news")
                unpluggable_sound.start()
                await ear.hears_on()
                await mouth.sounds_on()
                await until(lambda times=times: len(ear.news) == len(mouth.news) == 2 * times, "the news")
    assert ear.news == [("input", None), ("input", "default")] * 2
    assert mouth.news == [("output", None), ("output", "default")] * 2
    assert capfd.readouterr().err == ""


async def test_a_sound_server_that_starts_again_at_once_is_not_worth_a_word(unpluggable_sound: VirtualSound) -> None:
    ear, mouth = Ear(), Mouth()
    async with mouth, ear.listening():
        with answering(mouth, noise(60)):
            await ear.hears_on()
            unpluggable_sound.unplug()
            unpluggable_sound.start()
            await ear.hears_on()
            await mouth.sounds_on()
            await ear.hears_on()
    assert (ear.news, mouth.news) == ([], [])


async def test_a_short_answer_is_heard_to_its_end_on_the_next_device(unpluggable_sound: VirtualSound) -> None:
    mouth, sound = Mouth(), noise(2)
    async with mouth:
        mouth.play("a", sound.tobytes())
        mouth.end("a")
        events = mouth.events()
        await mouth.sounds_on()
        unpluggable_sound.unplug()
        await lost(mouth)
        unpluggable_sound.start()
        assert [type(event) async for event in until_finished(events)][-1] is PlaybackFinished
    assert_sounded(mouth.sounded, sound)
    assert mouth._playback.rendered == len(sound)


async def until_finished(events: AsyncIterator[object]) -> AsyncIterator[object]:
    async for event in events:
        yield event
        if isinstance(event, PlaybackFinished):
            return


@pytest.mark.parametrize("dies", [False, True])
async def test_a_sound_server_that_hangs_freezes_nothing(unpluggable_sound: VirtualSound, dies: bool) -> None:
    ear, mouth = Ear(), Mouth()
    async with mouth, ear.listening():
        with answering(mouth, noise(60)):
            await ear.hears_on()
            unpluggable_sound.freeze()
            await until(lambda: ear.news == [("input", None)] and mouth.news == [("output", None)], "the news")
            if dies:
                unpluggable_sound.unplug()
                unpluggable_sound.start()
            else:
                unpluggable_sound.thaw()
            await until(lambda: len(ear.news) == len(mouth.news) == 2, "the news")
            await ear.hears_on()
            await mouth.sounds_on()


async def test_the_end_of_a_talk_does_not_wait_for_a_sound_server_that_hangs(
    unpluggable_sound: VirtualSound, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[bool] = []
    monkeypatch.setattr(portaudio, "leave_running", lambda: left.append(True))
    ear = Ear()
    async with ear.listening():
        await ear.hears_on()
        unpluggable_sound.freeze()
        await until(lambda: ear.news == [("input", None)], "the news")
    assert left
    unpluggable_sound.thaw()
    again = Ear()  # waits for its turn behind what hung
    async with again.listening():
        await again.hears_on()


async def test_a_sound_server_that_hangs_from_the_start_is_said(
    unpluggable_sound: VirtualSound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portaudio, "leave_running", lambda: None)
    monkeypatch.setattr(sound_system, "_OPEN_S", 0.1)
    unpluggable_sound.freeze()
    with pytest.raises(DeviceFailed, match="the sound system does not answer"):
        async with DeviceSpeaker():
            pass
    unpluggable_sound.thaw()
    monkeypatch.undo()
    for name, value in unpluggable_sound.env.items():
        monkeypatch.setenv(name, value)
    async with DeviceSpeaker() as speaker:
        assert speaker.device is not None


async def test_a_named_device_that_is_missing_is_replaced_until_it_comes(sound_cards: SoundCards) -> None:
    ear, mouth = Ear("headset"), Mouth("headset")
    async with mouth, ear.listening():
        assert mouth.device is not None
        assert mouth.device.name == "default"
        with answering(mouth, noise(60)):
            await ear.hears_on()
            sound_cards.plug("headset")
            for times in (1, 2):
                await until(lambda times=times: len(ear.news) == len(mouth.news) == 2 * times - 1, "the headset")
                await ear.hears_on()
                await mouth.sounds_on()
                sound_cards.unplug("headset")
                await until(lambda times=times: len(ear.news) == len(mouth.news) == 2 * times, "the other card")
                await ear.hears_on()
                await mouth.sounds_on()
                if times == 1:
                    sound_cards.plug("headset")
    assert ear.news == [("input", "headset"), ("input", "default")] * 2
    assert mouth.news == [("output", "headset"), ("output", "default")] * 2


async def test_one_of_two_goes_back_to_the_device_that_was_asked_for(sound_cards: SoundCards) -> None:
    sound_cards.plug("headset")
    ear, mouth = Ear("headset"), Mouth("desk")
    async with mouth, ear.listening():
        with answering(mouth, noise(60)):
            await ear.hears_on()
            sound_cards.unplug("headset")
            await until(lambda: len(ear.news) == 1, "the other microphone")
            sound_cards.plug("headset")
            await until(lambda: len(ear.news) == 2, "the headset")
            await ear.hears_on()
            await mouth.sounds_on()
    assert ear.news == [("input", "default"), ("input", "headset")]
    assert mouth.news == []


async def test_a_device_named_by_its_number_is_found_again_by_its_name(sound_cards: SoundCards) -> None:
    sound_cards.plug("headset")
    reload_portaudio()
    (headset,) = [device for device in list_devices() if device.name == "headset"]
    mouth = Mouth(str(headset.index))
    async with mouth:
        assert mouth.device == headset
        with answering(mouth, noise(60)):
            await mouth.sounds_on()
            sound_cards.unplug("desk", "stand", "headset")
            await lost(mouth)
            sound_cards.plug("headset")
            await back(mouth)
            await mouth.sounds_on()
            assert mouth.device.name == "headset"
            assert mouth.device.index != headset.index


async def test_the_sound_server_moves_the_stream_to_another_default_device(virtual_sound: VirtualSound) -> None:
    virtual_sound.add_speaker("vspk2")
    sound = noise(60)
    mouth = Mouth()
    try:
        async with mouth:
            with answering(mouth, sound):
                await mouth.sounds_on()
                with virtual_sound.record_speaker("vspk2") as recording:
                    virtual_sound.make_default("vspk2")
                    before = len(mouth.sounded)
                    await until(lambda: len(mouth.sounded) > before + 48_000, "two seconds of sound")
    finally:
        virtual_sound.make_default("vspk")
        virtual_sound.remove_speaker("vspk2")
    assert mouth.news == []
    recorded = np.frombuffer(recording.pcm(), "<i2")
    assert np.isin(recorded[recorded != 0], sound).all()
    assert len(recorded[recorded != 0]) > 12_000


async def test_two_lines_of_one_kind_are_a_mistake(virtual_sound: VirtualSound) -> None:
    async with DeviceSpeaker():
        with pytest.raises(RuntimeError, match="there is an output already"):
            await DeviceSpeaker().__aenter__()
    async with DeviceSpeaker() as speaker:
        assert speaker.device is not None
