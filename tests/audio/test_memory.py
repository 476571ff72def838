import asyncio
from itertools import pairwise

import pytest

from realtime_chat.audio.clock import now
from realtime_chat.audio.errors import DeviceLost
from realtime_chat.audio.frame import FRAME_BYTES, Frame
from realtime_chat.audio.memory import MemoryMicrophone, MemorySpeaker
from realtime_chat.audio.pace import Pace
from realtime_chat.audio.playback import Heard, PlaybackEvent, PlaybackFinished, PlaybackStarted
from realtime_chat.audio.seam import Microphone, Speaker

SOUND = b"\1\0" + bytes(range(3, 241)) + bytes(range(1, 241)) * 18 + bytes(range(1, 239)) + b"\1\0"  # five frames


async def heard(microphone: Microphone) -> list[Frame]:
    async with microphone:
        return [frame async for frame in microphone.frames()]


async def until_finished(speaker: Speaker) -> list[PlaybackEvent]:
    events = []
    async for event in speaker.events():
        events.append(event)
        if isinstance(event, PlaybackFinished):
            break
    return events


async def test_the_microphone_hears_what_it_was_given_and_the_tail_and_ends() -> None:
    frames = await heard(MemoryMicrophone(SOUND[:-100], tail_ms=40))
    assert b"".join(frame.pcm for frame in frames) == (SOUND[:-100] + bytes(1920 + 100))
    assert [frame.position for frame in frames] == [index * 480 for index in range(7)]


async def test_the_microphone_can_be_fed_while_it_listens() -> None:
    microphone = MemoryMicrophone()
    async with microphone:
        frames = microphone.frames()
        microphone.feed(SOUND[:FRAME_BYTES])
        assert (await anext(frames)).pcm == SOUND[:FRAME_BYTES]
        microphone.feed(SOUND[:10])
        microphone.finish()
        assert [frame.pcm.rstrip(b"\0") async for frame in frames] == [SOUND[:10]]


async def test_closing_the_microphone_ends_the_frames() -> None:
    microphone = MemoryMicrophone()
    async with microphone:
        frames = microphone.frames()
    assert [frame async for frame in frames] == []


async def test_an_unplugged_microphone_says_so() -> None:
    microphone = MemoryMicrophone()
    async with microphone:
        microphone.unplug()
        with pytest.raises(DeviceLost) as lost:
            await anext(microphone.frames())
    assert lost.value.kind == "input"


async def test_at_real_time_pace_no_frame_comes_before_it_was_spoken() -> None:
    start = now()
    async with MemoryMicrophone(SOUND, pace=Pace.REAL_TIME) as microphone:
        async for frame in microphone.frames():
            assert now() - start >= frame.end / 24_000


async def test_the_speaker_sounds_what_it_is_given() -> None:
    async with MemorySpeaker() as speaker:
        speaker.play("a", SOUND[:1000])
        speaker.play("a", SOUND[1000:])
        speaker.end("a")
        assert [type(event) for event in await until_finished(speaker)] == [PlaybackStarted, PlaybackFinished]
        assert speaker.sounded == SOUND


async def test_the_speaker_waits_for_an_item_that_starves() -> None:
    async with MemorySpeaker() as speaker:
        events = speaker.events()
        speaker.play("a", SOUND)
        assert isinstance(await anext(events), PlaybackStarted)
        for _ in range(20):
            await asyncio.sleep(0)
        assert speaker.sounded == SOUND[:-240]  # the last 5 ms are held back
        speaker.play("a", SOUND)
        speaker.end("a")
        assert isinstance(await anext(events), PlaybackFinished)
        assert speaker.sounded == SOUND * 2


async def test_step_by_step_it_is_interrupted_at_a_sample() -> None:
    async with MemorySpeaker(pace=Pace.STEPPED) as speaker:
        speaker.play("a", SOUND)
        speaker.end("a")
        speaker.advance(700)
        assert speaker.level > 0
        assert speaker.flush() == (Heard("a", 700, 2400),)
        speaker.advance(480)
        assert speaker.sounded[:1400] == SOUND[:1400]
        assert len(speaker.sounded) == 1400 + 240  # and the fade of 120 samples
        speaker.advance(480)
        assert speaker.level == 0
    assert [type(event) async for event in speaker.events()] == [PlaybackStarted]


async def test_at_real_time_pace_sound_takes_as_long_as_it_lasts_and_starving_is_heard_as_silence() -> None:
    async with MemorySpeaker(pace=Pace.REAL_TIME) as speaker:
        events = speaker.events()
        speaker.play("a", SOUND)
        started = await anext(events)
        while len(speaker.sounded) <= len(SOUND):  # noqa: ASYNC110 - it says nothing about silence
            await asyncio.sleep(0.001)
        speaker.play("a", SOUND)
        speaker.end("a")
        finished = await anext(events)
        assert finished.at - started.at >= 0.18  # its last block begins 20 ms before its end
        silence = len(speaker.sounded) - 2 * len(SOUND)
        assert silence > 0
        assert silence % FRAME_BYTES == 0
        assert speaker.sounded[: len(SOUND) - 240] == SOUND[:-240]  # then it fades, and again after the silence
        assert speaker.sounded[len(SOUND) :].startswith(bytes(silence))
        assert speaker.sounded[len(SOUND) + silence + 240 :] == SOUND[240:]


async def test_an_unplugged_speaker_says_so() -> None:
    async with MemorySpeaker() as speaker:
        speaker.unplug()
        with pytest.raises(DeviceLost) as lost:
            await anext(speaker.events())
        assert lost.value.kind == "output"
        speaker.play("a", SOUND)
        assert speaker.flush() == (Heard("a", 0, 2400),)


async def test_closing_the_speaker_ends_the_events_and_drops_what_is_pending() -> None:
    async with MemorySpeaker(pace=Pace.REAL_TIME) as speaker:
        events = speaker.events()
        speaker.play("a", SOUND * 1000)
        assert isinstance(await anext(events), PlaybackStarted)
    assert [event async for event in events] == []
    assert len(speaker.sounded) < len(SOUND) * 1000


async def test_at_real_time_pace_those_who_tap_get_whole_blocks_while_it_runs() -> None:
    tapped: list[tuple[bytes, float]] = []
    async with MemorySpeaker(pace=Pace.REAL_TIME) as speaker:
        speaker.tap(lambda pcm, at: tapped.append((pcm, at)))
        speaker.volume = 1.0
        speaker.play("a", SOUND[:-480] + b"\1\0")
        speaker.end("a")
        await until_finished(speaker)
    assert [len(pcm) for pcm, _ in tapped] == [FRAME_BYTES] * 5
    assert b"".join(pcm for pcm, _ in tapped) == SOUND[:-480] + b"\1\0" + bytes(478)
    assert all(later - earlier > 0 for (_, earlier), (_, later) in pairwise(tapped))


async def test_at_any_other_pace_those_who_tap_get_what_sounds() -> None:
    tapped: list[bytes] = []
    async with MemorySpeaker(pace=Pace.EAGER) as speaker:
        speaker.tap(lambda pcm, at: tapped.append(pcm))
        speaker.play("a", SOUND[:1000] + b"\1\0")
        speaker.end("a")
        await until_finished(speaker)
    assert b"".join(tapped) == speaker.sounded == SOUND[:1000] + b"\1\0"
    tapped.clear()
    async with MemorySpeaker(pace=Pace.STEPPED) as speaker:
        speaker.tap(lambda pcm, at: tapped.append(pcm))
        speaker.advance(100)
        speaker.play("a", SOUND)
        speaker.advance(700)
    assert tapped == [bytes(200), SOUND[:1400]]


async def test_the_volume_is_heard() -> None:
    async with MemorySpeaker(pace=Pace.STEPPED) as speaker:
        speaker.volume = 0
        speaker.play("a", SOUND)
        speaker.advance(240)
        speaker.advance(480)
    assert speaker.sounded[480:] == bytes(960)
    assert speaker.flush() == (Heard("a", 720, 2400),)
