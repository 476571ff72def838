from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.protocol.items import (
    FunctionCallOutputItem,
    InputImage,
    InputText,
    McpCallItem,
    McpListToolsItem,
    MessageItem,
)
from realtime_chat.protocol.sessions import RealtimeSession
from realtime_chat.server import room
from realtime_chat.server.entry import Entry
from realtime_chat.server.history import History
from realtime_chat.server.room import MAX_TEXT, OBJECT, check_session, check_text, has_room, size_of

TEXT = st.text(max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def brackets_in(value: object) -> int:
    """Objects and lists in a value."""
    if isinstance(value, dict):
        return 1 + sum(map(brackets_in, value.values()))
    return 1 + sum(map(brackets_in, value)) if isinstance(value, list) else 0


@given(JSON, TEXT)
def test_all_of_an_item_counts_and_more_where_it_is_of_many_parts(value, text):
    schema = {"name": text, "input_schema": value}
    item = McpListToolsItem(id="x", server_label=text, tools=[schema])
    words = len(json.dumps([text, schema], ensure_ascii=False, separators=(",", ":")))
    size, pictures = size_of(item)
    assert size >= words + OBJECT * brackets_in(schema)
    assert size <= 6 * words + OBJECT * (brackets_in(schema) + 2) + 100
    assert pictures == 0


@given(TEXT)
def test_a_sign_in_a_text_counts_as_a_character(text):
    plain, signs = (McpCallItem(server_label="s", name="n", arguments=some) for some in ("xxxx" + text, "[{]}" + text))
    assert size_of(plain) == size_of(signs)


@given(st.lists(st.integers(0, 1_000), max_size=4))
def test_pictures_are_counted_apart(lengths):
    content = [InputText(text="x"), *(InputImage(image_url="x" * length) for length in lengths)]
    item = MessageItem(id="x", role="user", content=content)
    bare = MessageItem(id="x", role="user", content=[InputText(text="x"), *[InputImage(image_url="")] * len(lengths)])
    assert size_of(item) == (size_of(bare)[0], sum(lengths))
    assert [part.image_url for part in item.content[1:]] == ["x" * length for length in lengths]


def test_there_is_room_for_so_many(monkeypatch):
    monkeypatch.setattr(room, "MAX_ITEMS", 3)
    history = History()
    history.add(Entry(FunctionCallOutputItem(id="x", call_id="y", output="")))
    assert [has_room(history, items) for items in (1, 2, 3)] == [True, True, False]
    assert has_room(history)


def test_what_is_brought_at_once_has_a_limit():
    check_text(MAX_TEXT, "item")
    with pytest.raises(MalformedEvent) as caught:
        check_text(MAX_TEXT + 1, "item")
    assert (caught.value.code, caught.value.param) == ("invalid_value", "item")


def test_a_session_has_a_limit():
    check_session(RealtimeSession(instructions="x" * (MAX_TEXT - 100)))
    with pytest.raises(MalformedEvent) as caught:
        check_session(RealtimeSession(instructions="x" * MAX_TEXT))
    assert (caught.value.code, caught.value.param) == ("invalid_value", "session")
