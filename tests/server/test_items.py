"""Items that a client makes, deletes and cuts, where the answer under way is concerned."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from conversation_driver import Driver, manual
from hypothesis import given
from hypothesis import strategies as st
from msgspec.json import decode, encode
from synthetic_voice import silence
from synthetic_voice import voice as speech

from realtime_chat.protocol import client_events as c
from realtime_chat.protocol import items, sessions
from realtime_chat.protocol.responses import ResponseAudio, ResponseOutput, ResponseParams
from realtime_chat.server.effects import Abandon, Prepare, Think, Transcribe
from realtime_chat.server.listener import MAX_APPEND_BYTES
from realtime_chat.server.room import MAX_AWAITED, MAX_INPUT, MAX_TEXT


def speaking() -> Driver:
    """An answer half spoken."""
    driver = manual()
    driver.say("Hello")
    driver.send(c.ResponseCreate())
    driver.run(driver.conversation.wrote(driver.wishes[-1].work_id, "One clause here. And another"))
    driver.speak()
    return driver


def test_deleting_an_answer_in_progress_stops_it():
    driver = speaking()
    item_id = driver.last("response.output_item.added")["item"]["id"]
    names = driver.send(c.ItemDelete(item_id=item_id))
    assert names[-5:] == [
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
        "rate_limits.updated",
        "conversation.item.deleted",
    ]
    assert driver.last("conversation.item.done")["item"]["status"] == "incomplete"
    assert driver.wished(Abandon)
    driver.send(c.ResponseCreate())
    assert [message.text for message in driver.wished(Think)[-1].messages[1:]] == ["Hello"]


def test_the_item_that_follows_is_placed_after_the_one_named():
    driver = manual()
    driver.send(c.ItemCreate(item=items.MessageItem(id="a", role="user", content=[items.InputText(text="a")])))
    driver.send(c.ItemCreate(item=items.MessageItem(id="b", role="user", content=[]), previous_item_id="root"))
    assert driver.events[-1]["previous_item_id"] is None
    driver.send(c.ItemCreate(item=items.MessageItem(id="c", role="user", content=[]), previous_item_id="b"))
    assert driver.events[-1]["previous_item_id"] == "b"
    assert driver.send(c.ItemCreate(item=items.MessageItem(id="d", role="user", content=[]), previous_item_id="x")) == [
        "error"
    ]
    assert (driver.error["code"], driver.error["param"]) == ("invalid_value", "previous_item_id")
    assert "x" in driver.error["message"]


def voice(name: str | sessions.VoiceId, **fields) -> c.SessionUpdate:
    audio = sessions.AudioConfig(output=sessions.OutputConfig(voice=name))
    return c.SessionUpdate(session=sessions.RealtimeSession(audio=audio, **fields), event_id="mine")


def test_the_voice_is_settled_once_it_was_heard():
    driver = manual()
    assert driver.send(voice("ash")) == ["session.updated"]
    assert driver.send(voice(sessions.VoiceId(id="voice_1"))) == ["session.updated"]
    driver.say("Hello")
    driver.send(c.ResponseCreate())
    assert driver.send(voice("ash")) == ["session.updated"]  # nothing was heard yet
    driver.answer()
    driver.wishes.clear()
    assert driver.send(voice("alloy", instructions="Sing.")) == ["error"]
    error = driver.error
    assert (error["code"], error["param"], error["event_id"]) == (
        "cannot_update_voice",
        "session.audio.output.voice",
        "mine",
    )
    assert error["message"] == "Cannot update a conversation's voice if assistant audio is present."
    assert driver.conversation.session.instructions != "Sing."
    assert not driver.wished(Prepare)
    assert driver.send(voice("ash", instructions="Sing.")) == ["session.updated"]
    own = ResponseParams(audio=ResponseAudio(output=ResponseOutput(voice="echo")))
    driver.send(c.ResponseCreate(response=own))
    assert driver.events[-1]["response"]["audio"]["output"]["voice"] == "echo"


def test_a_choice_that_the_tools_do_not_offer_rejects_the_whole_update():
    driver = manual(tools=[sessions.FunctionTool(name="clock")])
    watch = sessions.FunctionChoice(name="watch")
    assert driver.update(tool_choice=watch, instructions="x") == ["error"]
    assert (driver.error["code"], driver.error["param"]) == ("invalid_value", "session.tool_choice")
    assert driver.conversation.session.instructions != "x"
    assert driver.update(tool_choice=watch, tools=[sessions.FunctionTool(name="watch")]) == ["session.updated"]
    assert driver.send(c.ResponseCreate(response=ResponseParams(tool_choice=sessions.FunctionChoice(name="x")))) == [
        "error"
    ]
    assert driver.error["param"] == "response.tool_choice"
    assert driver.send(c.ResponseCreate(response=ResponseParams(tools=[sessions.McpTool(server_label="x")]))) == [
        "error"
    ]
    assert driver.error["param"] == "response.tools[0].type"
    assert driver.send(c.ResponseCreate(response=ResponseParams(metadata={"k": "v" * 513}))) == ["error"]
    assert driver.error["param"] == "response.metadata.k"


def test_a_tool_whose_parameters_are_no_schema_rejects_the_whole_event():
    driver = manual()
    tools = [sessions.FunctionTool(name="a"), sessions.FunctionTool(name="b", parameters={"required": 3})]
    assert driver.update(tools=tools, instructions="x") == ["error"]
    assert driver.error["code"] == "invalid_function_parameters"
    assert driver.error["param"] == "session.tools[1].parameters"
    assert driver.conversation.session.instructions != "x"
    assert driver.conversation.session.tools == []
    driver.say("Hello")
    assert driver.send(c.ResponseCreate(response=ResponseParams(tools=tools), event_id="mine")) == ["error"]
    assert (driver.error["param"], driver.error["event_id"]) == ("response.tools[1].parameters", "mine")
    assert not driver.wished(Think)


def test_an_answer_is_cut_where_there_is_a_place_to_cut():
    driver = speaking()
    item_id = driver.last("response.output_item.added")["item"]["id"]
    for content_index, end, param in ((1, 0, "content_index"), (0, -1, "audio_end_ms")):
        event = c.ItemTruncate(item_id=item_id, content_index=content_index, audio_end_ms=end)
        assert driver.send(event) == ["error"]
        assert (driver.error["code"], driver.error["param"]) == ("invalid_value", param)
    assert driver.send(c.ItemTruncate(item_id=item_id, content_index=0, audio_end_ms=0))[-2:] == [
        "rate_limits.updated",
        "conversation.item.truncated",
    ]
    driver.send(c.ItemRetrieve(item_id=item_id))
    assert driver.events[-1]["item"]["content"][0]["transcript"] == ""


def test_what_is_said_of_an_answer_whose_sound_is_not_kept():
    """Two sessions are the same to the client, but that one has no sound of the first answer any more."""

    def ask(driver: Driver) -> str:
        driver.say("Hello")
        driver.send(c.ResponseCreate())
        driver.answer("One clause here. And another one.")
        return driver.done["output"][0]["id"]

    drivers = manual(), manual(history_bytes=0)
    for driver in drivers:
        item_id = ask(driver)
        driver.send(c.ItemRetrieve(item_id=item_id))
        assert driver.events[-1]["item"]["content"][0]["audio"]
        ask(driver)
        driver.send(c.ItemRetrieve(item_id=item_id))
        part = driver.events[-1]["item"]["content"][0]
        assert part["transcript"] == "One clause here. And another one."
        assert ("audio" in part) is (driver is drivers[0])
        assert driver.send(voice("ash")) == ["error"]  # it was heard
        names = driver.send(c.ItemTruncate(item_id=item_id, content_index=0, audio_end_ms=9_999))
        assert names == ["error", "conversation.item.truncated"]
        driver.send(c.ItemTruncate(item_id=item_id, content_index=0, audio_end_ms=1_000))
        driver.send(c.ItemRetrieve(item_id=item_id))
        assert driver.events[-1]["item"]["content"][0]["transcript"] == "One clause here."
        driver.send(c.ItemTruncate(item_id=item_id, content_index=0, audio_end_ms=0))
        assert driver.send(c.ItemTruncate(item_id=item_id, content_index=0, audio_end_ms=0)) == ["error"]
        assert driver.error["code"] == "unsupported_content_type"
    told = [[event for event in driver.events if event["type"] != "conversation.item.retrieved"] for driver in drivers]
    assert told[0] == told[1]


def test_what_is_not_recognised_yet_is_kept():
    driver = manual(history_bytes=0)
    sound = items.InputAudio(audio=bytes(48_000))
    for name in ("a", "b", "c"):
        driver.send(c.ItemCreate(item=items.MessageItem(id=name, role="user", content=[sound])))

    def kept() -> list[str]:
        for name in ("a", "b", "c"):
            driver.send(c.ItemRetrieve(item_id=name))
        return [event["item"]["id"] for event in driver.events[-3:] if "audio" in event["item"]["content"][0]]

    assert kept() == ["a", "b", "c"]
    driver.run(driver.conversation.heard("b", 24_000, "Two"))
    assert kept() == ["a", "c"]
    driver.run(driver.conversation.hearing_failed("a", "it broke"))
    driver.run(driver.conversation.heard("c", 24_000, "Three"))
    assert kept() == ["c"]
    assert driver.last("conversation.item.input_audio_transcription.completed")["usage"]["seconds"] == 1.0
    driver.send(c.ResponseCreate())
    driver.answer()
    assert driver.done["usage"]["input_token_details"]["audio_tokens"] == 30  # of all three


def sound(data: bytes, **fields) -> c.ItemCreate:
    return c.ItemCreate(item=items.MessageItem(role="user", content=[items.InputAudio(audio=data)], **fields))


def telephone(driver: Driver) -> Driver:
    config = sessions.InputConfig(format=sessions.PcmuFormat())
    driver.send(c.SessionUpdate(session=sessions.RealtimeSession(audio=sessions.AudioConfig(input=config))))
    return driver


def test_an_item_brings_fifteen_mebibytes_or_ten_minutes_at_most():
    for driver, data in (
        (manual(), bytes(MAX_APPEND_BYTES + 2)),
        (telephone(manual()), bytes(8_000 * 600 + 1)),
    ):
        event = sound(data)
        assert driver.conversation.coding(event) is None
        assert driver.send(event) == ["error"]
        assert (driver.error["code"], driver.error["param"]) == ("invalid_value", "item.content.audio")
        params = ResponseParams(conversation="none", input=[event.item])
        assert driver.send(c.ResponseCreate(response=params)) == ["error"]
        assert driver.error["param"] == "response.input[0].content.audio"
        assert not driver.wished(Transcribe)


HALF = "x" * (MAX_TEXT // 2)


def test_an_item_has_a_mebibyte_at_most_beside_sound_and_pictures():
    driver = manual()
    half, long = items.InputText(text=HALF), items.InputAudio(audio=bytes(2 * MAX_TEXT))
    assert driver.send(c.ItemCreate(item=items.MessageItem(role="user", content=[half, long])))[-1:] == [
        "conversation.item.done"
    ]
    assert driver.send(c.ItemCreate(item=items.MessageItem(role="user", content=[half, half]))) == ["error"]
    call = items.FunctionCallItem(name="f", arguments=json.dumps({"x": HALF * 2}), call_id="c")
    assert driver.send(c.ItemCreate(item=call)) == ["error"]
    assert (driver.error["code"], driver.error["param"]) == ("invalid_value", "item")


def listed(**fields) -> dict:
    """A tool of an MCP server."""
    return {"name": "a", "description": "", "input_schema": {"type": "object"}} | fields


LARGE = [
    items.MessageItem(role="user", content=[items.InputText(text=HALF)]),
    items.MessageItem(role="user", content=[items.InputAudio(transcript=HALF)]),
    items.MessageItem(role="assistant", content=[items.OutputText(text=HALF)]),
    items.FunctionCallItem(name="f", arguments=json.dumps({"x": HALF})),
    items.McpCallItem(server_label="s", name="n", arguments=HALF),
    items.McpCallItem(server_label="s", name=HALF, arguments=""),
    items.McpCallItem(server_label=HALF, name="n", arguments=""),
    items.McpCallItem(server_label="s", name="n", arguments="", output=HALF),
    items.McpCallItem(
        server_label="s", name="n", arguments="", error={"type": "tool_execution_error", "message": HALF}
    ),
    items.McpCallItem(server_label="s", name="n", arguments="", approval_request_id=HALF),
    items.McpListToolsItem(server_label="s", tools=[listed(description=HALF)]),
    items.McpListToolsItem(server_label="s", tools=[listed(input_schema={"enum": [{}] * (MAX_TEXT // 206)})]),
    items.McpApprovalRequestItem(server_label="s", name="n", arguments=HALF),
    items.McpApprovalResponseItem(approval_request_id=HALF, approve=True),
    items.McpApprovalResponseItem(approval_request_id="x", approve=True, reason=HALF),
]


def test_every_kind_of_item_is_among_them():
    assert {type(item) for item in LARGE} >= set(get_args(items.Item)) - {items.FunctionCallOutputItem}


@pytest.mark.parametrize("item", LARGE, ids=lambda item: str(item.__struct_config__.tag))
def test_nothing_that_an_item_holds_is_kept_without_a_limit(item):
    driver = manual()
    taken = 0
    while driver.send(c.ItemCreate(item=items_copy(item)))[-1] == "conversation.item.done":
        taken += 1
        assert taken < 9
    assert (driver.error["code"], driver.error["param"]) == ("conversation_full", "item")
    assert taken in (7, 8)  # of half a mebibyte each, and there is room for four
    assert driver.say("x") == ["conversation.item.added", "conversation.item.done"]


def items_copy(item: items.Item) -> items.Item:
    """What another frame of the same words would bring."""
    return decode(encode(item), type=items.Item)


def test_the_results_of_one_call_are_not_kept_without_a_limit():
    driver = manual()
    driver.send(c.ItemCreate(item=items.FunctionCallItem(name="f", arguments="{}", call_id="c")))
    for _ in range(7):
        names = driver.send(c.ItemCreate(item=items.FunctionCallOutputItem(call_id="c", output=HALF)))
        assert names == ["conversation.item.added", "conversation.item.done"]
    assert driver.send(c.ItemCreate(item=items.FunctionCallOutputItem(call_id="c", output=HALF))) == ["error"]
    assert driver.error["code"] == "conversation_full"


@given(st.data())
def test_what_goes_makes_as_much_room_as_it_took(data):
    driver = manual()
    small = [items_copy(item) for item in SMALL]
    for item in data.draw(st.lists(st.sampled_from(small), max_size=8)):
        driver.send(c.ItemCreate(item=items_copy(item)))
    history = driver.conversation._history
    told = [event["item"] for event in driver.events if event["type"] == "conversation.item.done"]
    assert history.text >= sum(len(json.dumps(item, ensure_ascii=False, separators=(",", ":"))) for item in told)
    for item in data.draw(st.permutations(told)):
        driver.send(c.ItemDelete(item_id=item["id"]))
    assert (history.text, history.pictures) == (0, 0)


SMALL = [
    items.MessageItem(role="user", content=[items.InputText(text="Grüß Gott \x1b")]),
    items.MessageItem(role="user", content=[items.InputAudio(audio=silence(200), transcript="Hello")]),
    items.FunctionCallItem(name="f", arguments="{}"),
    items.McpListToolsItem(server_label="s", tools=[listed(input_schema={"enum": ["object"]})]),
    items.McpCallItem(
        server_label="s", name="n", arguments="{}", error={"type": "http_error", "code": 500, "message": "x"}
    ),
    items.McpApprovalRequestItem(server_label="s", name="n", arguments="{}"),
    items.McpApprovalResponseItem(approval_request_id="x", approve=False),
]


def test_what_a_response_brings_to_read_is_limited_too():
    driver = manual()
    beside = items.McpListToolsItem(server_label="s", tools=[listed(input_schema={"enum": [{}] * 2_000})])
    params = ResponseParams(conversation="none", input=[beside] * 5)
    assert driver.send(c.ResponseCreate(response=params)) == ["response.created"]
    params = ResponseParams(conversation="none", input=[beside] * 6)
    assert driver.send(c.ResponseCreate(response=params)) == ["error"]
    assert (driver.error["code"], driver.error["param"]) == ("invalid_value", "response.input")


def test_a_response_that_reads_what_was_deleted_keeps_its_words_only():
    driver = manual()
    parts = [items.InputText(text="Hello"), items.InputAudio(audio=silence(200))]
    driver.send(c.ItemCreate(item=items.MessageItem(id="mine", role="user", content=parts)))
    entry = driver.conversation._history["mine"]
    beside = ResponseParams(conversation="none", input=[items.ItemReference(id="mine")])
    driver.send(c.ResponseCreate(response=beside))
    assert not driver.wished(Think)  # what was said is not known yet
    assert driver.send(c.ItemDelete(item_id="mine")) == ["conversation.item.deleted"]
    assert not entry.pcm
    driver.answer()
    assert driver.last("response.output_audio_transcript.done")
    assert driver.done["usage"]["input_token_details"]["audio_tokens"] == 2


@pytest.mark.parametrize(
    ("item", "param"),
    [
        (items.MessageItem(id="x" * 33, role="user", content=[]), "item.id"),
        (items.McpApprovalResponseItem(id="x" * 33, approval_request_id="x", approve=True), "item.id"),
        (items.FunctionCallItem(name="f", arguments="{}", call_id="x" * 33), "item.call_id"),
        (items.FunctionCallOutputItem(call_id="x" * 10**6, output=""), "item.call_id"),
    ],
)
def test_an_id_that_is_too_long_is_refused_as_the_service_does(item, param):
    driver = manual()
    assert driver.send(c.ItemCreate(item=item)) == ["error"]
    assert (driver.error["code"], driver.error["param"]) == ("string_above_max_length", param)
    assert "maximum length 32, but got a string with length" in driver.error["message"]
    assert driver.send(c.ResponseCreate(response=ResponseParams(conversation="none", input=[item]))) == ["error"]
    assert driver.error["param"] == f"response.input[0].{param.removeprefix('item.')}"


def test_ids_as_long_as_the_service_takes_them_are_taken():
    driver = manual()
    call = items.FunctionCallItem(id="a" * 32, name="f", arguments="{}", call_id="b" * 32)
    assert driver.send(c.ItemCreate(item=call))[-1] == "conversation.item.done"
    result = items.FunctionCallOutputItem(id="c" * 32, call_id="b" * 32, output="done")
    assert driver.send(c.ItemCreate(item=result))[-1] == "conversation.item.done"


def test_so_many_items_are_recognised_at_a_time():
    driver = manual()
    for _ in range(MAX_AWAITED):
        assert driver.send(sound(silence(200))) == ["conversation.item.added", "conversation.item.done"]
    beside = ResponseParams(conversation="none", input=[sound(silence(200)).item])
    driver.send(c.InputAudioBufferAppend(audio=silence(200)))
    for event, param in (
        (sound(silence(200), id="more"), "item"),
        (c.ResponseCreate(response=beside), "response.input"),
        (c.InputAudioBufferCommit(), None),
    ):
        assert driver.send(event) == ["error"]
        assert (driver.error["code"], driver.error["param"]) == ("rate_limit_exceeded", param)
    decodes = driver.wished(Transcribe)
    assert len(decodes) == MAX_AWAITED
    driver.run(driver.conversation.heard(decodes[0].item_id, decodes[0].samples, "One."))
    assert driver.send(sound(silence(200), id="more")) == ["conversation.item.added", "conversation.item.done"]
    driver.run(driver.conversation.hearing_failed(decodes[1].item_id, "Deaf."))
    assert "input_audio_buffer.committed" in driver.send(c.InputAudioBufferCommit())


def test_a_conversation_has_so_many_items_at_most(monkeypatch):
    monkeypatch.setattr("realtime_chat.server.room.MAX_ITEMS", 3)
    driver = manual()
    for text in ("one", "two", "three"):
        assert driver.say(text)[-1] == "conversation.item.done"
    driver.send(c.InputAudioBufferAppend(audio=silence(200)))
    for event, param in (
        (c.ItemCreate(item=items.MessageItem(role="user", content=[]), event_id="mine"), "item"),
        (c.InputAudioBufferCommit(event_id="mine"), None),
        (c.ResponseCreate(event_id="mine"), None),
    ):
        assert driver.send(event) == ["error"]
        assert (driver.error["code"], driver.error["param"]) == ("conversation_full", param)
        assert driver.error["event_id"] == "mine"
    assert driver.send(c.ResponseCreate(response=ResponseParams(conversation="none"))) == ["response.created"]
    first = next(event["item"]["id"] for event in driver.events if event["type"] == "conversation.item.done")
    driver.send(c.ItemDelete(item_id=first))
    assert driver.say("four")[-1] == "conversation.item.done"


def test_a_turn_that_there_is_no_room_for_is_told_once(monkeypatch):
    driver = Driver()
    driver.say("one")
    monkeypatch.setattr("realtime_chat.server.room.MAX_ITEMS", 1)
    names = driver.send(c.InputAudioBufferAppend(audio=silence(600) + speech(800) + silence(900)))
    assert names == ["input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped", "error"]
    assert driver.error["code"] == "conversation_full"


def test_a_turn_that_is_the_last_that_there_is_room_for_is_kept_and_its_answer_refused(monkeypatch):
    driver = Driver()
    driver.say("one")
    monkeypatch.setattr("realtime_chat.server.room.MAX_ITEMS", 2)
    turn = c.InputAudioBufferAppend(audio=silence(600) + speech(800) + silence(900))
    assert driver.send(turn) == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "error",
    ]
    assert (driver.error["code"], driver.error["event_id"]) == ("conversation_full", None)
    assert driver.send(turn)[-1:] == ["error"]  # and that one is dropped
    assert len(driver.conversation._history) == 2


def test_a_conversation_has_so_much_text_at_most(monkeypatch):
    monkeypatch.setattr("realtime_chat.server.room.MAX_TEXTS", 1_000)
    driver = manual()
    first = items.MessageItem(id="first", role="user", content=[items.InputText(text="x" * 400)])
    driver.send(c.ItemCreate(item=first))
    assert driver.say("x" * 401) == ["error"]
    assert driver.error["code"] == "conversation_full"
    driver.send(c.ItemDelete(item_id="first"))
    assert driver.say("x" * 401)[-1] == "conversation.item.done"


def test_a_conversation_has_so_many_pictures_at_most(monkeypatch):
    monkeypatch.setattr("realtime_chat.server.room.MAX_PICTURES", 1_000)
    driver = manual()
    picture = items.InputImage(image_url="data:" + "x" * 996)
    assert driver.send(c.ItemCreate(item=items.MessageItem(role="user", content=[picture]))) == ["error"]
    assert driver.error["code"] == "conversation_full"


def test_a_response_reads_so_many_items_of_its_own_at_most():
    driver = manual()
    one = items.MessageItem(role="user", content=[items.InputText(text="x")])
    params = ResponseParams(conversation="none", input=[one] * (MAX_INPUT + 1))
    assert driver.send(c.ResponseCreate(response=params)) == ["error"]
    assert (driver.error["code"], driver.error["param"]) == ("invalid_value", "response.input")


@pytest.mark.parametrize("wanted", [sessions.PcmFormat(), sessions.PcmuFormat(), sessions.PcmaFormat()])
def test_long_sound_is_encoded_elsewhere_to_the_same_bytes(wanted):
    driver = manual()
    driver.send(sound(speech(12_000), id="long"))
    driver.send(sound(speech(2_000), id="short"))
    config = sessions.InputConfig(format=wanted)
    driver.send(c.SessionUpdate(session=sessions.RealtimeSession(audio=sessions.AudioConfig(input=config))))
    assert driver.conversation.coding(c.ItemRetrieve(item_id="short")) is None
    assert driver.conversation.coding(c.ItemRetrieve(item_id="nobody")) is None
    event = c.ItemRetrieve(item_id="long")
    coding = driver.conversation.coding(event)
    assert coding is not None
    driver.run(driver.conversation.receive(event, coding()))
    elsewhere = driver.events[-1]["item"]
    driver.send(event)
    assert driver.events[-1]["item"] == elsewhere


def test_so_much_sound_is_recognised_at_a_time():
    driver = telephone(manual())
    driver.send(sound(bytes(8_000 * 590)))
    assert driver.send(sound(bytes(8_000 * 11))) == ["error"]
    assert driver.error["code"] == "rate_limit_exceeded"
    assert driver.send(sound(bytes(8_000 * 9)))[-1] == "conversation.item.done"


def test_nothing_is_recognised_for_a_response_that_cannot_be():
    driver = manual()
    driver.say("Hello")
    driver.send(c.ResponseCreate())
    params = ResponseParams(input=[sound(silence(200)).item])
    assert driver.send(c.ResponseCreate(response=params)) == ["error"]
    assert driver.error["code"] == "conversation_already_has_active_response"
    assert not driver.wished(Transcribe)


def test_sound_that_is_too_long_for_one_event_is_not_sent():
    for milliseconds in (100_000, 100_001):
        driver = manual()
        driver.send(sound(silence(milliseconds), id="long"))
        driver.send(c.ItemRetrieve(item_id="long"))
        part = driver.events[-1]["item"]["content"][0]
        assert ("audio" in part) is (milliseconds == 100_000)
        assert len(json.dumps(driver.events[-1])) < 8 * 1024 * 1024


def test_sound_that_takes_long_to_decode_may_be_decoded_elsewhere():
    here, elsewhere = telephone(manual()), telephone(manual())
    event = sound(bytes(range(256)) * 400, id="a")
    coding = elsewhere.conversation.coding(event)
    assert coding is not None
    elsewhere.run(elsewhere.conversation.receive(event, coding()))
    here.send(event)
    assert here.events == elsewhere.events
    assert here.wished(Transcribe) == elsewhere.wished(Transcribe)
    for quick in (sound(bytes(8_000)), c.InputAudioBufferAppend(audio=bytes(800_000))):
        assert here.conversation.coding(quick) is None
    assert manual().conversation.coding(event) is None
