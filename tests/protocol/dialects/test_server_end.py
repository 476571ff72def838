"""The server's end: whom it takes for what, and what it costs those who speak GA."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from json_of import json_of

from realtime_chat.protocol import client_events as c
from realtime_chat.protocol.client_events import AnyClientEvent
from realtime_chat.protocol.codec import MAX_EVENT, decode_client_event, encode
from realtime_chat.protocol.dialects import server_end, wire
from realtime_chat.protocol.dialects.dialect import Dialect
from realtime_chat.protocol.dialects.server_end import ServerEnd
from realtime_chat.protocol.dialects.table import DIALECTS
from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.protocol.response_events import AudioDelta, TextDelta
from realtime_chat.protocol.server_events import Error, ErrorDetails, SessionCreated, SessionUpdated
from realtime_chat.protocol.sessions import AudioConfig, OutputConfig, RealtimeSession

DELTA = AudioDelta(event_id="e", response_id="r", item_id="i", delta=b"\0\1")
FLAT = '{"type": "session.update", "session": {"voice": "x"}}'


@given(json_of(AnyClientEvent))
def test_ga_is_read_and_written_as_without_it(event):
    frame = json.dumps(event)
    end = ServerEnd()
    try:
        expected = [decode_client_event(frame)]
    except MalformedEvent as error:
        expected = [str(error)]
    read = [str(one) if isinstance(one, MalformedEvent) else one for one in end.read(frame)]
    assert read == expected
    assert end.write(DELTA) == [encode(DELTA)]


def test_ga_costs_no_more(monkeypatch):
    def fail(*_args):
        raise AssertionError("GA is decoded a second time")

    for name in ("read", "type_of", "write"):
        monkeypatch.setattr(wire, name, fail)
    end = ServerEnd()
    assert isinstance(end.read('{"type": "input_audio_buffer.append", "audio": "AAAA"}')[0], c.InputAudioBufferAppend)
    assert end.write(DELTA) == [encode(DELTA)]


def test_the_beta_is_told_by_its_session():
    end = ServerEnd()
    assert end.dialect.name == "ga"
    assert end.read(FLAT) == [
        c.SessionUpdate(session=RealtimeSession(audio=AudioConfig(output=OutputConfig(voice="x"))))
    ]
    assert end.dialect.name == "beta"
    assert json.loads(end.write(DELTA)[0])["type"] == "response.audio.delta"
    assert isinstance(end.read('{"type": "input_audio_buffer.clear"}')[0], c.InputAudioBufferClear)


def test_the_beta_may_be_named_by_the_request():
    end = ServerEnd(DIALECTS["beta"])
    first = SessionCreated(event_id="e", session=RealtimeSession(output_modalities=["text"]))
    session, conversation = map(json.loads, end.write(first))
    assert session["session"] == {"modalities": ["text"]}
    assert conversation["type"] == "conversation.created"


def test_the_conversation_is_told_by_its_first_frame():
    end = ServerEnd()
    assert isinstance(end.read('{"type": "conversation.create", "data": {"voice": "alloy"}}')[0], c.SessionUpdate)
    assert end.dialect.name == "conversation"
    text = TextDelta(event_id="e", response_id="r", item_id="i", delta="Hi")
    assert json.loads(end.write(text)[0])["type"] == "content_block.delta"


def test_who_has_spoken_ga_is_held_to_it():
    end = ServerEnd()
    end.read('{"type": "session.update", "session": {"type": "realtime"}}')
    (error,) = end.read(FLAT)
    assert isinstance(error, MalformedEvent)
    assert error.param == "session.type"
    assert end.dialect.name == "ga"


def test_what_all_speak_decides_nothing():
    end = ServerEnd()
    end.read('{"type": "input_audio_buffer.append", "audio": "AAAA"}')
    assert isinstance(end.read("{")[0], MalformedEvent)
    assert isinstance(end.read('{"type": "session.update", "session": {"instructions": "x"}}')[0], MalformedEvent)
    end.read(FLAT)
    assert end.dialect.name == "beta"


@pytest.mark.parametrize("name", ["beta", "conversation"])
@pytest.mark.parametrize("frame", ["", "{", "[]", b"\xff", '{"type": "nonsense"}', '{"type": "session.update"}'])
def test_nonsense_is_refused_in_every_dialect(name, frame):
    (error,) = ServerEnd(DIALECTS[name]).read(frame)
    assert isinstance(error, MalformedEvent)


@pytest.mark.parametrize("name", ["beta", "conversation"])
def test_no_depth_breaks_a_session(name):
    kinds = ("session.update", "conversation.create", "function.response", "available_functions.create")
    for depth in range(850, 1_000):
        deep = "[" * depth + "]" * depth
        for kind in kinds:
            data = f'{{"voice": {deep}, "response": {{"content": {deep}}}, "functions": [{deep}]}}'
            frame = f'{{"type": "{kind}", "data": {data}, "session": {data}}}'
            for read in ServerEnd(DIALECTS[name]).read(frame):
                assert isinstance(read, MalformedEvent | c.SessionUpdate | c.ItemCreate | c.ResponseCreate)


def refused(end: ServerEnd, frame: str) -> list[dict]:
    """What a client is told whose frame means nothing."""
    (error,) = end.read(frame)
    assert isinstance(error, MalformedEvent)
    details = ErrorDetails(code=error.code, message=error.reason, param=error.param, event_id=error.event_id)
    return [json.loads(told) for told in end.write(Error(event_id="e", error=details))]


@pytest.mark.parametrize(
    ("voice", "event_id"),
    [*((5, name) for name in (None, "mine", "x" * 512, "x" * 5_000)), *(("alloy", "x" * n) for n in (513, 5_000))],
)
def test_an_update_that_is_refused_is_not_the_one_that_is_answered_next(voice, event_id):
    end = ServerEnd(DIALECTS["conversation"])
    named = {} if event_id is None else {"event_id": event_id}
    create = {"type": "conversation.create", "data": {"voice": voice}} | named
    (told,) = refused(end, json.dumps(create))
    assert told["error"]["event_id"] == (event_id and event_id[:512])
    end.read('{"type": "available_functions.create", "data": {"functions": []}}')
    assert end.write(SessionUpdated(event_id="e", session=RealtimeSession())) == []


def test_an_update_that_is_too_deep_is_not_the_one_that_is_answered_next():
    reasons = set()
    for depth in range(850, 1_000):
        end = ServerEnd(DIALECTS["conversation"])
        deep = "[" * depth + "]" * depth
        (told,) = refused(end, f'{{"type": "conversation.create", "data": {{"voice": {deep}}}}}')
        reasons.add(told["error"]["message"])
        assert told["error"]["event_id"] is None
        end.read('{"type": "available_functions.create", "data": {"functions": []}}')
        assert end.write(SessionUpdated(event_id="e", session=RealtimeSession())) == []
    assert "The message is nested too deeply." in reasons


def test_a_dialect_hears_of_the_refusal_of_what_it_translated():
    refused: list[None] = []

    def same(frame, _memory):
        return [frame]

    words = frozenset({"input_audio_buffer.clear"})
    dialect = Dialect("own", type(None), type(None), same, same, same, same, words, words, {}, refused.append)
    end = ServerEnd(dialect)
    for frame in ('{"type": "input_audio_buffer.commit"}', "{", "x" * (MAX_EVENT + 1)):
        end.read('{"type": "input_audio_buffer.clear"}')
        end.read(frame)
        end.refused()
        assert refused == []
    end.read('{"type": "input_audio_buffer.clear"}')
    end.refused()
    assert refused == [None]


def test_a_refusal_names_the_field_that_was_written():
    end = ServerEnd(DIALECTS["beta"])
    (error,) = end.read('{"type": "session.update", "event_id": "mine", "session": {"turn_detection": 5}}')
    assert isinstance(error, MalformedEvent)
    details = ErrorDetails(code=error.code, message=error.reason, param=error.param, event_id=error.event_id)
    told = json.loads(end.write(Error(event_id="e", error=details))[0])["error"]
    assert (told["param"], told["event_id"]) == ("session.turn_detection", "mine")


def test_only_what_may_tell_is_read_twice():
    assert "input_audio_buffer.append" not in server_end._TELLING


@pytest.mark.parametrize("name", [None, *DIALECTS])
def test_what_is_too_long_is_not_read_in_any_dialect(monkeypatch, name):
    monkeypatch.delattr(wire, "read")
    end = ServerEnd(None if name is None else DIALECTS[name])
    for kind in ("session.update", "response.create", "conversation.create", "nonsense"):
        (refused,) = end.read(json.dumps({"type": kind, "event_id": "mine", "x": "y" * MAX_EVENT}))
        assert isinstance(refused, MalformedEvent)
        assert "too long" in refused.reason
        assert refused.event_id == "mine"
