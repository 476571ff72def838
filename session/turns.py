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
from typing import Final

from realtime_chat.session import moves
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


def moved(origin: Phase, target: Phase) -> Phase:
    """Give ``target``, if it may follow ``origin``.

    Raises:
        IllegalMove: It may not.
    """
    return moves.moved(LEGAL_MOVES, origin, target)
