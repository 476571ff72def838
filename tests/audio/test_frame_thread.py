from __future__ import annotations

import asyncio
import threading
from functools import partial
from queue import SimpleQueue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.audio.frame import FRAME_BYTES, FRAME_SAMPLES, Frame
from realtime_chat.audio.frame_thread import Cut, perceived
from realtime_chat.audio.memory import MemoryMicrophone


def frames(begin: int, count: int) -> list[Frame]:
    return [Frame((begin + index) * FRAME_SAMPLES, bytes(FRAME_BYTES)) for index in range(count)]


@given(st.lists(st.integers(0, 3), max_size=12))
def test_every_frame_is_made_into_something_once_and_in_order(counts: list[int]) -> None:
    cuts: SimpleQueue[Cut | None] = SimpleQueue()
    begin = 0
    for count in counts:
        cuts.put(partial(frames, begin, count))
        begin += count
    cuts.put(None)

    async def gather() -> list[int]:
        return [position async for position in perceived(cuts, lambda frame: frame.position)]

    assert asyncio.run(gather()) == [index * FRAME_SAMPLES for index in range(begin)]


async def test_it_is_made_on_another_thread_which_is_over_with_it() -> None:
    cuts: SimpleQueue[Cut | None] = SimpleQueue()
    cuts.put(partial(frames, 0, 1))
    cuts.put(partial(frames, 1, 1))
    made = perceived(cuts, lambda _: threading.current_thread())
    thread = await anext(made)
    assert thread is not threading.current_thread()
    await made.aclose()
    assert not thread.is_alive()


async def test_what_goes_wrong_there_is_raised_here() -> None:
    cuts: SimpleQueue[Cut | None] = SimpleQueue()
    cuts.put(partial(frames, 0, 1))

    def fail(_: Frame) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await anext(perceived(cuts, fail))


async def test_what_comes_on_the_event_loop_is_made_on_another_thread_too() -> None:
    microphone = MemoryMicrophone(bytes(2 * FRAME_BYTES))
    made = [one async for one in microphone.perceive(lambda frame: (frame.position, threading.current_thread()))]
    assert [position for position, _ in made] == [0, FRAME_SAMPLES]
    assert threading.current_thread() not in [thread for _, thread in made]
