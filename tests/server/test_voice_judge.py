"""Two detectors: what only the first takes for a voice is none, and what both do is."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import numpy as np
import pytest
from noises import coughs, hum, keyboard, music, pink
from synthetic_voice import silence, voice

from realtime_chat.audio.detector import SileroNetwork
from realtime_chat.protocol.sessions import ServerVad
from realtime_chat.server.detection import detection_of
from realtime_chat.server.input_buffer import Heard, InputBuffer
from realtime_chat.server.voice_judge import CROWD, Networks

SERVER = detection_of(ServerVad())


async def networks(count: int = 1) -> Networks:
    pool = Networks(count)
    for _ in range(count + 1):
        await pool.add()
    return pool


@pytest.mark.parametrize("noise", [keyboard, hum, pink, music, coughs])
async def test_no_noise_opens_a_turn(noise: Callable[[], np.ndarray]):
    sound = np.clip(noise(), -32768, 32767).astype("<i2").tobytes()
    assert Heard.STARTED not in InputBuffer(SERVER, await networks()).append(sound)


async def test_a_voice_opens_a_turn_sooner_than_one_detector_would():
    pool = await networks()
    sound = silence(600) + voice(800)

    def onset(buffer: InputBuffer) -> int:
        for at in range(0, len(sound), 960):
            if Heard.STARTED in list(buffer.append(sound[at : at + 960])):
                return at // 2
        raise AssertionError("nothing was noticed")

    both = onset(InputBuffer(SERVER, pool))
    assert 24 * 600 <= both < onset(InputBuffer(SERVER))


async def test_a_turn_ends_in_the_hum_of_a_machine():
    time = np.arange(24 * 4_000) / 24_000
    drone = 1_500 * sum(np.sin(2 * np.pi * 100 * n * time) / n for n in range(1, 9))
    sound = np.frombuffer(silence(600) + voice(1_000) + silence(2_400), "<i2") + drone
    heard = list(InputBuffer(SERVER, await networks()).append(np.clip(sound, -32768, 32767).astype("<i2").tobytes()))
    assert heard == [Heard.STARTED, Heard.STOPPED]


async def test_a_higher_threshold_needs_a_surer_voice():
    pool = await networks()
    assert Heard.STARTED not in InputBuffer(detection_of(ServerVad(threshold=1.0)), pool).append(
        silence(600) + voice(400, pitch=250)
    )


async def test_a_network_is_borrowed_for_a_voice_and_given_back():
    pool = await networks()
    assert len(pool._free) == 1
    one, other = InputBuffer(SERVER, pool), InputBuffer(SERVER, pool)
    list(one.append(silence(400)))
    assert len(pool._free) == 1
    list(one.append(voice(600)))
    assert len(pool._free) == 0
    assert list(other.append(silence(400) + voice(600))) == [Heard.STARTED]
    list(one.append(silence(500)))
    one.take()
    list(one.append(silence(2_000)))
    assert len(pool._free) == 1
    list(one.append(voice(600)))
    assert len(pool._free) == 0
    one.close()
    one.close()
    assert len(pool._free) == 1


async def test_in_a_crowd_nobody_gets_a_network():
    """Who only listens makes none."""
    pool = await networks()
    crowd = [InputBuffer(SERVER) if number % 2 else InputBuffer(SERVER, pool) for number in range(2 * CROWD + 1)]
    for listening in crowd:
        list(listening.append(silence(400)))
    crowd[0].close()
    assert len(pool._free) == 1
    taken = pool.borrow()
    assert taken is not None
    for speaking in crowd:
        list(speaking.append(voice(600)))
    pool.give_back(taken)
    buffer = InputBuffer(SERVER, pool)
    assert list(buffer.append(silence(400) + voice(600))) == [Heard.STARTED]
    assert len(pool._free) == 1
    crowd[0].close()
    crowd[2].close()
    list(buffer.append(voice(200)))
    assert len(pool._free) == 0
    buffer.close()


async def test_whoever_has_stopped_speaking_makes_no_crowd():
    pool = await networks()
    taken = pool.borrow()
    assert taken is not None
    crowd = [InputBuffer(SERVER, pool) for _ in range(CROWD + 1)]
    for spoken in crowd:
        list(spoken.append(silence(400) + voice(600) + silence(500)))
        spoken.take()
        list(spoken.append(silence(2_000)))
    pool.give_back(taken)
    list(InputBuffer(SERVER, pool).append(silence(400) + voice(600)))
    assert len(pool._free) == 0


async def test_a_session_that_goes_while_its_network_is_made_takes_none_away():
    made = asyncio.Event()
    loop = asyncio.get_running_loop()
    go_on = threading.Event()

    def slow() -> SileroNetwork:
        loop.call_soon_threadsafe(made.set)
        go_on.wait(60)
        return SileroNetwork()

    pool = Networks(1, make=slow)
    task = asyncio.create_task(pool.add())
    await made.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    go_on.set()
    await pool.add()
    assert pool.borrow() is not None


async def test_a_network_has_forgotten_who_had_it_before():
    pool = await networks()
    sound = silence(400) + voice(600) + silence(2_500)
    found = []
    for _ in range(2):
        buffer = InputBuffer(SERVER, pool)
        found.append([(heard, buffer.start, buffer.turn_end) for heard in buffer.append(sound)])
        buffer.close()
    assert found[0] == found[1]


async def test_without_a_network_for_this_machine_one_detector_will_do(caplog):
    def broken() -> SileroNetwork:
        raise OSError("no library")

    pool = Networks(make=broken)
    for _ in range(2):
        await pool.add()
    assert len(caplog.records) == 1
    assert list(InputBuffer(SERVER, pool).append(silence(400) + voice(600))) == [Heard.STARTED]
