"""The idle time-out, driven by hand: time passes when the test says so."""

from __future__ import annotations

import pytest
from conversation_driver import Driver
from synthetic_voice import silence, voice

from realtime_chat.protocol import client_events as c
from realtime_chat.protocol import sessions
from realtime_chat.server.effects import Think, Wake
from realtime_chat.server.listener import NOTHING_SAID


def answered(**detection) -> Driver:
    """A session whose first answer, of 1 s for each of its two clauses, is done."""
    driver = Driver(turn_detection=sessions.ServerVad(idle_timeout_ms=5_000, **detection))
    driver.say("Hello")
    driver.send(c.ResponseCreate())
    driver.answer()
    return driver


def test_the_time_counts_from_the_end_of_what_is_played():
    assert [wake.seconds for wake in answered().wished(Wake)] == [7.0]


def test_the_model_breaks_the_silence():
    driver = answered()
    driver.wishes.clear()
    driver.send(c.InputAudioBufferAppend(audio=silence(9_000)))
    assert driver.run(driver.conversation.woke()) == [
        "input_audio_buffer.timeout_triggered",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
    ]
    event = driver.last("input_audio_buffer.timeout_triggered")
    assert (event["audio_start_ms"], event["audio_end_ms"]) == (4_000, 9_000)
    assert event["item_id"] == driver.last("input_audio_buffer.committed")["item_id"]
    assert driver.wished(Think)[-1].messages[-1].text == NOTHING_SAID
    driver.send(c.ItemRetrieve(item_id=event["item_id"]))
    assert driver.events[-1]["item"]["content"][0]["audio"]


def test_a_client_that_sends_no_sound_is_spoken_to_all_the_same_and_again():
    driver = answered()
    for _ in range(2):
        driver.run(driver.conversation.woke())
        event = driver.last("input_audio_buffer.timeout_triggered")
        assert event["audio_start_ms"] == event["audio_end_ms"] == 0
        driver.wishes = [wish for wish in driver.wishes if not isinstance(wish, Wake)]
        driver.answer()
        assert [wake.seconds for wake in driver.wished(Wake)] == [7.0]


@pytest.mark.parametrize(
    "event",
    [
        c.InputAudioBufferAppend(audio=silence(600) + voice(500)),
        c.ResponseCreate(),
        c.SessionUpdate(
            session=sessions.RealtimeSession(
                audio=sessions.AudioConfig(input=sessions.InputConfig(turn_detection=sessions.ServerVad()))
            )
        ),
    ],
)
def test_what_happens_before_stops_the_clock(event):
    driver = answered()
    driver.wishes.clear()
    driver.send(event)
    assert [wake.seconds for wake in driver.wished(Wake)] == [None]
    assert driver.run(driver.conversation.woke()) == []


def test_an_answer_that_somebody_interrupts_sets_no_clock():
    driver = answered()
    driver.say("Go on")
    driver.send(c.ResponseCreate())
    driver.wishes = [wish for wish in driver.wishes if not isinstance(wish, Wake)]
    names = driver.send(c.InputAudioBufferAppend(audio=silence(600) + voice(500)))
    assert "response.done" in names
    assert driver.wished(Wake) == []


def test_an_answer_outside_of_the_conversation_sets_no_clock():
    from realtime_chat.protocol.responses import ResponseParams

    driver = Driver(turn_detection=sessions.ServerVad(idle_timeout_ms=5_000))
    driver.say("Hello")
    driver.send(c.ResponseCreate(response=ResponseParams(conversation="none")))
    driver.answer()
    assert driver.last("response.done")
    assert driver.wished(Wake) == []


@pytest.mark.parametrize("detection", [None, sessions.ServerVad(), sessions.SemanticVad()])
def test_without_a_time_out_nobody_is_woken(detection):
    driver = Driver(turn_detection=detection)
    driver.say("Hello")
    driver.send(c.ResponseCreate())
    driver.answer()
    assert driver.wished(Wake) == []
    assert driver.run(driver.conversation.woke()) == []


@pytest.mark.parametrize(("more", "is_spoken_to"), [(3, True), (2, True), (1, False), (0, False)])
def test_where_there_is_no_room_for_the_silence_and_an_answer_nobody_is_spoken_to(monkeypatch, more, is_spoken_to):
    driver = answered()
    monkeypatch.setattr("realtime_chat.server.room.MAX_ITEMS", len(driver.conversation._history) + more)
    names = driver.run(driver.conversation.woke())
    assert names[-1:] == (["response.created"] if is_spoken_to else [])
