"""`FairQueue`: what waits for an engine, and which of it comes next. Pure."""

from __future__ import annotations

from typing import Generic, TypeVar

from realtime_chat.server.engines.place import Place, Urgency

J = TypeVar("J")

PATIENCE = 8
"""Jobs that may be taken while less urgent ones wait; then one of these is."""


class FairQueue(Generic[J]):
    """Jobs of several owners. The most urgent come first; of equally urgent ones, each owner's in turn.

    A job that is the first of its owner's waits for at most one as urgent job of each other owner. The jobs of one
    owner that are as urgent come in order. No job waits for ever: after `PATIENCE` more urgent ones, a less urgent one
    is taken, and the least urgent are not passed over for much longer.

    A place may become more urgent while its job waits. Taking looks at all jobs: there are some hundreds at most, and
    an engine works for milliseconds at least.
    """

    def __init__(self) -> None:
        self._jobs: list[tuple[Place, J]] = []
        self._turns: dict[tuple[Urgency, int], int] = {}
        self._next_turn = 0
        self._passed = dict.fromkeys(Urgency, 0)

    def __len__(self) -> int:
        return len(self._jobs)

    def put(self, place: Place, job: J, *, first: bool = False) -> None:
        """Add a job: ``first`` of its owner's where it goes on with what was begun, and last else."""
        self._jobs.insert(0 if first else len(self._jobs), (place, job))
        self._turn(place.urgency, place)

    def remove(self, job: J) -> None:
        """Take a job out without doing it; one that is not here is fine."""
        self._jobs = [(place, other) for place, other in self._jobs if other is not job]
        self._forget([place.urgency for place, _ in self._jobs])

    def clear(self) -> list[J]:
        """Take all jobs out without doing them, and give them."""
        jobs, self._jobs = [job for _, job in self._jobs], []
        self._turns.clear()
        return jobs

    def take(self) -> J | None:
        """Take out the job that comes next; None where there is none."""
        urgencies = [place.urgency for place, _ in self._jobs]  # read once: another thread may change them
        if not urgencies:
            return None
        chosen = self._choose(sorted(set(urgencies)))
        heads: dict[int, int] = {}
        for index, (place, _) in enumerate(self._jobs):
            if urgencies[index] is chosen:
                heads.setdefault(id(place.owner), index)
        at = min(heads.values(), key=lambda index: self._turn(chosen, self._jobs[index][0]))
        place, job = self._jobs.pop(at)
        del urgencies[at], self._turns[chosen, id(place.owner)]
        self._forget(urgencies)
        if any(
            other.owner is place.owner and urgencies[index] is chosen for index, (other, _) in enumerate(self._jobs)
        ):
            self._turn(chosen, place)
        return job

    def _turn(self, urgency: Urgency, place: Place) -> int:
        """Give an owner's turn among the equally urgent; who has none yet comes last."""
        key = (urgency, id(place.owner))
        if key not in self._turns:
            self._turns[key] = self._next_turn
            self._next_turn += 1
        return self._turns[key]

    def _forget(self, urgencies: list[Urgency]) -> None:
        """Keep the turns of those who wait."""
        waiting = {(urgency, id(place.owner)) for urgency, (place, _) in zip(urgencies, self._jobs, strict=True)}
        self._turns = {key: turn for key, turn in self._turns.items() if key in waiting}

    def _choose(self, waiting: list[Urgency]) -> Urgency:
        """Say how urgent the next job is to be, and count whom that passes over."""
        chosen = next((one for one in waiting[1:] if self._passed[one] >= PATIENCE), waiting[0])
        for one in Urgency:
            if one is chosen or one not in waiting:
                self._passed[one] = 0
            elif one > chosen:
                self._passed[one] += 1
        return chosen
