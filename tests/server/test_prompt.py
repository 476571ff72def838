from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.protocol.items import FunctionCallItem, FunctionCallOutputItem, Item, McpListToolsItem, MessageItem
from realtime_chat.server.engines.seam import ChatMessage, ToolCall
from realtime_chat.server.prompt import PENDING, chat_messages


def said(role: str, text: str) -> tuple[Item, str]:
    return MessageItem(role=role, content=[]), text


def called(call_id: str, arguments: str = "{}") -> tuple[Item, str]:
    return FunctionCallItem(name="f", arguments=arguments, call_id=call_id), ""


def returned(call_id: str, output: str = "done") -> tuple[Item, str]:
    return FunctionCallOutputItem(call_id=call_id, output=output), ""


def call(call_id: str) -> ToolCall:
    return ToolCall("f", "{}", call_id)


def test_what_nobody_said_is_left_out():
    listed = McpListToolsItem(server_label="x", tools=[])
    assert chat_messages([said("user", ""), (listed, ""), said("assistant", "Hi.")], "Be kind.") == [
        ChatMessage("system", "Be kind."),
        ChatMessage("assistant", "Hi."),
    ]
    assert chat_messages([], "") == []


def test_calls_and_results_in_a_row():
    assert chat_messages(
        [
            said("user", "Go."),
            said("assistant", "Yes."),
            called("a"),
            called("b"),
            returned("b", "2"),
            returned("a", "1"),
        ],
        "",
    ) == [
        ChatMessage("user", "Go."),
        ChatMessage("assistant", "Yes.", (call("a"), call("b"))),
        ChatMessage("tool", "1", (), "a"),
        ChatMessage("tool", "2", (), "b"),
    ]


def test_a_call_made_after_a_result_comes_after_it():
    assert chat_messages([called("a"), returned("a"), called("b"), returned("b")], "") == [
        ChatMessage("assistant", "", (call("a"),)),
        ChatMessage("tool", "done", (), "a"),
        ChatMessage("assistant", "", (call("b"),)),
        ChatMessage("tool", "done", (), "b"),
    ]


def test_a_result_that_came_late_is_told_late():
    assert chat_messages(
        [said("user", "Go."), called("a"), said("user", "Well?"), said("assistant", "Soon."), returned("a")], ""
    ) == [
        ChatMessage("user", "Go."),
        ChatMessage("user", "Well?"),
        ChatMessage("assistant", "Soon.", (call("a"),)),
        ChatMessage("tool", "done", (), "a"),
    ]


def test_a_result_that_is_not_there_yet():
    assert chat_messages([said("user", "Go."), called("a"), said("user", "Well?")], "") == [
        ChatMessage("user", "Go."),
        ChatMessage("assistant", "", (call("a"),)),
        ChatMessage("tool", PENDING, (), "a"),
        ChatMessage("user", "Well?"),
    ]


def test_arguments_are_json_whatever_came():
    assert chat_messages([called("a", " "), returned("a")], "")[0].calls == (call("a"),)


ids = st.sampled_from(["a", "b", "c"])
entries = st.one_of(
    st.builds(said, st.sampled_from(["user", "assistant", "system"]), st.sampled_from(["", "words"])),
    st.builds(called, ids),
    st.builds(returned, ids, st.text(max_size=3)),
)


@given(st.lists(entries, max_size=12))
def test_every_result_follows_its_call(conversation):
    messages = chat_messages(conversation, "")
    open_calls: list[str] = []
    for message in messages:
        if message.role == "tool":
            open_calls.remove(message.call_id)
        else:
            assert open_calls == []
            open_calls = [made.call_id for made in message.calls]
    assert open_calls == []
    known = {item.call_id for item, _ in conversation if isinstance(item, FunctionCallItem)}
    assert {message.call_id for message in messages if message.role == "tool"} == known
    words = [message for message in messages if message.text == "words" and message.role != "tool"]
    assert len(words) == sum(text == "words" for _, text in conversation)
