import asyncio
import gc
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.server.engines.errors import EngineError
from realtime_chat.server.engines.place import Place, Urgency
from realtime_chat.server.engines.worker import Cancel, Worker

WAIT = 20  # seconds; only a test that fails waits for so long


@pytest.fixture
def worker():
    worker = Worker("hearing")
    yield worker
    worker.close()


class Busy:
    """A computation that goes on until it is cancelled."""

    def __init__(self):
        self.begun = threading.Event()
        self.ended = threading.Event()

    def __call__(self, cancel: Cancel) -> None:
        stop = threading.Event()
        self.begun.set()
        with cancel.stopping(stop.set):
            assert stop.wait(WAIT)
        self.ended.set()

    def values(self, cancel: Cancel):
        yield 1
        self(cancel)
        yield 2


async def happened(event: threading.Event) -> bool:
    return await asyncio.to_thread(event.wait, WAIT)


async def test_run_gives_the_result_from_a_thread_of_its_own(worker):
    assert await worker.run(lambda _: threading.current_thread().name) == "hearing_0"


async def test_run_passes_an_exception_on(worker):
    def fail(_: Cancel) -> None:
        raise EngineError("hearing", "no ears")

    with pytest.raises(EngineError, match="no ears"):
        await worker.run(fail)
    assert await worker.run(lambda _: 1) == 1


async def test_cancelling_run_stops_the_computation_and_frees_the_thread(worker):
    busy = Busy()
    task = asyncio.create_task(worker.run(busy))
    assert await happened(busy.begun)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await happened(busy.ended)
    assert await worker.run(bool) is False


async def test_a_computation_cancelled_before_its_turn_is_never_begun(worker):
    busy, begun = Busy(), []
    first = asyncio.create_task(worker.run(busy))
    assert await happened(busy.begun)
    second = asyncio.create_task(worker.run(begun.append))
    await asyncio.sleep(0)
    second.cancel()
    first.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    await worker.run(lambda _: None)
    assert begun == []


async def test_computations_run_one_at_a_time_in_order(worker):
    running, order = [], []

    def compute(number: int) -> None:
        assert not running
        running.append(number)
        order.append(number)
        running.clear()

    await asyncio.gather(*(worker.run(lambda _, n=n: compute(n)) for n in range(20)))
    assert order == list(range(20))


async def test_sessions_are_served_in_turn_and_the_urgent_first(worker):
    busy, order = Busy(), []
    first = asyncio.create_task(worker.run(busy))
    assert await happened(busy.begun)

    async def call(name: str, place: Place) -> None:
        place.take()
        await worker.run(lambda _: order.append(name))

    greedy, other = object(), object()
    calls = [
        *[asyncio.create_task(call(f"greedy {n}", Place(greedy, Urgency.ASIDE))) for n in range(3)],
        asyncio.create_task(call("other", Place(other, Urgency.ASIDE))),
        asyncio.create_task(call("ahead", Place(other, Urgency.AHEAD))),
        asyncio.create_task(call("turn", Place(other, Urgency.TURN))),
    ]
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(*calls)
    assert order == ["turn", "greedy 0", "other", "greedy 1", "greedy 2", "ahead"]


async def test_a_computation_in_steps_lets_others_have_their_turn_in_between(worker):
    busy, order = Busy(), []
    first = asyncio.create_task(worker.run(busy))
    assert await happened(busy.begun)

    async def count(name: str, place: Place, steps: int) -> None:
        place.take()
        left = list(range(steps))

        def compute(_: Cancel, give: Callable[[str], None]) -> bool:
            give(f"{name} {left.pop(0)}")
            return bool(left)

        async for _ in worker.push(lambda cancel, give: compute(cancel, lambda text: (order.append(text), give(text)))):
            pass

    mine, other = object(), object()
    calls = [
        asyncio.create_task(count("a", Place(mine), 3)),
        asyncio.create_task(count("b", Place(mine), 1)),
        asyncio.create_task(count("c", Place(other), 2)),
        asyncio.create_task(count("turn", Place(other, Urgency.TURN), 1)),
    ]
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(*calls)
    assert order == ["turn 0", "a 0", "c 0", "a 1", "c 1", "a 2", "b 0"]


@pytest.mark.parametrize("ending", ["cancelled", "closed"])
async def test_a_computation_in_steps_can_be_ended_between_them(worker, ending):
    busy, steps = Busy(), []

    def compute(cancel: Cancel, give: Callable[[int], None]) -> bool:
        steps.append(len(steps))
        give(steps[-1])
        return True

    stream = worker.push(compute)
    assert await anext(stream) == 0

    async def call() -> None:
        Place().take()
        await worker.run(busy)

    other = asyncio.create_task(call())
    if ending == "cancelled":
        await stream.aclose()
        assert await happened(busy.begun)
        other.cancel()
    else:
        assert await happened(busy.begun)
        worker.close()
        with pytest.raises(EngineError, match="closed"):
            async for _ in stream:
                pass
    await asyncio.gather(other, return_exceptions=True)
    number = len(steps)
    await asyncio.sleep(0.01)
    assert len(steps) == number


async def test_who_stops_waiting_loses_no_turn_to_what_is_not_wanted(worker):
    busy, order = Busy(), []
    first = asyncio.create_task(worker.run(busy))
    assert await happened(busy.begun)
    mine, other = Place(), Place()

    async def call(name: str, place: Place) -> None:
        place.take()
        await worker.run(lambda _: order.append(name))

    dropped = asyncio.create_task(call("dropped", mine))
    calls = [asyncio.create_task(call(name, place)) for name, place in (("other", other), ("mine", mine))]
    await asyncio.sleep(0)
    dropped.cancel()
    await asyncio.gather(dropped, return_exceptions=True)
    first.cancel()
    await asyncio.gather(*calls)
    assert sorted(order) == ["mine", "other"]


@given(st.lists(st.integers()))
def test_stream_gives_everything_in_order(values):
    async def collect() -> list[int]:
        worker = Worker("hearing")
        try:
            return [value async for value in worker.stream(lambda _: iter(values))]
        finally:
            worker.close()

    assert asyncio.run(collect()) == values


async def test_stream_passes_on_what_came_before_an_exception_and_then_the_exception(worker):
    def values(_: Cancel):
        yield 1
        yield 2
        raise EngineError("hearing", "no ears")

    stream = worker.stream(values)
    assert [await anext(stream), await anext(stream)] == [1, 2]
    with pytest.raises(EngineError, match="no ears"):
        await anext(stream)


async def test_closing_the_iterator_early_stops_the_computation(worker):
    busy = Busy()
    async with aclosing(worker.stream(busy.values)) as values:
        async for value in values:
            assert value == 1
            break
    assert await happened(busy.ended)
    assert await worker.run(lambda _: "free") == "free"


async def test_cancelling_the_reader_stops_the_computation(worker):
    busy = Busy()

    async def read() -> None:
        async for _ in worker.stream(busy.values):
            pass

    task = asyncio.create_task(read())
    assert await happened(busy.begun)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await happened(busy.ended)


async def test_an_exception_after_the_caller_has_gone_is_nobodys(worker):
    unheard = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))
    failed = threading.Event()

    def values(cancel: Cancel):
        stop = threading.Event()
        with cancel.stopping(stop.set):
            yield 1
            assert stop.wait(WAIT)
        failed.set()
        raise EngineError("hearing", "too late")

    async with aclosing(worker.stream(values)) as stream:
        assert await anext(stream) == 1
    assert await happened(failed)
    await worker.run(lambda _: None)
    gc.collect()
    assert unheard == []


def test_a_loop_that_closes_under_a_computation_ends_it_without_noise(caplog):
    worker = Worker("hearing")
    go_on, cancelled = threading.Event(), []

    def compute(cancel: Cancel, give: Callable[[int], None]) -> None:
        give(1)
        assert go_on.wait(WAIT)
        give(2)
        cancelled.append(bool(cancel))

    async def begin() -> AsyncGenerator[int, None]:
        stream = worker.push(compute)
        assert await anext(stream) == 1
        return stream

    loop = asyncio.new_event_loop()
    stream = loop.run_until_complete(begin())
    loop.close()  # and nobody closed the iterator
    go_on.set()
    assert asyncio.run(worker.run(lambda _: "free")) == "free"
    assert cancelled == [True]
    assert caplog.records == []
    del stream
    worker.close()


async def test_close_frees_who_waits_and_takes_no_more():
    worker = Worker("speaking")
    busy = Busy()
    waiting = [asyncio.create_task(worker.run(busy)), asyncio.create_task(worker.run(lambda _: 1))]
    assert await happened(busy.begun)
    worker.close()
    for result in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(result, EngineError)
        assert result.engine == "speaking"
    with pytest.raises(EngineError, match="it is closed"):
        await worker.run(lambda _: 1)
    assert await happened(busy.ended)


def test_stopping_a_computation_that_is_cancelled_already_stops_it_at_once():
    cancel, stopped = Cancel(), []
    cancel.set()
    with cancel.stopping(lambda: stopped.append(1)):
        assert stopped == [1]
    cancel.set()
    assert stopped == [1], "outside the block, nothing is stopped"
