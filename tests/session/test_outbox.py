from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.protocol.client_events import AnyClientEvent, InputAudioBufferAppend, InputAudioBufferCommit
from realtime_chat.session.outbox import MOST_EVENTS, MOST_SOUND, Outbox, Room

SOUND = InputAudioBufferAppend(audio=b"")
WORD = InputAudioBufferCommit()


def test_sound_is_dropped_before_words() -> None:
    outbox = Outbox()
    assert [outbox.put(SOUND) for _ in range(MOST_SOUND)] == [Room.TAKEN] * MOST_SOUND
    assert outbox.put(SOUND) is Room.DROPPED
    assert outbox.put(WORD) is Room.TAKEN
    outbox.take()
    assert outbox.put(SOUND) is Room.TAKEN


def test_there_is_an_end_to_words_too() -> None:
    outbox = Outbox()
    assert {outbox.put(WORD) for _ in range(MOST_EVENTS)} == {Room.TAKEN}
    assert outbox.put(WORD) is Room.FULL
    assert len(outbox) == MOST_EVENTS


def test_nothing_is_in_an_empty_one() -> None:
    with pytest.raises(IndexError):
        Outbox().take()


@given(st.lists(st.sampled_from(["sound", "word", "take"]), max_size=50))
def test_what_goes_in_comes_out_in_order(steps: list[str]) -> None:
    outbox = Outbox()
    expected: list[AnyClientEvent] = []
    for step in steps:
        if step == "take":
            if expected:
                assert outbox.take() is expected.pop(0)
            continue
        event = SOUND if step == "sound" else InputAudioBufferCommit()
        assert outbox.put(event) is Room.TAKEN
        expected.append(event)
    assert len(outbox) == len(expected)
