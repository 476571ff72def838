from __future__ import annotations

from realtime_chat.session.effects import Hold, Release
from realtime_chat.session.suspicion import HELD_SECONDS, Suspicion


def test_the_sound_is_held_once_and_let_go_once() -> None:
    suspicion = Suspicion()
    assert suspicion.end() == []
    assert suspicion.rise(1.0) == [Hold()]
    assert suspicion.rise(1.1) == []
    assert suspicion.end() == [Release()]
    assert suspicion.end() == []
    assert suspicion.rise(2.0) == [Hold()]


def test_it_does_not_last() -> None:
    suspicion = Suspicion()
    assert suspicion.overdue(9.0) == []
    suspicion.rise(1.0)
    assert suspicion.overdue(1.0 + HELD_SECONDS / 2) == []
    assert suspicion.overdue(1.0 + HELD_SECONDS) == [Release()]
    assert suspicion.overdue(9.0) == []
