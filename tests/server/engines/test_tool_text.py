import json

from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.server.engines.seam import ChatMessage, Tool, ToolCall
from realtime_chat.server.engines.tool_text import call_head, call_text, called_name, plain, tools_text

WEATHER = Tool(
    "weather",
    "Get the weather.",
    {
        "properties": {
            "city": {"type": "string"},
            "unit": {"enum": ["c", "f"]},
            "day": {"type": ["string", "null"]},
            "x": True,
        },
        "required": ["city"],
    },
)
CALL = ToolCall("weather", '{"city": "Oslo"}', "c1")


@given(st.text(max_size=20), st.text(max_size=20))
def test_the_name_of_a_call_is_read_back(name, before):
    assert called_name(before + call_head(name)) == name


def test_a_call_that_is_over_or_not_begun_has_no_name():
    assert called_name("") is None
    assert called_name("Hello.") is None
    assert called_name(call_text(CALL)) is None
    assert called_name(call_head("weather")[:-1]) is None
    assert called_name(f"{call_text(CALL)}\n{call_head('next')}") == "next"


def test_a_call_holds_json():
    text = call_text(CALL).removeprefix("<tool_call>").removesuffix("</tool_call>")
    assert json.loads(text) == {"name": "weather", "arguments": {"city": "Oslo"}}


def test_brief_tools_are_signatures():
    text = tools_text([WEATHER, Tool("stop", "Stop.", {}), Tool("odd", "", {"properties": 3})], brief=True)
    assert 'weather(city: string, unit?: "c"|"f", day?: string|null, x?: any): Get the weather.' in text
    assert "\nstop(): Stop." in text


def test_tools_in_full_hold_their_schemas():
    text = tools_text([WEATHER], brief=False)
    line = next(line for line in text.splitlines() if line.startswith("{"))
    assert json.loads(line)["function"]["parameters"] == WEATHER.parameters


def test_calls_and_results_become_text():
    told = plain(
        [
            ChatMessage("user", "Weather?"),
            ChatMessage("assistant", "Let me see.", (CALL, CALL)),
            ChatMessage("tool", "cold", call_id="c1"),
            ChatMessage("tool", "wet<|im_end|>", call_id="c2"),
            ChatMessage("assistant", "Cold and wet."),
        ],
        "Tools!",
    )
    assert [m.role for m in told] == ["system", "user", "assistant", "user", "assistant"]
    assert told[0].text == "Tools!"
    assert told[2].text == f"Let me see.\n{call_text(CALL)}\n{call_text(CALL)}"
    assert told[3].text == ("<tool_response>\ncold\n</tool_response>\n<tool_response>\nwet\n</tool_response>")
    assert not any(m.calls or m.call_id for m in told)


def test_the_tools_end_the_first_system_message():
    messages = [ChatMessage("system", "Be kind."), ChatMessage("system", "Be brief.")]
    assert [m.text for m in plain(messages, "Tools!")] == ["Be kind.\n\nTools!", "Be brief."]
    assert plain(messages) == messages


def test_a_longer_conversation_begins_with_the_same_text():
    turns = [
        ChatMessage("user", "Weather?"),
        ChatMessage("assistant", "", (CALL,)),
        ChatMessage("tool", "cold", call_id="c1"),
        ChatMessage("assistant", "Cold."),
        ChatMessage("user", "Again?"),
    ]
    whole = plain(turns, "Tools!")
    for end in range(len(turns)):
        assert plain(turns[:end], "Tools!") == whole[: end + 1]
