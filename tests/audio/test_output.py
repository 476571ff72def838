import asyncio
import threading

from realtime_chat.audio.output import Output
from realtime_chat.audio.playback import PlaybackFinished, PlaybackStarted


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
            output.play(item, bytes([1, number]) * 50)
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
    assert bytes(drawn) == b"".join(bytes([1, number]) * 50 for number in range(200))


async def test_what_is_said_after_the_loop_is_gone_goes_nowhere() -> None:
    output = Output()
    output.play("a", b"\1\0")
    output.end("a")
    assert output._draw(1, pad=True) == b"\1\0"  # never opened: nobody to tell
