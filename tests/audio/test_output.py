import asyncio
import threading

from realtime_chat.audio.clock import now
from realtime_chat.audio.output import Output
from realtime_chat.audio.playback import Heard, PlaybackFinished, PlaybackStarted

SOFT = b"\x64\0"
"""A sample so soft that an item may begin and end with it without a fade."""


async def test_events_come_in_order_and_no_sample_is_lost_when_another_thread_draws() -> None:
    output = Output()
    output._open()
    drawn = bytearray()
    stop = threading.Event()

    def device() -> None:
        while not stop.is_set():
            drawn.extend(output._draw(37, pad=False))
            stop.wait(0.0001)

    thread = threading.Thread(target=device)
    thread.start()
    events = output.events()
    try:
        for number in range(200):
            item = str(number)
            output.play(item, bytes([1 + number % 100, 0]) * 50)
            await asyncio.sleep(0)
            output.end(item)
            started, finished = await anext(events), await anext(events)
            assert isinstance(started, PlaybackStarted)
            assert isinstance(finished, PlaybackFinished)
            assert started.item_id == finished.item_id == item
            assert started.at <= finished.at
    finally:
        stop.set()
        thread.join()
    assert bytes(drawn) == b"".join(bytes([1 + number % 100, 0]) * 50 for number in range(200))


async def test_what_is_said_after_the_loop_is_gone_goes_nowhere() -> None:
    output = Output()
    output.play("a", b"\1\0")
    output.end("a")
    assert output._draw(1, pad=True) == b"\1\0"  # never opened: nobody to tell


def blocks_of(output: Output) -> list[bytes]:
    tapped: list[bytes] = []
    output.tap(lambda pcm, at: tapped.append(pcm))
    return tapped


async def test_those_who_tap_get_each_block_as_it_sounds() -> None:
    output = Output()
    tapped: list[tuple[bytes, float]] = []
    also = blocks_of(output)
    output.tap(lambda pcm, at: tapped.append((pcm, at)))
    before = now()
    output.play("a", SOFT * 300)
    output.end("a")
    drawn = [output._draw(240, pad=True), output._draw(240, pad=False), output._draw(240, pad=True)]
    assert drawn == [SOFT * 240, SOFT * 60, bytes(480)]
    assert [pcm for pcm, _ in tapped] == also == [SOFT * 240, SOFT * 60 + bytes(360), bytes(480)]
    times = [at for _, at in tapped]
    assert before <= times[0]
    assert times == sorted(times)
    assert times[-1] <= now()
    assert output._last_at == times[1]


async def test_who_waits_is_tapped_for_what_there_is() -> None:
    output = Output()
    tapped = blocks_of(output)
    output.play("a", SOFT * 500)
    assert output._take(240) == SOFT * 240
    assert output._take(240) == SOFT * 140
    assert output._take(240) == b""
    assert tapped == [SOFT * 240, SOFT * 140, b""]


async def test_the_volume_is_that_of_what_is_drawn_next_and_counts_for_nothing() -> None:
    output = Output()
    tapped = blocks_of(output)
    assert output.volume == 1.0
    output.play("a", SOFT * 2000)
    assert output._draw(240, pad=True) == SOFT * 240
    loud = output.level
    output.volume = 0.5
    output._draw(240, pad=True)
    assert output._draw(240, pad=True) == b"\x32\0" * 240
    assert 0 < output.level < loud
    output.volume = 0
    output._draw(240, pad=True)
    assert output._draw(240, pad=True) == bytes(480)
    assert output.level == 0
    assert tapped[2:] == [b"\x32\0" * 240, tapped[3], bytes(480)]
    assert output.flush() == (Heard("a", 1200, 2000),)


async def test_the_volume_changes_the_same_way_through_silence_that_is_not_kept() -> None:
    output = Output()
    output.volume = 0.5
    assert output._draw(240, pad=False) == b""
    output.play("a", SOFT * 400)
    assert output._draw(240, pad=False) == b"\x32\0" * 240
