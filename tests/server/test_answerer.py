"""Responses outside of the conversation, beside the conversation's own and beside each other."""

from __future__ import annotations

import pytest
from conversation_driver import Driver, manual
from synthetic_voice import silence, voice

from realtime_chat.protocol import client_events as c
from realtime_chat.protocol import items, sessions
from realtime_chat.protocol.responses import ResponseParams
from realtime_chat.server.answerer import MAX_ASIDES
from realtime_chat.server.effects import Abandon, Think, Transcribe
from realtime_chat.server.engines.seam import ChatMessage, TokenUsage, ToolCall


def text(said: str, **fields) -> items.MessageItem:
    return items.MessageItem(role="user", content=[items.InputText(text=said)], **fields)


def aside(driver: Driver, **params) -> list[str]:
    return driver.send(c.ResponseCreate(response=ResponseParams(conversation="none", **params)))


def finish(driver: Driver, think: Think, said: str = "Well.") -> list[str]:
    names = driver.run(driver.conversation.wrote(think.work_id, said))
    return names + driver.run(driver.conversation.finished_writing(think.work_id, TokenUsage(3, 0, 1)))


def test_an_answer_outside_of_the_conversation():
    driver = manual()
    driver.say("Hello")
    names = aside(driver, metadata={"topic": "mood"}, output_modalities=["text"], instructions="Classify.")
    assert names == ["response.created"]
    created = driver.events[-1]["response"]
    assert (created["conversation_id"], created["metadata"]) == (None, {"topic": "mood"})
    think = driver.wished(Think)[-1]
    assert think.messages == (ChatMessage("system", "Classify."), ChatMessage("user", "Hello"))
    assert finish(driver, think) == [
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.done",
        "rate_limits.updated",
    ]
    assert (driver.done["conversation_id"], driver.done["metadata"]) == (None, {"topic": "mood"})
    driver.send(c.ItemRetrieve(item_id=driver.done["output"][0]["id"]))
    assert driver.error["code"] == "item_retrieve_invalid_item_id"
    driver.send(c.ResponseCreate())
    assert [message.text for message in driver.wished(Think)[-1].messages[1:]] == ["Hello"]


def test_a_call_outside_of_the_conversation_has_no_conversation_events():
    driver = manual(tools=[sessions.FunctionTool(name="clock")])
    aside(driver, input=[text("What time is it?")])
    names = driver.run(driver.conversation.called(driver.wished(Think)[-1].work_id, ToolCall("clock", "{}")))
    assert not [name for name in names if name.startswith("conversation.")]
    assert "response.function_call_arguments.done" in names


def test_answers_side_by_side():
    driver = manual()
    driver.say("Hello")
    driver.send(c.ResponseCreate())
    for number in range(MAX_ASIDES):
        assert aside(driver, input=[text(f"{number}")], output_modalities=["text"]) == ["response.created"]
    main, *asides = driver.wished(Think)
    assert aside(driver) == ["error"]
    assert driver.error["code"] == "rate_limit_exceeded"
    for think in reversed(asides):
        finish(driver, think, f"{think.messages[-1].text}!")
        assert driver.done["output"][0]["content"][0]["text"] == f"{think.messages[-1].text}!"
    assert finish(driver, main)[0] == "response.output_item.added"
    driver.speak()
    assert driver.done["conversation_id"] is not None
    limits = [e["rate_limits"][0] for e in driver.events if e["type"] == "rate_limits.updated"]
    assert [limit["remaining"] for limit in limits] == list(range(1, MAX_ASIDES + 2))
    assert {limit["limit"] for limit in limits} == {MAX_ASIDES + 1}


def test_who_speaks_up_stops_the_conversations_answer_only():
    driver = Driver()
    driver.say("Hello")
    driver.send(c.ResponseCreate())
    aside(driver, output_modalities=["text"])
    main, other = driver.wished(Think)
    driver.send(c.InputAudioBufferAppend(audio=silence(400) + voice(600)))
    assert (driver.done["status"], driver.done["status_details"]["reason"]) == ("cancelled", "turn_detected")
    assert [wish.work_id for wish in driver.wished(Abandon)] == [main.work_id]
    assert finish(driver, other)[-2] == "response.done"
    assert driver.done["status"] == "completed"


def test_an_answer_is_cancelled_by_its_id():
    driver = manual()
    driver.say("Hello")
    driver.send(c.ResponseCreate())
    main = driver.last("response.created")["response"]["id"]
    aside(driver)
    other = driver.last("response.created")["response"]["id"]
    driver.send(c.ResponseCancel(response_id=other))
    assert (driver.done["id"], driver.done["status"]) == (other, "cancelled")
    assert driver.send(c.ResponseCancel(response_id=other, event_id="mine")) == ["error"]
    assert (driver.error["code"], driver.error["event_id"]) == ("response_cancel_not_active", "mine")
    aside(driver)
    driver.send(c.ResponseCancel())
    assert driver.done["id"] == main
    assert driver.send(c.ResponseCancel()) == ["error"]  # the one outside goes on


def test_input_of_its_own():
    driver = manual(instructions="")
    driver.send(c.ItemCreate(item=text("Known.", id="known")))
    driver.say("Left out.")
    call = items.FunctionCallItem(name="clock", arguments="{}", call_id="c1")
    wanted = [items.ItemReference(id="known"), call, items.FunctionCallOutputItem(call_id="c1", output="noon")]
    aside(driver, input=[*wanted, text("New.", id="known")])
    assert driver.wished(Think)[-1].messages == (
        ChatMessage("user", "Known."),
        ChatMessage("assistant", "", (ToolCall("clock", "{}", "c1"),)),
        ChatMessage("tool", "noon", (), "c1"),
        ChatMessage("user", "New."),
    )
    aside(driver, input=[], instructions="Say something.")
    assert driver.wished(Think)[-1].messages == (ChatMessage("system", "Say something."),)


def test_a_result_brings_its_call_along():
    driver = manual(instructions="")
    driver.send(c.ItemCreate(item=items.FunctionCallItem(name="clock", arguments="{}", call_id="c1")))
    aside(driver, input=[items.FunctionCallOutputItem(call_id="c1", output="noon")])
    assert [message.role for message in driver.wished(Think)[-1].messages] == ["assistant", "tool"]


def test_input_for_an_answer_within_the_conversation():
    driver = manual(instructions="")
    driver.say("Left out.")
    driver.send(c.ResponseCreate(response=ResponseParams(input=[text("Only this.")])))
    assert driver.wished(Think)[-1].messages == (ChatMessage("user", "Only this."),)
    assert driver.last("response.created")["response"]["conversation_id"] is not None


@pytest.mark.parametrize(
    ("wanted", "code", "param"),
    [
        ([items.ItemReference(id="nobody")], "invalid_value", "response.input[0].id"),
        ([text("x", id="no id")], "invalid_value", "response.input[0].id"),
        (
            [text("x"), items.FunctionCallOutputItem(call_id="c", output="")],
            "invalid_tool_call_id",
            "response.input[1].call_id",
        ),
        (
            [items.MessageItem(role="user", content=[items.OutputText(text="x")])],
            "invalid_value",
            "response.input[0].content[0].type",
        ),
        (
            [
                items.MessageItem(role="user", content=[items.InputAudio(audio=bytes(4_800))]),
                items.MessageItem(role="user", content=[items.InputAudio(audio=b"odd")]),
            ],
            "invalid_value",
            "response.input[1].content.audio",
        ),
    ],
)
def test_input_that_cannot_be_used(wanted, code, param):
    driver = manual()
    assert aside(driver, input=wanted) == ["error"]
    assert (driver.error["code"], driver.error["param"]) == (code, param)
    assert not driver.wished(Transcribe)


def test_sound_of_its_own_is_recognised_in_silence():
    driver = manual(instructions="")
    spoken = items.MessageItem(role="user", content=[items.InputAudio(audio=voice(500))])
    assert aside(driver, input=[spoken], output_modalities=["text"]) == ["response.created"]
    decode = driver.wished(Transcribe)[-1]
    assert driver.run(driver.conversation.heard(decode.item_id, decode.samples, "Hi.")) == []
    think = driver.wished(Think)[-1]
    assert think.messages == (ChatMessage("user", "Hi."),)
    finish(driver, think)
    assert driver.done["usage"]["input_token_details"]["audio_tokens"] == 5
    aside(driver, input=[spoken])
    names = driver.run(driver.conversation.hearing_failed(driver.wished(Transcribe)[-1].item_id, "Deaf."))
    assert names == ["response.done", "rate_limits.updated"]
    assert driver.done["status_details"]["error"]["code"] == "transcription_failed"


def test_an_answer_outside_waits_for_what_it_refers_to_and_no_longer_than_that():
    driver = manual()
    spoken = items.MessageItem(role="user", id="spoken", content=[items.InputAudio(audio=voice(500))])
    driver.send(c.ItemCreate(item=spoken))
    aside(driver, input=[items.ItemReference(id="spoken"), text("And?")])
    aside(driver, input=[text("Unrelated.")])
    assert [think.messages[-1].text for think in driver.wished(Think)] == ["Unrelated."]
    driver.send(c.ItemDelete(item_id="spoken"))
    assert [think.messages[-1].text for think in driver.wished(Think)] == ["And?"]


def test_what_fails_is_told_whoever_it_concerns():
    driver = manual()
    aside(driver, input=[text("One.")])
    aside(driver, input=[text("Two.")])
    one, two = driver.wished(Think)
    assert driver.run(driver.conversation.failed(one.work_id, "Broken.")) == ["response.done", "rate_limits.updated"]
    error = driver.done["status_details"]["error"]
    assert (error["code"], error["type"], error["message"]) == ("engine_failed", "server_error", "Broken.")
    assert driver.run(driver.conversation.too_long(two.work_id, "Too long.")) == [
        "response.done",
        "rate_limits.updated",
    ]
    assert driver.done["status_details"]["error"]["code"] == "context_length_exceeded"
    assert driver.run(driver.conversation.wrote(one.work_id, "late")) == []
