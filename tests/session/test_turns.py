from __future__ import annotations

import pytest

from realtime_chat.session.moves import IllegalMove
from realtime_chat.session.notices import Phase
from realtime_chat.session.turns import LEGAL_MOVES, moved


@pytest.mark.parametrize("origin", Phase)
@pytest.mark.parametrize("target", Phase)
def test_every_move_is_legal_or_raises(origin: Phase, target: Phase) -> None:
    if target in LEGAL_MOVES[origin]:
        assert moved(origin, target) is target
    else:
        with pytest.raises(IllegalMove) as caught:
            moved(origin, target)
        assert origin.value in str(caught.value)
        assert "expected" in str(caught.value)


def test_the_table_is_as_it_is_meant() -> None:
    assert all(Phase.CLOSED in targets for origin, targets in LEGAL_MOVES.items() if origin is not Phase.CLOSED)
    assert not any(Phase.CONNECTING in targets for targets in LEGAL_MOVES.values())
    assert Phase.SPEAKING not in LEGAL_MOVES[Phase.HEARING] | LEGAL_MOVES[Phase.LISTENING]
