from __future__ import annotations

from realtime_chat.session.effects import Flush, Tell
from realtime_chat.session.notices import Placed, Transcript
from realtime_chat.session.places import announced

WORDS = Tell(Transcript("user", "hi", True, "u1"))
FIRST, SECOND = Placed("u1", "user", None), Placed("u2", "user", "u1")


def test_a_place_is_told_before_the_words_and_else_last() -> None:
    assert announced([], []) == []
    assert announced([Flush(), WORDS, WORDS], [FIRST]) == [Flush(), Tell(FIRST), WORDS, WORDS]
    assert announced([WORDS, Flush()], [FIRST, SECOND]) == [Tell(FIRST), WORDS, Flush(), Tell(SECOND)]
