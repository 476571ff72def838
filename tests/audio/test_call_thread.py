import asyncio
import threading

import pytest

from realtime_chat.audio.call_thread import CallThread


async def test_calls_are_made_in_their_order_on_one_thread_that_is_not_ours() -> None:
    thread = CallThread("test")
    made: list[tuple[int, int]] = []
    calls = [thread.call(lambda number=number: made.append((number, threading.get_ident()))) for number in range(50)]
    await asyncio.gather(*calls)
    assert [number for number, _ in made] == list(range(50))
    (ident,) = {ident for _, ident in made}
    assert ident != threading.get_ident()


async def test_results_and_errors_come_back() -> None:
    thread = CallThread("test")
    assert await thread.call(lambda: 42) == 42
    with pytest.raises(ZeroDivisionError):
        await thread.call(lambda: 1 // 0)
    assert await thread.call(lambda: "still there") == "still there"


async def test_a_call_that_nobody_waits_for_any_more_is_made_all_the_same() -> None:
    thread, go, made = CallThread("test"), threading.Event(), []
    first = thread.call(go.wait)
    given_up = [thread.call(lambda: made.append(1)), thread.call(lambda: 1 // 0)]
    for call in (first, *given_up):
        call.cancel()
    go.set()
    await thread.call(lambda: None)
    assert made == [1]


def test_a_call_that_outlives_the_loop_hurts_nobody() -> None:
    thread, go, over = CallThread("test"), threading.Event(), threading.Event()

    async def begin() -> None:
        thread.call(go.wait)

    asyncio.run(begin())
    go.set()

    async def then() -> str:
        thread.call(over.set)
        return await thread.call(lambda: "next")

    assert asyncio.run(then()) == "next"
    assert over.is_set()
