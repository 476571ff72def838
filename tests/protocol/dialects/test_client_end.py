from __future__ import annotations

import json

import pytest
from hypothesis import given
from json_of import json_of

from realtime_chat.protocol.client_events import AnyClientEvent, ItemCreate, SessionUpdate
from realtime_chat.protocol.codec import encode
from realtime_chat.protocol.dialects.client_end import ClientEnd
from realtime_chat.protocol.dialects.server_end import ServerEnd
from realtime_chat.protocol.dialects.table import DIALECTS
from realtime_chat.protocol.items import InputText, MessageItem
from realtime_chat.protocol.sessions import RealtimeSession


@given(json_of(AnyClientEvent))
def test_ga_goes_as_it_is(event):
    end = ClientEnd(DIALECTS["ga"])
    assert end.write(json.dumps(event)) == [json.dumps(event)]
    assert end.read(json.dumps(event).encode()) == [json.dumps(event).encode()]


@pytest.mark.parametrize("name", ["beta", "conversation"])
@pytest.mark.parametrize("frame", ["", "{", "[]", b"\xff\xfe", '{"type": "vendor.event", "a": 1}'])
def test_what_is_not_understood_stays(name, frame):
    assert ClientEnd(DIALECTS[name]).read(frame) == [frame]


@pytest.mark.parametrize("kind", ["session.update", "session.updated"])
def test_what_can_be_read_only_in_part_stays(kind):
    frame = f'{{"type": "{kind}", "a": 1e999}}'
    assert ClientEnd(DIALECTS["conversation"]).read(frame) == [frame]
    assert ClientEnd(DIALECTS["conversation"]).write(frame) == [frame]


def test_no_depth_ends_a_conversation():
    for depth in range(850, 1_000):
        deep = "[" * depth + "]" * depth
        for name, frame in (
            ("beta", f'{{"type": "session.updated", "session": {{"voice": {deep}}}}}'),
            ("conversation", f'{{"type": "function.call", "data": {{"arguments": {deep}}}}}'),
        ):
            assert len(ClientEnd(DIALECTS[name]).read(frame)) == 1


@pytest.mark.parametrize("name", DIALECTS)
def test_both_ends_understand_each_other(name):
    client, server = ClientEnd(DIALECTS[name]), ServerEnd(DIALECTS["beta"] if name == "beta" else None)
    update = SessionUpdate(session=RealtimeSession(instructions="x", output_modalities=["audio"]))
    item = MessageItem(id="typed_1", role="user", content=[InputText(text="Hi")])
    understood = [event for frame in client.write(encode(update)) for event in server.read(frame)]
    assert understood[-1].session == update.session
    assert [event for frame in client.write(encode(ItemCreate(item=item))) for event in server.read(frame)] == [
        ItemCreate(item=item)
    ]
    assert server.dialect.name == name
