"""What a session makes of the sound that it is sent, in the client's own formats."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from conversation_driver import Driver, manual
from synthetic_voice import silence, voice

from realtime_chat.protocol import client_events as c
from realtime_chat.protocol import items, sessions
from realtime_chat.protocol.responses import ResponseAudio, ResponseOutput, ResponseParams
from realtime_chat.server.defaults import default_transcription_session
from realtime_chat.server.effects import Prepare, Speak, Think, Transcribe, WarmUp
from realtime_chat.server.listener import MAX_APPEND_BYTES
from realtime_chat.server.sound_format import encoded

TELEPHONES = [sessions.PcmuFormat(), sessions.PcmaFormat()]
TURN = [
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
]


def formats(inward=None, outward=None) -> c.SessionUpdate:
    audio = sessions.AudioConfig()
    if inward is not None:
        audio.input = sessions.InputConfig(format=inward)
    if outward is not None:
        audio.output = sessions.OutputConfig(format=outward)
    return c.SessionUpdate(session=sessions.RealtimeSession(audio=audio))


def append(data: bytes) -> c.InputAudioBufferAppend:
    return c.InputAudioBufferAppend(audio=data)


def sound_of(driver: Driver) -> bytes:
    deltas = [event["delta"] for event in driver.events if event["type"] == "response.output_audio.delta"]
    return b"".join(base64.b64decode(delta) for delta in deltas)


@pytest.mark.parametrize("wanted", TELEPHONES)
def test_a_telephone_is_understood_and_its_sound_comes_back_as_it_was_sent(wanted):
    driver = manual()
    assert driver.send(formats(inward=wanted)) == ["session.updated"]
    data = encoded(silence(300) + voice(600), wanted)
    driver.send(append(data))
    driver.send(c.InputAudioBufferCommit())
    decode = driver.wished(Transcribe)[-1]
    assert decode.samples <= 24 * 900
    driver.send(c.ItemRetrieve(item_id=decode.item_id))
    back = base64.b64decode(driver.events[-1]["item"]["content"][0]["audio"])
    assert len(back) == len(data) == 8 * 900
    driver.run(driver.conversation.heard(decode.item_id, decode.samples, "Hi."))
    for again in driver.wished(Transcribe):
        driver.run(driver.conversation.heard(again.item_id, again.samples, "Hi."))
    assert driver.last("conversation.item.input_audio_transcription.completed")["usage"]["seconds"] == 0.9


def test_a_commit_counts_milliseconds_not_bytes():
    driver = manual()
    driver.send(formats(inward=sessions.PcmuFormat()))
    driver.send(append(bytes([0xFF]) * 8 * 99))
    driver.send(c.InputAudioBufferCommit())
    assert "only has 99.00ms" in driver.error["message"]
    driver.send(append(bytes([0xFF]) * 8))
    assert "input_audio_buffer.committed" in driver.send(c.InputAudioBufferCommit())


@pytest.mark.parametrize("wanted", TELEPHONES)
def test_an_answer_comes_in_the_format_of_the_session_whole_and_is_kept_as_it_was_made(wanted):
    driver = manual(modalities=["audio"])
    driver.send(formats(outward=wanted))
    driver.say("Hello")
    driver.send(c.ResponseCreate())
    driver.answer()  # two clauses of a second
    assert len(sound_of(driver)) == 8 * 2_000
    assert driver.done["audio"]["output"]["format"] == {"type": wanted.__struct_config__.tag}
    item_id = driver.done["output"][0]["id"]
    driver.send(c.ItemRetrieve(item_id=item_id))
    assert len(base64.b64decode(driver.events[-1]["item"]["content"][0]["audio"])) == 8 * 2_000
    driver.send(c.ItemTruncate(item_id=item_id, content_index=0, audio_end_ms=1_000))
    driver.send(c.ItemRetrieve(item_id=item_id))
    part = driver.events[-1]["item"]["content"][0]
    assert len(base64.b64decode(part["audio"])) == 8 * 1_000
    assert part["transcript"] == "Hello there."


def test_one_answer_can_have_a_format_of_its_own():
    driver = manual()
    driver.say("Hello")
    output = ResponseOutput(format=sessions.PcmaFormat())
    driver.send(c.ResponseCreate(response=ResponseParams(audio=ResponseAudio(output=output))))
    driver.answer()
    assert len(sound_of(driver)) == 8 * 2_000
    assert driver.done["audio"]["output"]["format"] == {"type": "audio/pcma"}
    output = ResponseOutput(format=sessions.PcmFormat(rate=8_000))
    driver.send(c.ResponseCreate(response=ResponseParams(audio=ResponseAudio(output=output))))
    assert driver.error["param"] == "response.audio.output.format.rate"


def test_an_answer_that_is_stopped_brings_all_of_its_sound_first():
    driver = manual()
    driver.send(formats(outward=sessions.PcmuFormat()))
    driver.say("Hello")
    driver.send(c.ResponseCreate())
    think = driver.wished(Think)[-1]
    driver.run(driver.conversation.wrote(think.work_id, "Hello there. How are you?"))
    driver.speak()
    clauses = len(sound_of(driver))
    driver.send(c.ResponseCancel())
    assert clauses < len(sound_of(driver)) == 8 * 1_000 * round(len(sound_of(driver)) / 8_000)


def test_sound_in_an_item_is_in_the_format_of_the_session():
    driver = manual()
    driver.send(formats(inward=sessions.PcmuFormat()))
    content = [items.InputAudio(audio=encoded(voice(500), sessions.PcmuFormat()))]
    driver.send(c.ItemCreate(item=items.MessageItem(role="user", content=content)))
    assert driver.wished(Transcribe)[-1].samples == 24 * 500


def test_a_change_of_format_loses_nothing_of_what_came_before():
    driver = manual()
    driver.send(formats(inward=sessions.PcmuFormat()))
    driver.send(append(encoded(voice(500), sessions.PcmuFormat())))
    driver.send(formats(inward=sessions.PcmFormat()))
    driver.send(append(voice(500)))
    driver.send(c.InputAudioBufferCommit())
    decode = driver.wished(Transcribe)[-1]
    driver.send(c.ItemRetrieve(item_id=decode.item_id))
    assert len(base64.b64decode(driver.events[-1]["item"]["content"][0]["audio"])) == 2 * 24 * 1_000


def test_turns_are_found_in_the_sound_of_a_telephone():
    driver = Driver()
    driver.send(formats(inward=sessions.PcmaFormat()))
    data = encoded(silence(1_000) + voice(800) + silence(1_000), sessions.PcmaFormat())
    names = []
    for at in range(0, len(data), 160):
        names += driver.send(append(data[at : at + 160]))
    assert names == ["input_audio_buffer.speech_started", *TURN, "response.created"]
    assert 700 <= driver.last("input_audio_buffer.speech_started")["audio_start_ms"] <= 800
    assert 2_250 <= driver.last("input_audio_buffer.speech_stopped")["audio_end_ms"] <= 2_450


def test_an_event_may_bring_fifteen_mebibytes_and_no_more():
    driver = manual()
    driver.send(append(bytes(MAX_APPEND_BYTES + 2)))
    assert (driver.error["code"], driver.error["param"]) == ("invalid_value", "audio")
    assert "15 MiB" in driver.error["message"]
    driver.send(c.InputAudioBufferCommit())
    assert driver.error["code"] == "input_audio_buffer_commit_empty"


def test_a_buffer_that_is_full_stays_as_it_is():
    driver = manual()
    driver.send(formats(inward=sessions.PcmuFormat()))
    minute = bytes([0xFF]) * 8 * 60_000
    for _ in range(10):
        assert driver.send(append(minute)) == []
    driver.send(append(minute))
    assert driver.error["code"] == "input_audio_buffer_full"
    driver.send(c.InputAudioBufferClear())
    assert driver.send(append(minute)) == []


def semantic(**fields) -> Driver:
    return Driver(turn_detection=sessions.SemanticVad(**fields))


def test_a_turn_ends_when_its_words_sound_finished():
    driver = semantic(eagerness="high")
    assert driver.send(append(silence(600) + voice(800) + silence(500))) == ["input_audio_buffer.speech_started"]
    decode = driver.wished(Transcribe)[-1]
    names = driver.run(driver.conversation.heard(decode.item_id, decode.samples, "What is the capital of France?"))
    assert names == [*TURN, "response.created"]
    assert driver.last("input_audio_buffer.speech_stopped")["audio_end_ms"] <= 1_900
    assert driver.wished(Think)[-1].messages[-1].text == "What is the capital of France?"


def test_a_turn_goes_on_after_words_that_trail_off_but_not_for_ever():
    driver = semantic(eagerness="high")
    driver.send(append(silence(600) + voice(800) + silence(500)))
    decode = driver.wished(Transcribe)[-1]
    assert driver.run(driver.conversation.heard(decode.item_id, decode.samples, "I would like a pizza and")) == []
    assert driver.send(append(silence(1_000))) == []
    assert driver.send(append(silence(700))) == [*TURN, "response.created"]


def test_a_turn_whose_words_were_known_already_ends_with_the_silence_they_ask_for():
    driver = semantic(eagerness="low")
    driver.send(append(silence(600) + voice(800) + silence(300)))
    decode = driver.wished(Transcribe)[-1]
    assert driver.run(driver.conversation.heard(decode.item_id, decode.samples, "Stop.")) == []
    assert driver.send(append(silence(300))) == []
    assert driver.send(append(silence(400))) == [*TURN, "response.created"]


def test_words_of_the_middle_of_a_turn_do_not_end_it():
    driver = semantic(eagerness="high")
    driver.send(append(silence(600) + voice(800)))
    decode = driver.wished(Transcribe)[-1]
    driver.send(append(voice(400) + silence(400)))
    assert driver.run(driver.conversation.heard(decode.item_id, decode.samples, "Stop.")) == []


@pytest.mark.parametrize("kind", [sessions.ServerVad, sessions.SemanticVad])
def test_turns_can_be_found_without_being_answered(kind):
    driver = Driver(turn_detection=kind(create_response=False, interrupt_response=False))
    names = driver.send(append(silence(600) + voice(800) + silence(4_600)))
    assert names == ["input_audio_buffer.speech_started", *TURN]
    assert driver.wished(Think) == driver.wished(Speak) == []


def test_an_answer_goes_on_where_nobody_may_interrupt_it():
    driver = Driver(turn_detection=sessions.ServerVad(interrupt_response=False))
    driver.say("Hello")
    driver.send(c.ResponseCreate())
    names = driver.send(append(silence(600) + voice(800) + silence(900)))
    assert names == ["input_audio_buffer.speech_started", *TURN, "error"]
    assert driver.error["code"] == "conversation_already_has_active_response"
    assert driver.error["event_id"] is None
    assert driver.answer()[-2:] == ["response.done", "rate_limits.updated"]
    assert driver.done["status"] == "completed"


def transcribing(**fields) -> Driver:
    driver = Driver(default_transcription_session("sess_1", "model", 0))
    if fields:
        session = sessions.TranscriptionSession(audio=sessions.AudioConfig(input=sessions.InputConfig(**fields)))
        assert driver.send(c.SessionUpdate(session=session)) == ["session.updated"]
    return driver


def test_a_transcription_session_says_that_it_is_one_and_nothing_of_answers():
    session = transcribing().events[0]["session"]
    assert (session["type"], session["object"]) == ("transcription", "realtime.transcription_session")
    assert set(session) == {"type", "object", "id", "expires_at", "audio", "include"}
    assert set(session["audio"]) == {"input"}
    assert session["audio"]["input"]["turn_detection"] == {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 500,
    }


def test_a_transcription_session_writes_down_what_it_hears():
    driver = transcribing()
    names = driver.send(append(silence(600) + voice(900) + silence(900)))
    assert names == ["input_audio_buffer.speech_started", *TURN]
    decode = driver.wished(Transcribe)[-1]
    assert driver.run(driver.conversation.heard(decode.item_id, decode.samples, "So it is.")) == [
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.completed",
    ]
    assert driver.events[-1]["transcript"] == "So it is."
    assert driver.events[-1]["item_id"] == driver.last("input_audio_buffer.committed")["item_id"]
    assert [wish for wish in driver.wishes if not isinstance(wish, Transcribe)] == [WarmUp(speaks=False)]


def test_a_transcription_session_whose_client_commits():
    driver = transcribing(turn_detection=None, transcription=sessions.Transcription(model="x", language="en"))
    driver.send(append(silence(300) + voice(600)))
    assert driver.send(c.InputAudioBufferCommit()) == TURN[1:]
    assert driver.wished(Prepare) == []


def test_a_transcription_session_has_no_answers():
    driver = transcribing()
    driver.say("Hello")
    driver.send(c.ResponseCreate(event_id="mine"))
    assert "transcription session" in driver.error["message"]
    assert driver.error["event_id"] == "mine"
    driver.send(c.ResponseCancel())
    assert driver.error["code"] == "response_cancel_not_active"


def test_what_a_session_is_for_cannot_be_changed():
    driver = Driver()
    driver.send(c.SessionUpdate(session=sessions.TranscriptionSession()))
    assert driver.error["code"] == "invalid_parameter"
    assert "transcription session update event to a realtime session" in driver.error["message"]
    driver = transcribing()
    driver.send(c.SessionUpdate(session=sessions.RealtimeSession()))
    assert "realtime session update event to a transcription session" in driver.error["message"]
    output = sessions.AudioConfig(output=sessions.OutputConfig(speed=1.0))
    driver.send(c.SessionUpdate(session=sessions.TranscriptionSession(audio=output)))
    assert driver.error["param"] == "session.audio.output"


def test_probabilities_of_words_may_be_asked_for_and_are_left_out():
    driver = transcribing()
    wanted = ["item.input_audio_transcription.logprobs"]
    driver.send(c.SessionUpdate(session=sessions.TranscriptionSession(include=wanted)))
    assert driver.events[-1]["session"]["include"] == wanted
    driver.send(append(silence(600) + voice(900) + silence(900)))
    decode = driver.wished(Transcribe)[-1]
    driver.run(driver.conversation.heard(decode.item_id, decode.samples, "So it is."))
    assert "logprobs" not in driver.events[-1]


def test_the_sound_of_a_turn_is_what_was_sent_of_it():
    driver = Driver(turn_detection=sessions.ServerVad(prefix_padding_ms=200, silence_duration_ms=400))
    sound = silence(1_000) + voice(800) + silence(1_000)
    driver.send(append(sound))
    start = driver.last("input_audio_buffer.speech_started")["audio_start_ms"]
    end = driver.last("input_audio_buffer.speech_stopped")["audio_end_ms"]
    driver.send(c.ItemRetrieve(item_id=driver.last("input_audio_buffer.committed")["item_id"]))
    kept = base64.b64decode(driver.events[-1]["item"]["content"][0]["audio"])
    assert kept == sound[48 * start : 48 * end]
    assert np.frombuffer(kept, "<i2").any()
