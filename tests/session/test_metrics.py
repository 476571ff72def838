from __future__ import annotations

from realtime_chat.protocol.responses import Usage
from realtime_chat.session.metrics import TurnTiming, turn_notice
from realtime_chat.session.notices import Turn


def test_only_the_first_word_and_the_first_sample_count() -> None:
    timing = TurnTiming(ended=10.0, voice_ended=9.5)
    for at in (10.2, 11.0):
        timing.text(at)
    for at in (10.4, 11.0):
        timing.audio(at)
    assert turn_notice(timing, Usage(total_tokens=3)) == Turn(900, 400, 200, Usage(total_tokens=3))


def test_what_was_not_measured_is_not_made_up() -> None:
    assert turn_notice(TurnTiming(ended=10.0, audio_at=10.4), None) == Turn(None, 400, None, None)
    assert turn_notice(None, None) == Turn(None, None, None, None)
