from __future__ import annotations

from realtime_chat.audio.errors import AudioError
from realtime_chat.session.error_groups import first_error
from realtime_chat.session.errors import ConnectionLost


def test_the_error_that_says_most_is_the_one() -> None:
    lost, silent, other = ConnectionLost(1006, ""), AudioError("no sound"), ValueError("x")
    assert first_error(BaseExceptionGroup("", [other, ExceptionGroup("", [silent]), lost])) is lost
    assert first_error(BaseExceptionGroup("", [other, silent])) is silent
    assert first_error(BaseExceptionGroup("", [other, KeyError("y")])) is other
