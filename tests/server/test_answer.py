"""The model calls functions: the items and events of it, and what it reads of the results."""

from __future__ import annotations

import pytest
from conversation_driver import Driver, manual
from synthetic_voice import silence, voice

from realtime_chat.protocol import client_events as c
from realtime_chat.protocol import items, sessions
from realtime_chat.protocol.responses import ResponseParams
from realtime_chat.server.effects import FinishSpeaking, Prepare, Speak, Think, Transcribe
from realtime_chat.server.engines.seam import ChatMessage, TokenUsage, Tool, Toolbox, ToolCall

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = sessions.FunctionTool(name="weather", description="Tells the weather.", parameters=SCHEMA)
CLOCK = sessions.FunctionTool(name="clock")
PARIS = ToolCall("weather", '{"city": "Paris"}')
ROME = ToolCall("weather", '{"city": "Rome"}')
CALL = [
    "response.output_item.added",
    "conversation.item.added",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "conversation.item.done",
    "response.output_item.done",
]
ENDING = ["response.done", "rate_limits.updated"]


def asked(**fields) -> Driver:
    driver = manual(tools=[WEATHER, CLOCK], **fields)
    driver.say("What is the weather in Paris?")
    driver.send(c.ResponseCreate())
    return driver


def calls(driver: Driver, *wanted: ToolCall, text: str = "") -> list[str]:
    """Let the language model say ``text`` and make calls."""
    work_id = driver.wished(Think)[-1].work_id
    names = driver.run(driver.conversation.wrote(work_id, text)) if text else []
    for call in wanted:
        names += driver.run(driver.conversation.called(work_id, call))
    return names + driver.run(driver.conversation.finished_writing(work_id, TokenUsage(1, 0, 1)))


def result(driver: Driver, call_id: str, output: str) -> list[str]:
    return driver.send(c.ItemCreate(item=items.FunctionCallOutputItem(call_id=call_id, output=output)))


def test_the_model_is_offered_the_tools_of_the_session():
    driver = asked(tool_choice=sessions.FunctionChoice(name="weather"), parallel_tool_calls=False)
    tools = (Tool("weather", "Tells the weather.", SCHEMA), Tool("clock", "", {}))
    expected = Toolbox(tools, "required", "weather", parallel=False)
    assert driver.wished(Think)[-1].tools == expected
    assert driver.wished(Prepare)[-1].tools == expected


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        (ResponseParams(tools=[]), None),
        (ResponseParams(tools=[CLOCK]), Toolbox((Tool("clock", "", {}),))),
        (ResponseParams(tools=[CLOCK], tool_choice="required"), Toolbox((Tool("clock", "", {}),), "required")),
        (
            ResponseParams(tools=[CLOCK], tool_choice="none", parallel_tool_calls=False),
            Toolbox((Tool("clock", "", {}),), "none", parallel=False),
        ),
        (
            ResponseParams(tools=[CLOCK], tool_choice=sessions.FunctionChoice(name="clock")),
            Toolbox((Tool("clock", "", {}),), "required", "clock"),
        ),
    ],
)
def test_a_response_may_have_tools_of_its_own(params, expected):
    driver = manual(tools=[WEATHER])
    driver.say("What time is it?")
    driver.send(c.ResponseCreate(response=params))
    assert driver.wished(Think)[-1].tools == expected


def test_a_call():
    driver = asked()
    assert calls(driver, PARIS) == [*CALL, *ENDING]
    added = driver.last("response.output_item.added")["item"]
    assert (added["type"], added["name"], added["arguments"], added["status"]) == (
        "function_call",
        "weather",
        "",
        "in_progress",
    )
    done = driver.last("response.function_call_arguments.done")
    assert (done["name"], done["arguments"], done["call_id"]) == ("weather", PARIS.arguments, added["call_id"])
    assert driver.last("conversation.item.added")["item"] == added
    assert driver.last("conversation.item.done")["item"]["status"] == "completed"
    assert driver.done["status"] == "completed"
    assert [item["call_id"] for item in driver.done["output"]] == [added["call_id"]]
    assert not driver.wished(FinishSpeaking)


@pytest.mark.parametrize("modality", ["text", "audio"])
def test_a_message_and_two_calls(modality):
    driver = asked(modalities=[modality])
    names = calls(driver, PARIS, ROME, text="Let me see")
    if modality == "audio":
        assert [wish.clause.text for wish in driver.wishes if isinstance(wish, Speak)] == ["Let me see"]
        names += driver.speak()
    assert [name for name in names if name in CALL[2:4]] == CALL[2:4] * 2
    output = driver.done["output"]
    assert [item["type"] for item in output] == ["message", "function_call", "function_call"]
    added = [event for event in driver.events if event["type"] == "response.output_item.added"]
    finished = [event for event in driver.events if event["type"] == "response.output_item.done"]
    assert [event["output_index"] for event in added] == [0, 1, 2]
    assert {event["item"]["id"]: event["output_index"] for event in finished} == {
        item["id"]: index for index, item in enumerate(output)
    }
    assert len({item["call_id"] for item in output[1:]}) == 2
    previous = [event["previous_item_id"] for event in driver.events if event["type"] == "conversation.item.added"]
    assert previous[-2:] == [output[0]["id"], output[1]["id"]]
    if modality == "text":  # each item is complete before the next
        assert [event["output_index"] for event in finished] == [0, 1, 2]


def test_a_result_leads_to_an_answer():
    driver = asked()
    calls(driver, PARIS, ROME, text="Let me see.")
    driver.speak()
    first, second = (item["call_id"] for item in driver.done["output"][1:])
    assert result(driver, second, "rain") == ["conversation.item.added", "conversation.item.done"]
    result(driver, first, "sun")
    driver.send(c.ResponseCreate())
    assert driver.wished(Think)[-1].messages[1:] == (
        ChatMessage("user", "What is the weather in Paris?"),
        ChatMessage(
            "assistant",
            "Let me see.",
            (ToolCall("weather", PARIS.arguments, first), ToolCall("weather", ROME.arguments, second)),
        ),
        ChatMessage("tool", "sun", (), first),
        ChatMessage("tool", "rain", (), second),
    )


def test_a_result_of_a_call_that_nobody_made():
    driver = asked()
    assert result(driver, "call_of_nobody", "sun") == ["error"]
    assert (driver.error["code"], driver.error["param"]) == ("invalid_tool_call_id", "item.call_id")


def test_a_call_is_not_lost_when_the_person_interrupts():
    driver = Driver(tools=[WEATHER], turn_detection=None)
    driver.say("Weather?")
    driver.send(c.ResponseCreate())
    work_id = driver.wished(Think)[-1].work_id
    driver.run(driver.conversation.wrote(work_id, "One moment."))
    driver.run(driver.conversation.called(work_id, PARIS))
    driver.send(c.ResponseCancel())
    message, call = driver.done["output"]
    assert (driver.done["status"], message["status"], call["status"]) == ("cancelled", "incomplete", "completed")
    assert result(driver, call["call_id"], "sun") == ["conversation.item.added", "conversation.item.done"]


def test_calls_of_another_session_are_taken_back():
    driver = manual(tools=[WEATHER])
    call = items.FunctionCallItem(name="weather", arguments="", call_id="theirs")
    assert driver.send(c.ItemCreate(item=call)) == ["conversation.item.added", "conversation.item.done"]
    assert result(driver, "theirs", "sun") == ["conversation.item.added", "conversation.item.done"]
    driver.send(c.ItemCreate(item=items.FunctionCallItem(name="clock", arguments='{"zone": 1}')))
    assert driver.events[-1]["item"]["call_id"]
    driver.send(c.ResponseCreate())
    texts = [(message.role, message.text) for message in driver.wished(Think)[-1].messages[1:]]
    assert texts[:2] == [("assistant", ""), ("tool", "sun")]


def test_a_call_made_before_it_is_wanted_waits():
    driver = manual(tools=[WEATHER])
    driver.send(c.InputAudioBufferAppend(audio=silence(300) + voice(1_000) + silence(300)))
    decode = driver.wished(Transcribe)[-1]
    driver.run(driver.conversation.heard(decode.item_id, decode.samples, "Weather in Paris?"))
    assert calls(driver, PARIS) == []
    driver.send(c.InputAudioBufferCommit())
    assert driver.send(c.ResponseCreate()) == ["response.created", *CALL, *ENDING]
