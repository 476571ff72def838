import asyncio
import gc

from realtime_chat.server.cluster.caller import Caller, Callers
from realtime_chat.server.engines.place import Place, Urgency, current_place


async def taken(callers: Callers, caller: Caller) -> Place:
    """What a call of a caller's has for a place."""

    async def call() -> Place:
        callers.take_place(caller)
        return current_place()

    return await asyncio.create_task(call())


async def caller_in(place: Place, urgency: Urgency | None = None) -> Caller:
    async def call() -> Caller:
        place.take()
        return Caller.current(urgency)

    return await asyncio.create_task(call())


async def test_a_place_is_the_same_on_the_other_side():
    callers, one, other = Callers(), object(), object()
    first = await taken(callers, await caller_in(Place(one, Urgency.AHEAD)))
    second = await taken(callers, await caller_in(Place(one, Urgency.TURN)))
    third = await taken(callers, await caller_in(Place(other, Urgency.TURN)))
    assert first.owner is second.owner
    assert third.owner is not first.owner
    assert [place.urgency for place in (first, second, third)] == [Urgency.AHEAD, Urgency.TURN, Urgency.TURN]


async def test_what_could_be_hurried_goes_as_urgent_as_it_may_come_to_be():
    assert (await caller_in(Place(object(), Urgency.AHEAD), Urgency.TURN)).urgency is Urgency.TURN


async def test_who_calls_no_more_is_forgotten():
    callers = Callers()
    place = await taken(callers, Caller("a", Urgency.TURN))
    assert len(callers._owners) == 1
    del place
    await asyncio.sleep(0)  # the loop lets go of what the task was
    gc.collect()
    assert len(callers._owners) == 0
