from __future__ import annotations

from enum import Enum, auto

import pytest

from realtime_chat.session.moves import IllegalMove, moved


class Door(Enum):
    OPEN = auto()
    SHUT = auto()
    GONE = auto()


LEGAL = {
    Door.OPEN: frozenset({Door.SHUT, Door.GONE}),
    Door.SHUT: frozenset({Door.OPEN}),
    Door.GONE: frozenset[Door](),
}


def test_a_legal_move_is_made() -> None:
    assert moved(LEGAL, Door.OPEN, Door.SHUT) is Door.SHUT


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        (Door.OPEN, "open cannot become open; expected gone, shut"),
        (Door.GONE, "gone cannot become open; expected nothing"),
    ],
)
def test_another_says_what_was_expected(origin: Door, said: str) -> None:
    with pytest.raises(IllegalMove) as caught:
        moved(LEGAL, origin, Door.OPEN)
    assert str(caught.value) == said
