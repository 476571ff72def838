"""Whoever is in the queue, with whatever, is served in turn."""

from __future__ import annotations

from collections import Counter
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.server.engines.fair_queue import PATIENCE, FairQueue
from realtime_chat.server.engines.place import Place, Urgency

OWNERS = 4
owners = st.integers(0, OWNERS - 1)
puts = st.tuples(owners, st.sampled_from(Urgency))
steps = st.lists(puts | st.none(), max_size=120)
"""Who puts what; None is a job taken."""

Job = tuple[int, Urgency, int]


def play(queue: FairQueue[Job], steps: list[tuple[int, Urgency] | None]) -> list[tuple[str, Job]]:
    """Do the steps and empty the queue; give what was put and taken, in order."""
    told, numbers = [], count()
    for step in steps:
        if step is None:
            job = queue.take()
            assert (job is None) == (
                not {job for what, job in told if what == "put"} - {j for w, j in told if w == "took"}
            )
            if job is not None:
                told.append(("took", job))
        else:
            job = (*step, next(numbers))
            queue.put(Place(step[0], step[1]), job)
            told.append(("put", job))
    while (job := queue.take()) is not None:
        told.append(("took", job))
    return told


@given(steps)
def test_nothing_is_lost_and_an_owner_s_jobs_of_one_urgency_come_in_order(steps):
    told = play(FairQueue(), steps)
    taken = [job for what, job in told if what == "took"]
    assert sorted(taken) == sorted(job for what, job in told if what == "put")
    for owner in range(OWNERS):
        for urgency in Urgency:
            own = [number for who, how, number in taken if (who, how) == (owner, urgency)]
            assert own == sorted(own)


def stays(told: list[tuple[str, Job]]):
    """For each job: what was taken while it was the first of its owner's that is as urgent."""
    ahead: dict[tuple[int, Urgency], list[Job]] = {}
    since: dict[Job, list[Job]] = {}
    for what, job in told:
        line = ahead.setdefault(job[:2], [])
        if what == "put":
            line.append(job)
        else:
            for other, passed in since.items():
                if other != job:
                    passed.append(job)
            yield job, since.pop(job)
            line.remove(job)
        if line:
            since.setdefault(line[0], [])


@given(steps)
def test_no_job_waits_for_more_than_one_as_urgent_job_of_each_other_owner(steps):
    for (owner, urgency, _), passed in stays(play(FairQueue(), steps)):
        as_urgent = Counter(who for who, how, _ in passed if how is urgency)
        assert all(times == 1 for times in as_urgent.values())
        assert owner not in as_urgent


@given(steps)
def test_nothing_starves(steps):
    for (_, urgency, _), passed in stays(play(FairQueue(), steps)):
        rounds = 1 + len([how for _, how, _ in passed if how is urgency])
        assert len(passed) <= rounds * (PATIENCE + len(Urgency))


def test_the_urgent_come_first():
    queue: FairQueue[str] = FairQueue()
    me, other = object(), object()
    queue.put(Place(me, Urgency.AHEAD), "partial")
    queue.put(Place(me, Urgency.ASIDE), "aside")
    queue.put(Place(other, Urgency.TURN), "turn")
    assert [queue.take() for _ in range(4)] == ["turn", "aside", "partial", None]


def test_what_becomes_urgent_while_it_waits_is_taken_as_such():
    queue: FairQueue[str] = FairQueue()
    place = Place(object(), Urgency.AHEAD)
    queue.put(place, "partial")
    queue.put(Place(object(), Urgency.ASIDE), "aside")
    place.urgency = Urgency.TURN
    assert [queue.take(), queue.take()] == ["partial", "aside"]


def test_who_has_much_to_do_waits_like_everybody():
    queue: FairQueue[str] = FairQueue()
    greedy, other = object(), object()
    for number in range(8):
        queue.put(Place(greedy), f"greedy {number}")
    assert queue.take() == "greedy 0"
    queue.put(Place(other), "other")
    assert [queue.take(), queue.take()] == ["greedy 1", "other"]


@given(steps, st.data())
def test_a_job_that_is_taken_out_is_as_if_it_had_never_come(steps, data):
    queue: FairQueue[Job] = FairQueue()
    jobs = [(*step, number) for number, step in enumerate(steps) if step is not None]
    for job in jobs:
        queue.put(Place(job[0], job[1]), job)
    kept = [job for job in jobs if data.draw(st.booleans()) or queue.remove(job)]
    assert len(queue) == len(kept)
    assert sorted(queue.clear()) == sorted(kept)
    assert queue.take() is None
