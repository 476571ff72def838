"""An answer that arrives in bursts, heard from a device."""

import asyncio

import numpy as np
import pytest
from virtual_sound import Handed, VirtualSound, undisturbed

from realtime_chat.audio.fade import FADE_SAMPLES
from realtime_chat.audio.playback import PlaybackFinished
from realtime_chat.audio.speaker import DeviceSpeaker

pytestmark = pytest.mark.devices

GAP = 48
"""2 ms."""


def noise(seconds: float) -> np.ndarray:
    """Loud noise without a single zero, so that it cannot be mistaken for silence; it begins and ends softly."""
    samples = np.random.default_rng(6).integers(500, 8000, int(24_000 * seconds))
    samples[[0, -1]] = 1
    return (samples * np.where(np.arange(len(samples)) % 2, 1, -1)).astype("<i2")


def gaps(recorded: np.ndarray) -> list[tuple[int, int]]:
    """Where silence of 2 ms or more begins and ends between the first and the last sound."""
    sounding = np.flatnonzero(recorded)
    return [
        (int(sounding[index]) + 1, int(sounding[index + 1]))
        for index in np.flatnonzero(np.diff(sounding) > GAP).tolist()
    ]


async def until_finished(speaker: DeviceSpeaker) -> None:
    async for event in speaker.events():
        if isinstance(event, PlaybackFinished):
            return


async def test_an_answer_of_ten_seconds_that_arrives_at_once_sounds_bit_for_bit(virtual_sound: VirtualSound) -> None:
    sound = noise(10)
    cuts = np.sort(np.random.default_rng(1).integers(0, len(sound), 100))

    async def attempt() -> tuple[bytes, int]:
        with virtual_sound.record_speaker() as recording:
            async with DeviceSpeaker() as speaker:
                handed = Handed(speaker)
                for piece in np.split(sound, cuts):
                    speaker.play("a", piece.tobytes())
                    await asyncio.sleep(0)
                speaker.end("a")
                await until_finished(speaker)
        return recording.pcm(), speaker.xruns + handed.lost(recording.pcm())

    recorded = np.frombuffer(await undisturbed(attempt), "<i2")
    assert gaps(recorded) == []
    first = np.flatnonzero(recorded)[0]
    assert np.array_equal(recorded[first : first + len(sound)], sound)
    assert not recorded[first + len(sound) :].any()


async def test_an_answer_that_starves_is_silent_there_and_nowhere_else(virtual_sound: VirtualSound) -> None:
    sound = noise(5)
    pieces = np.split(sound, 8)

    async def attempt() -> tuple[bytes, int]:
        with virtual_sound.record_speaker() as recording:
            async with DeviceSpeaker() as speaker:
                handed = Handed(speaker)
                for piece in pieces:
                    for part in np.split(piece, 5):
                        speaker.play("a", part.tobytes())
                    while speaker._playback.pending:  # noqa: ASYNC110 - no event says that something starves
                        await asyncio.sleep(0.01)
                    await asyncio.sleep(0.05)
                speaker.end("a")
                await until_finished(speaker)
        return recording.pcm(), speaker.xruns + handed.lost(recording.pcm())

    recorded = np.pad(np.frombuffer(await undisturbed(attempt), "<i2"), 3)  # it may begin with the first sound
    silent = gaps(recorded)
    assert len(silent) == len(pieces) - 1
    begins = [int(np.flatnonzero(recorded)[0]), *(end for _, end in silent)]
    for begin, piece in zip(begins, pieces, strict=True):
        # The first step of the fade may be silent, and the gap seem to end after it.
        heard = max(
            (recorded[begin - early : begin - early + len(piece)] for early in range(3)),
            key=lambda one: np.count_nonzero(one == piece),
        )
        assert np.array_equal(heard[FADE_SAMPLES:-FADE_SAMPLES], piece[FADE_SAMPLES:-FADE_SAMPLES])
        assert np.all(np.abs(heard.astype(int)) <= np.abs(piece.astype(int)))
        assert abs(int(heard[-1])) <= 1
