"""Items that a client makes, deletes and cuts, where the answer under way is concerned."""

from __future__ import annotations

from conversation_driver import Driver, manual

from realtime_chat.protocol import client_events as c
from realtime_chat.protocol import items, sessions
from realtime_chat.protocol.responses import ResponseAudio, ResponseOutput, ResponseParams
from realtime_chat.server.effects import Abandon, Prepare, Think


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
