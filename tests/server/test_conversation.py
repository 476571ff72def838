"""The conversation machine, driven by hand: a client on one side, engines on the other, nothing in between."""

from __future__ import annotations

import pytest
from conversation_driver import Driver, manual
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_voice import silence, voice

from realtime_chat.protocol import client_events as c
from realtime_chat.protocol import items, sessions
from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.protocol.responses import ResponseAudio, ResponseOutput, ResponseParams
from realtime_chat.server.answerer import UNINTELLIGIBLE
from realtime_chat.server.effects import Abandon, Prepare, Speak, Think, Transcribe, WarmUp
from realtime_chat.server.engines.seam import ChatMessage, TokenUsage, ToolCall

ENDING = ["response.done", "rate_limits.updated"]


def with_detection(**fields) -> sessions.RealtimeSession:
    audio_input = sessions.InputConfig(turn_detection=sessions.ServerVad(**fields))
    return sessions.RealtimeSession(audio=sessions.AudioConfig(input=audio_input))


def test_a_session_begins_with_its_whole_configuration():
    session = Driver().events[0]["session"]
    assert session["audio"]["input"]["turn_detection"]["type"] == "server_vad"
    assert session["audio"]["output"]["format"] == {"type": "audio/pcm", "rate": 24_000}


def test_an_update_changes_what_it_names_and_nothing_else():
    driver = Driver()
    assert driver.update(instructions="Be brief.", turn_detection=sessions.ServerVad(silence_duration_ms=250)) == [
        "session.updated"
    ]
    session = driver.events[-1]["session"]
    assert session["instructions"] == "Be brief."
    assert session["model"] == "model"
    assert session["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 250
    assert session["audio"]["input"]["turn_detection"]["threshold"] == 0.5
    assert session["audio"]["output"]["voice"] == "alloy"
    assert driver.wished(Prepare)[-1].messages == (ChatMessage("system", "Be brief."),)


def test_only_what_is_read_first_is_read_ahead_anew():
    driver = manual()
    driver.wishes.clear()
    driver.update(turn_detection=sessions.ServerVad(silence_duration_ms=250))
    driver.update(max_output_tokens=100)
    assert not driver.wished(Prepare)
    driver.update(instructions="Be brief.")
    driver.update(tools=[sessions.FunctionTool(name="clock", parameters={"type": "object"})])
    assert len(driver.wished(Prepare)) == 2


@pytest.mark.parametrize(
    "session",
    [
        sessions.TranscriptionSession(),
        sessions.RealtimeSession(output_modalities=["audio", "text"]),
        sessions.RealtimeSession(include=["everything"]),
        sessions.RealtimeSession(
            audio=sessions.AudioConfig(output=sessions.OutputConfig(format=sessions.PcmFormat(rate=16_000)))
        ),
        sessions.RealtimeSession(audio=sessions.AudioConfig(output=sessions.OutputConfig(speed=9.0))),
        sessions.RealtimeSession(max_output_tokens=0),
        with_detection(prefix_padding_ms=-1_000),
        with_detection(idle_timeout_ms=999),
        with_detection(silence_duration_ms=10**12),
        with_detection(threshold=2.0),
    ],
)
def test_an_update_that_asks_for_the_impossible_is_refused_whole(session):
    driver = Driver()
    if isinstance(session, sessions.RealtimeSession):
        session.instructions = "changed"
    assert driver.send(c.SessionUpdate(session=session, event_id="mine")) == ["error"]
    assert driver.events[-1]["error"]["event_id"] == "mine"
    assert driver.conversation.session.instructions != "changed"


def test_a_typed_turn_in_text():
    driver = Driver(modalities=["text"])
    assert driver.say("Hello") == ["conversation.item.added", "conversation.item.done"]
    assert driver.send(c.ResponseCreate()) == ["response.created"]
    assert driver.wished(Think)[-1].messages[-1] == ChatMessage("user", "Hello")
    driver.wishes.clear()
    driver.send(c.ResponseCancel())
    assert driver.send(c.ResponseCreate()) == ["response.created"]
    assert driver.answer() == [
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
        "rate_limits.updated",
    ]
    response = driver.done
    assert response["status"] == "completed"
    assert response["usage"]["total_tokens"] == 16
    assert response["usage"]["input_token_details"]["cached_tokens"] == 4
    assert not any(isinstance(wish, WarmUp) for wish in driver.wishes)


def test_a_spoken_turn_that_the_client_ends():
    driver = manual()
    assert driver.wished(WarmUp)
    sound = silence(300) + voice(1_000) + silence(500)
    assert driver.send(c.InputAudioBufferAppend(audio=sound)) == []
    decode = driver.wished(Transcribe)[-1]
    assert driver.run(driver.conversation.heard(decode.item_id, decode.samples, "What is it?")) == []
    assert driver.wishes[-1].messages[-1] == ChatMessage("user", "What is it?")
    assert driver.send(c.InputAudioBufferCommit()) == [
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.completed",
    ]
    assert driver.events[-1]["item_id"] == decode.item_id
    assert driver.send(c.ResponseCreate()) == ["response.created"]
    assert driver.answer() == [
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_audio_transcript.delta",
        *["response.output_audio.delta"] * 4,
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
        "rate_limits.updated",
    ]
    assert driver.last("response.content_part.added")["part"] == {"type": "audio", "transcript": ""}


def test_an_answer_waits_for_the_words_it_answers():
    driver = manual()
    driver.send(c.InputAudioBufferAppend(audio=silence(300) + voice(600)))
    early = driver.wished(Transcribe)[-1]
    driver.send(c.InputAudioBufferCommit())
    driver.send(c.ResponseCreate())
    assert not driver.wished(Think)
    driver.run(driver.conversation.heard(early.item_id, early.samples, "too"))
    late = driver.wished(Transcribe)
    if late:  # the early decode stopped short of the voice's end
        assert not driver.wished(Think)
        driver.run(driver.conversation.heard(late[-1].item_id, late[-1].samples, "too early"))
    assert driver.wished(Think)[-1].messages[-1].text.startswith("too")


def drafting() -> Driver:
    """A person said something, and its answer is begun before anybody asks for it."""
    driver = manual()
    driver.send(c.InputAudioBufferAppend(audio=silence(300) + voice(1_000) + silence(300)))
    decode = driver.wished(Transcribe)[-1]
    driver.run(driver.conversation.heard(decode.item_id, decode.samples, "What is it?"))
    return driver


def test_an_answer_begun_in_the_silence_is_there_when_it_is_asked_for():
    driver = drafting()
    assert driver.answer("Paris. It is big.") == []
    driver.send(c.InputAudioBufferCommit())
    names = driver.send(c.ResponseCreate())
    assert not driver.wished(Think)
    assert [names[0], *names[-2:]] == ["response.created", *ENDING]
    assert names.count("response.output_audio.delta") == 4
    assert driver.done["output"][0]["content"][0]["transcript"] == "Paris. It is big."
    assert (
        driver.last("response.output_item.added")["item"]["id"] in driver.last("conversation.item.added")["item"]["id"]
    )
    assert (
        driver.last("conversation.item.added")["previous_item_id"]
        == driver.last("input_audio_buffer.committed")["item_id"]
    )


def test_an_answer_half_made_in_the_silence_goes_on():
    driver = drafting()
    work_id = driver.wished(Think)[-1].work_id
    driver.run(driver.conversation.wrote(work_id, "It is "))
    driver.send(c.InputAudioBufferCommit())
    assert driver.send(c.ResponseCreate())[-1] == "response.output_audio_transcript.delta"
    driver.run(driver.conversation.wrote(work_id, "big."))
    driver.run(driver.conversation.finished_writing(work_id, TokenUsage(1, 0, 1)))
    assert driver.speak()[-2:] == ENDING


@pytest.mark.parametrize("what", ["more speech", "cleared", "other instructions", "failed"])
def test_an_answer_begun_too_soon_is_dropped(what):
    driver = drafting()
    work_id = driver.wished(Think)[-1].work_id
    match what:
        case "more speech":
            driver.send(c.InputAudioBufferAppend(audio=voice(400)))
        case "cleared":
            driver.send(c.InputAudioBufferClear())
        case "other instructions":
            driver.send(c.InputAudioBufferCommit())
            driver.send(c.ResponseCreate(response=ResponseParams(instructions="Sing.")))
            assert driver.wished(Think)[-1].messages[0].text == "Sing."
        case "failed":
            driver.run(driver.conversation.failed(work_id, "Broken."))
            driver.send(c.InputAudioBufferCommit())
            driver.send(c.ResponseCreate())
            assert driver.wished(Think)
    assert driver.wished(Abandon)[-1].work_id == work_id
    assert driver.run(driver.conversation.wrote(work_id, "late")) == []


def test_nothing_said_in_a_turn_that_is_found_here_is_nothing_answered():
    driver = Driver()
    driver.send(c.InputAudioBufferAppend(audio=silence(500) + voice(900) + silence(900)))
    decode = driver.wished(Transcribe)[-1]
    names = driver.run(driver.conversation.heard(decode.item_id, decode.samples, ""))
    for again in driver.wished(Transcribe):
        names += driver.run(driver.conversation.heard(again.item_id, again.samples, ""))
    assert names[-2:] == ["response.done", "rate_limits.updated"]
    assert driver.done["output"] == []
    assert not driver.wished(Think)


def test_what_the_client_asks_for_is_answered_even_if_nothing_was_said():
    driver = manual()
    driver.say("Hello")
    driver.send(c.InputAudioBufferAppend(audio=silence(500)))
    driver.send(c.InputAudioBufferCommit())
    decode = driver.wished(Transcribe)[-1]
    driver.run(driver.conversation.heard(decode.item_id, decode.samples, ""))
    assert driver.events[-1]["transcript"] == ""
    driver.wishes.clear()
    for params in (ResponseParams(), ResponseParams(conversation="none")):
        assert driver.send(c.ResponseCreate(response=params)) == ["response.created"]
        texts = [message.text for message in driver.wished(Think)[-1].messages[1:]]
        assert texts == ["Hello", UNINTELLIGIBLE]
    driver.say("And now?")
    driver.send(c.ResponseCancel())
    driver.send(c.ResponseCreate())
    assert [message.text for message in driver.wished(Think)[-1].messages[1:]] == ["Hello", "And now?"]


def test_what_is_committed_by_hand_is_listened_to_even_if_there_seems_to_be_no_voice():
    driver = manual()
    driver.send(c.InputAudioBufferAppend(audio=silence(500)))
    driver.send(c.InputAudioBufferCommit())
    decode = driver.wished(Transcribe)[-1]
    assert decode.samples == 24 * 500
    driver.run(driver.conversation.heard(decode.item_id, decode.samples, "Psst."))
    assert driver.events[-1]["transcript"] == "Psst."


@pytest.mark.parametrize("responds", [True, False])
def test_no_answer_is_begun_where_none_will_be_wanted(responds):
    driver = Driver(turn_detection=sessions.ServerVad(create_response=responds))
    driver.send(c.InputAudioBufferAppend(audio=silence(500) + voice(1_000) + silence(300)))
    decode = driver.wished(Transcribe)[-1]
    driver.run(driver.conversation.heard(decode.item_id, decode.samples, "What is it?"))
    assert bool(driver.wished(Think)) is responds


def test_a_turn_that_the_server_finds():
    driver = Driver(transcription=sessions.Transcription())
    names = driver.send(c.InputAudioBufferAppend(audio=silence(500) + voice(900) + silence(900)))
    assert names[:5] == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
    ]
    assert names[-1] == "response.created"
    started, stopped = (
        driver.last("input_audio_buffer.speech_started"),
        driver.last("input_audio_buffer.speech_stopped"),
    )
    assert started["item_id"] == stopped["item_id"] == driver.last("input_audio_buffer.committed")["item_id"]
    assert 0 <= started["audio_start_ms"] < 900 < stopped["audio_end_ms"] < 2_300
    decode = driver.wished(Transcribe)[-1]
    driver.run(driver.conversation.heard(decode.item_id, decode.samples, "Hello"))
    assert "response.done" in driver.answer()


@pytest.mark.parametrize(
    "wanted", [sessions.SemanticVad(), sessions.SemanticVad(eagerness="high"), sessions.ServerVad(threshold=0.3)]
)
def test_a_turn_detection_that_leaves_most_to_the_server_answers_and_interrupts(wanted):
    driver = Driver(turn_detection=wanted)
    told = driver.events[-1]["session"]["audio"]["input"]["turn_detection"]
    assert (told["create_response"], told["interrupt_response"]) == (True, True)
    turn = silence(500) + voice(900) + silence(4_500)  # no words come, so semantic detection waits its longest
    assert "response.created" in driver.send(c.InputAudioBufferAppend(audio=turn))
    names = driver.send(c.InputAudioBufferAppend(audio=turn))
    assert names.index("response.done") < names.index("input_audio_buffer.committed")


def test_a_turn_detection_that_only_detects():
    driver = Driver(turn_detection=sessions.ServerVad(create_response=False, interrupt_response=False))
    driver.say("Hello")
    driver.send(c.ResponseCreate())
    names = driver.send(c.InputAudioBufferAppend(audio=silence(500) + voice(900) + silence(900)))
    assert "input_audio_buffer.committed" in names
    assert not [name for name in names if name.startswith("response")]


def test_a_turn_that_the_client_cuts_in_two():
    driver = Driver()
    driver.send(c.InputAudioBufferAppend(audio=silence(400) + voice(600)))
    driver.send(c.InputAudioBufferCommit())
    driver.send(c.InputAudioBufferAppend(audio=voice(600) + silence(900)))
    started = [e["item_id"] for e in driver.events if e["type"] == "input_audio_buffer.speech_started"]
    stopped = [e["item_id"] for e in driver.events if e["type"] == "input_audio_buffer.speech_stopped"]
    committed = [e["item_id"] for e in driver.events if e["type"] == "input_audio_buffer.committed"]
    assert started == committed
    assert len(started) == 2
    assert stopped == started[1:]


def test_speech_interrupts_an_answer_that_the_server_may_interrupt():
    driver = Driver()
    driver.say("Hello")
    driver.send(c.ResponseCreate())
    think = driver.wished(Think)[-1]
    driver.run(driver.conversation.wrote(think.work_id, "A long answer, to be sure."))
    names = driver.send(c.InputAudioBufferAppend(audio=silence(400) + voice(600)))
    assert names[0] == "input_audio_buffer.speech_started"
    assert names[-2:] == ENDING
    response = driver.done
    assert (response["status"], response["status_details"]["reason"]) == ("cancelled", "turn_detected")
    assert response["output"][0]["status"] == "incomplete"
    assert driver.wished(Abandon)[-1].work_id == think.work_id
    assert driver.run(driver.conversation.wrote(think.work_id, "late")) == []


def test_cancel_and_truncate():
    driver = manual()
    driver.say("Hello")
    driver.send(c.ResponseCreate())
    driver.answer("One clause here. And another clause.")
    item_id = driver.done["output"][0]["id"]
    assert driver.send(c.ItemTruncate(item_id=item_id, content_index=0, audio_end_ms=1_200)) == [
        "conversation.item.truncated"
    ]
    driver.send(c.ItemRetrieve(item_id=item_id))
    content = driver.events[-1]["item"]["content"][0]
    assert content["transcript"] == "One clause here."
    assert driver.send(c.ItemTruncate(item_id=item_id, content_index=0, audio_end_ms=9_999)) == [
        "error",
        "conversation.item.truncated",
    ]
    assert "already shorter than 9999ms" in driver.events[-2]["error"]["message"]
    assert driver.send(c.ResponseCancel(event_id="mine")) == ["error"]
    assert driver.events[-1]["error"]["code"] == "response_cancel_not_active"
    driver.say("And now?")
    driver.send(c.ResponseCreate())
    assert [message.text for message in driver.wished(Think)[-1].messages[1:]] == [
        "Hello",
        "One clause here.",
        "And now?",
    ]


def test_truncating_an_answer_in_progress_stops_it():
    driver = manual()
    driver.say("Hello")
    driver.send(c.ResponseCreate())
    think = driver.wished(Think)[-1]
    driver.run(driver.conversation.wrote(think.work_id, "One clause here. And another"))
    driver.speak()
    item_id = driver.last("response.output_item.added")["item"]["id"]
    names = driver.send(c.ItemTruncate(item_id=item_id, content_index=0, audio_end_ms=500))
    assert names[-3:] == [*ENDING, "conversation.item.truncated"]


def errors():
    missing = "nobody"
    text = items.MessageItem(role="user", content=[items.InputText(text="x")])
    yield c.ItemDelete(item_id=missing), "item_delete_invalid_item_id"
    yield c.ItemRetrieve(item_id=missing), "item_retrieve_invalid_item_id"
    yield c.ItemTruncate(item_id=missing, content_index=0, audio_end_ms=0), "item_truncate_invalid_item_id"
    yield c.ItemTruncate(item_id="known", content_index=0, audio_end_ms=0), "unsupported_content_type"
    yield c.InputAudioBufferCommit(), "input_audio_buffer_commit_empty"
    yield c.InputAudioBufferAppend(audio=b"\0"), "invalid_value"
    yield c.InputAudioBufferAppend(audio=bytes(15 * 1024 * 1024 + 2)), "invalid_value"
    yield c.OutputAudioBufferClear(), "invalid_value"
    yield c.ResponseCreate(response=ResponseParams(conversation="other")), "invalid_value"
    yield c.ItemCreate(item=items.MessageItem(id="not an id", role="user", content=[])), "invalid_value"
    yield c.ItemCreate(item=items.MessageItem(id="known", role="user", content=[])), "item_create_duplicate_item_id"
    yield c.ItemCreate(item=text, previous_item_id=missing), "invalid_value"
    odd = items.MessageItem(role="user", content=[items.InputAudio(audio=b"odd")])
    yield c.ItemCreate(item=odd), "invalid_value"
    yield c.ResponseCreate(response=ResponseParams(max_output_tokens=-5)), "invalid_value"
    spoken = items.MessageItem(role="assistant", content=[items.OutputAudio(transcript="x")])
    yield c.ItemCreate(item=spoken), "invalid_value"


@pytest.mark.parametrize(("event", "code"), list(errors()))
def test_what_cannot_be_done_is_an_error_that_names_the_event(event, code):
    driver = Driver(turn_detection=None)
    known = items.MessageItem(id="known", role="user", content=[items.InputText(text="x")])
    driver.send(c.ItemCreate(item=known))
    event.event_id = "mine"
    assert driver.send(event) == ["error"]
    assert (driver.events[-1]["error"]["code"], driver.events[-1]["error"]["event_id"]) == (code, "mine")


def test_the_buffer_has_an_end():
    driver = Driver(turn_detection=None)
    for _ in range(3):
        driver.send(c.InputAudioBufferAppend(audio=bytes(48_000 * 250)))
    assert driver.error["code"] == "input_audio_buffer_full"


def test_a_second_answer_has_to_wait():
    driver = Driver()
    driver.say("Hello")
    driver.send(c.ResponseCreate())
    assert driver.send(c.ResponseCreate()) == ["error"]
    assert driver.events[-1]["error"]["code"] == "conversation_already_has_active_response"


def test_a_message_that_is_no_event():
    driver = Driver()
    assert driver.run(driver.conversation.malformed(MalformedEvent("invalid_event", "No.", None, "e"))) == ["error"]


def test_engines_that_fail():
    driver = manual()
    driver.say("Hello")
    driver.send(c.ResponseCreate())
    think = driver.wished(Think)[-1]
    assert driver.run(driver.conversation.failed(think.work_id, "It broke.")) == ENDING
    assert driver.done["status_details"]["error"]["message"] == "It broke."
    assert driver.run(driver.conversation.failed(think.work_id, "Again.")) == []
    driver.send(c.InputAudioBufferAppend(audio=silence(300) + voice(600)))
    driver.send(c.InputAudioBufferCommit())
    driver.send(c.ResponseCreate())
    item_id = driver.last("input_audio_buffer.committed")["item_id"]
    assert driver.run(driver.conversation.hearing_failed(item_id, "Deaf.")) == [
        "conversation.item.input_audio_transcription.failed",
        *ENDING,
    ]
    assert driver.run(driver.conversation.hearing_failed("nobody", "Deaf.")) == []


def test_speech_that_cannot_be_recognised_costs_no_other_answer():
    driver = manual()
    driver.say("Hello")
    driver.send(c.ResponseCreate())
    driver.send(c.InputAudioBufferAppend(audio=silence(300) + voice(600)))
    driver.send(c.InputAudioBufferCommit())
    item_id = driver.last("input_audio_buffer.committed")["item_id"]
    assert driver.run(driver.conversation.hearing_failed(item_id, "Deaf.")) == [
        "conversation.item.input_audio_transcription.failed"
    ]
    assert driver.answer()[-2:] == ENDING
    assert driver.done["status"] == "completed"


def test_who_asked_for_no_transcript_is_not_told_that_there_is_none():
    driver = Driver(turn_detection=None)
    driver.send(c.InputAudioBufferAppend(audio=silence(300) + voice(600)))
    driver.send(c.InputAudioBufferCommit())
    item_id = driver.last("input_audio_buffer.committed")["item_id"]
    driver.send(c.ResponseCreate())
    assert driver.run(driver.conversation.hearing_failed(item_id, "Deaf.")) == ENDING
    assert driver.done["status_details"]["error"]["code"] == "transcription_failed"


def test_a_session_whose_time_is_over():
    driver = Driver()
    assert driver.run(driver.conversation.expire("It is over.")) == ["error"]
    assert driver.events[-1]["error"]["code"] == "session_expired"


def test_what_a_response_asks_for_overrides_the_session():
    driver = Driver()
    driver.say("Hello")
    params = ResponseParams(
        instructions="Sing.",
        output_modalities=["audio"],
        max_output_tokens=7,
        metadata={"mine": "yes"},
        audio=ResponseAudio(output=ResponseOutput(voice="joe")),
    )
    driver.send(c.ResponseCreate(response=params))
    think = driver.wished(Think)[-1]
    assert (think.messages[0], think.max_tokens) == (ChatMessage("system", "Sing."), 7)
    assert driver.last("response.created")["response"]["metadata"] == {"mine": "yes"}
    driver.run(driver.conversation.wrote(think.work_id, "La la la. "))
    driver.run(driver.conversation.finished_writing(think.work_id, TokenUsage(1, 0, 7, reached_limit=True)))
    assert {wish.voice for wish in driver.wishes if isinstance(wish, Speak)} == {"joe"}
    driver.speak()
    response = driver.done
    assert (response["status"], response["status_details"]["reason"]) == ("incomplete", "max_output_tokens")


def test_speech_that_comes_as_an_item_is_recognised():
    driver = manual()
    content = [items.InputAudio(audio=silence(100) + voice(500))]
    driver.send(c.ItemCreate(item=items.MessageItem(id="mine", role="user", content=content)))
    assert "audio" not in driver.events[-1]["item"]["content"][0]
    decode = driver.wished(Transcribe)[-1]
    driver.send(c.ResponseCreate())
    assert not driver.wished(Think)
    driver.run(driver.conversation.heard("mine", decode.samples, "Hi."))
    assert driver.wished(Think)[-1].messages[-1].text == "Hi."
    driver.send(c.ItemRetrieve(item_id="mine"))
    assert driver.events[-1]["item"]["content"][0]["audio"]


def test_clearing_the_buffer_and_deleting_items():
    driver = manual()
    driver.send(c.InputAudioBufferAppend(audio=silence(300) + voice(600)))
    assert driver.send(c.InputAudioBufferClear()) == ["input_audio_buffer.cleared"]
    assert driver.send(c.InputAudioBufferCommit()) == ["error"]
    driver.send(c.InputAudioBufferAppend(audio=silence(300) + voice(600)))
    driver.send(c.InputAudioBufferCommit())
    item_id = driver.last("input_audio_buffer.committed")["item_id"]
    assert driver.send(c.ItemDelete(item_id=item_id)) == ["conversation.item.deleted"]
    assert driver.run(driver.conversation.heard(item_id, 1, "late")) == []


sounds = st.sampled_from([silence(100), silence(700), voice(300), voice(900)])
moves = st.one_of(
    st.builds(lambda pcm: c.InputAudioBufferAppend(audio=pcm), sounds),
    st.just(c.InputAudioBufferCommit()),
    st.just(c.InputAudioBufferClear()),
    st.just(c.ResponseCreate()),
    st.just(c.ResponseCreate(response=ResponseParams(conversation="none"))),
    st.just(c.ResponseCancel()),
    st.sampled_from(
        [
            "say",
            "hear",
            "fail to hear",
            "write",
            "call",
            "finish",
            "speak",
            "fail",
            "truncate",
            "delete",
            "vad",
            "manual",
        ]
    ),
)


@settings(max_examples=150)
@given(st.lists(moves, max_size=25))
def test_no_order_of_events_breaks_the_machine(steps):
    """Each response is done once; the conversation's one after the other, and every item that they open is closed."""
    driver = manual()
    for step in steps:
        thinks = [wish for wish in driver.wishes if isinstance(wish, Think)]
        decodes = [wish for wish in driver.wishes if isinstance(wish, Transcribe)]
        answers = [e["item"]["id"] for e in driver.events if e["type"] == "response.output_item.added"]
        match step:
            case "say":
                driver.say("hello")
            case "hear" if decodes:
                driver.run(driver.conversation.heard(decodes[-1].item_id, decodes[-1].samples, "some words"))
            case "fail to hear" if decodes:
                driver.run(driver.conversation.hearing_failed(decodes[-1].item_id, "Deaf."))
            case "write" if thinks:
                driver.run(driver.conversation.wrote(thinks[-1].work_id, "Some words, and more. "))
            case "call" if thinks:
                driver.run(driver.conversation.called(thinks[-1].work_id, ToolCall("clock", "{}")))
            case "finish" if thinks:
                driver.run(driver.conversation.finished_writing(thinks[-1].work_id, TokenUsage(1, 0, 1)))
            case "speak":
                driver.speak()
            case "fail" if thinks:
                driver.run(driver.conversation.failed(thinks[-1].work_id, "Broken."))
            case "truncate" if answers:
                driver.send(c.ItemTruncate(item_id=answers[-1], content_index=0, audio_end_ms=700))
            case "delete" if answers:
                driver.send(c.ItemDelete(item_id=answers[-1]))
            case "vad":
                driver.update(turn_detection=sessions.ServerVad())
            case "manual":
                driver.update(turn_detection=None)
            case str():
                pass
            case _:
                driver.send(step)
    whole = [e for e in driver.events if e["type"] in ("response.created", "response.done")]
    order = [e["type"] for e in whole if e["response"]["conversation_id"] is not None]
    assert order[::2] == ["response.created"] * len(order[::2])
    assert order[1::2] == ["response.done"] * len(order[1::2])
    done = [e["response"] for e in whole if e["type"] == "response.done"]
    assert len({response["id"] for response in done}) == len(done)
    for response in done:
        own = [e for e in driver.events if e.get("response_id") == response["id"]]
        added, finished = (
            [e["item"]["id"] for e in own if e["type"] == f"response.output_item.{what}"] for what in ("added", "done")
        )
        assert sorted(added) == sorted(finished) == sorted(item["id"] for item in response["output"])
