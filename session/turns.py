"""The legal moves between the phases of a conversation.

    CONNECTING ──► LISTENING ◄──► HEARING
                    ▲  │            ▲ │
                    │  ▼            │ ▼
                    │ THINKING ◄────┘─┘
                    │  ▲ │
                    │  │ ▼
                    └─ SPEAKING ──► HEARING          any ──► CLOSED

Sound only comes after thought, and a person who speaks is not spoken over: nothing leads from ``LISTENING`` or
``HEARING`` straight to ``SPEAKING``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from realtime_chat.session.notices import Phase

LEGAL_MOVES: Final[Mapping[Phase, frozenset[Phase]]] = {
    Phase.CONNECTING: frozenset({Phase.LISTENING, Phase.CLOSED}),
    Phase.LISTENING: frozenset({Phase.HEARING, Phase.THINKING, Phase.CLOSED}),
    Phase.HEARING: frozenset({Phase.LISTENING, Phase.THINKING, Phase.CLOSED}),
    Phase.THINKING: frozenset({Phase.LISTENING, Phase.HEARING, Phase.SPEAKING, Phase.CLOSED}),
    Phase.SPEAKING: frozenset({Phase.LISTENING, Phase.HEARING, Phase.THINKING, Phase.CLOSED}),
    Phase.CLOSED: frozenset(),
}
"""From each phase, those that may follow it."""


@dataclass(eq=False)
class IllegalMove(Exception):
    """The machine wanted a move that does not exist: a fault of this program, not of the server or the person."""

    origin: Phase
    target: Phase

    def __str__(self) -> str:
        expected = ", ".join(sorted(phase.value for phase in LEGAL_MOVES[self.origin])) or "nothing"
        return f"{self.origin.value} cannot become {self.target.value}; expected {expected}"


def moved(origin: Phase, target: Phase) -> Phase:
    """Give ``target``, if it may follow ``origin``.

    Raises:
        IllegalMove: It may not.
    """
    if target not in LEGAL_MOVES[origin]:
        raise IllegalMove(origin, target)
    return target
