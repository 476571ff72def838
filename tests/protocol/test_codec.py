from __future__ import annotations

import base64
import json
import types
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET, Struct, UnsetType

from realtime_chat.protocol.client_events import AnyClientEvent, InputAudioBufferAppend, ItemCreate, ResponseCancel
from realtime_chat.protocol.codec import (
    CLIENT_EVENT_TYPES,
    MAX_EVENT,
    SERVER_EVENT_TYPES,
    check_length,
    decode_client_event,
    decode_server_event,
    encode,
    event_type,
)
from realtime_chat.protocol.errors import MalformedEvent, ProtocolError, UnknownEventType
from realtime_chat.protocol.item_events import TranscriptionCompleted
from realtime_chat.protocol.items import InputAudio, InputText, MessageItem
from realtime_chat.protocol.response_events import AudioDelta
from realtime_chat.protocol.server_events import AnyServerEvent, Unknown

CLIENT = get_args(AnyClientEvent)
SERVER = get_args(AnyServerEvent)

TEXT = st.text(max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: st.integers(-(2**53), 2**53),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    bytes: st.binary(max_size=16),
    type(None): st.none(),
    UnsetType: st.just(UNSET),
    Any: JSON,
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a type that the events use."""
    if hint in LEAVES:
        return LEAVES[hint]
    arguments = get_args(hint)
    match get_origin(hint):
        case None:
            return st.deferred(lambda: structs(hint))
        case kind if kind is Literal:
            return st.sampled_from(arguments)
        case kind if kind in {Union, types.UnionType}:
            return st.one_of([values(argument) for argument in arguments])
        case kind if kind is list:
            return st.lists(values(arguments[0]), max_size=2)
        case kind if kind is dict:
            return st.dictionaries(values(arguments[0]), values(arguments[1]), max_size=2)
    raise TypeError(f"no strategy for {hint}")


def structs(kind: type[Struct]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({name: values(hint) for name, hint in get_type_hints(kind).items()}).map(
        lambda fields: kind(**fields)
    )


@pytest.mark.parametrize("kind", CLIENT, ids=lambda kind: str(kind.__struct_config__.tag))
@given(data=st.data())
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
def test_client_events_come_back_as_they_went(kind: type[Struct], data: st.DataObject) -> None:
    event = data.draw(structs(kind))
    assert decode_client_event(encode(event)) == event
    assert json.loads(encode(event))["type"] == event_type(event)


@pytest.mark.parametrize("kind", SERVER, ids=lambda kind: str(kind.__struct_config__.tag))
@given(data=st.data())
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
def test_server_events_come_back_as_they_went(kind: type[Struct], data: st.DataObject) -> None:
    event = data.draw(structs(kind))
    assert decode_server_event(encode(event).encode()) == event
    assert json.loads(encode(event))["type"] == event_type(event)


@pytest.mark.parametrize("kind", SERVER, ids=lambda kind: str(kind.__struct_config__.tag))
@given(data=st.data())
@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
def test_unknown_fields_change_nothing(kind: type[Struct], data: st.DataObject) -> None:
    event = data.draw(structs(kind))
    fields = json.loads(encode(event)) | {"obfuscation_": "x8Jk", "x_vendor": data.draw(JSON)}
    assert decode_server_event(json.dumps(fields)) == event


def test_the_tables_are_whole() -> None:
    """As many as the reference counts."""
    assert (len(CLIENT_EVENT_TYPES), len(SERVER_EVENT_TYPES)) == (11, 46)


BROKEN = {
    "nothing": b"",
    "a space": " ",
    "no JSON": "hello",
    "half": '{"type":"error","error":',
    "two": '{"type":"x"}{"type":"y"}',
    "not a number": '{"type":"x","y":NaN}',
    "a bare control character": '{"type":"x\x00"}',
    "no UTF-8": b'{"type":"\xff"}',
    "a lone surrogate": '{"type":"\\ud800"}',
    "a str that UTF-8 has no bytes for": '{"type":"\ud800"}',
    "deep and whole": '{"type":"x","y":' + "[" * 200_000 + "]" * 200_000 + "}",
    "deep in a known event": '{"type":"session.update","session":' + '{"a":' * 100_000 + "1" + "}" * 100_000 + "}",
}


@pytest.mark.parametrize("decode", [decode_client_event, decode_server_event])
@pytest.mark.parametrize("frame", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_json(decode: Any, frame: str | bytes) -> None:
    with pytest.raises(MalformedEvent) as caught:
        decode(frame)
    assert caught.value.code == "invalid_json"
    assert str(caught.value) == "The message is not valid JSON."


@pytest.mark.parametrize("decode", [decode_client_event, decode_server_event])
@pytest.mark.parametrize(
    ("frame", "code", "reason", "event_id"),
    [
        ("null", "invalid_value", "Invalid value: Expected `object`, got `null`.", None),
        ("[]", "invalid_value", "Invalid value: Expected `object`, got `array`.", None),
        ('"type"', "invalid_value", "Invalid value: Expected `object`, got `str`.", None),
        ("[" * 200_000, "invalid_value", "Invalid value: Expected `object`, got `array`.", None),
        (
            '{"type":"x","event_id":7}',
            "invalid_value",
            "Invalid value for 'event_id': Expected `str | null`, got `int`.",
            None,
        ),
        ("{}", "invalid_event", "The 'type' field is missing.", None),
        ('{"event_id":"e"}', "invalid_event", "The 'type' field is missing.", "e"),
        ('{"event_id":null}', "invalid_event", "The 'type' field is missing.", None),
        ('{"type":7}', "invalid_value", "Invalid value for 'type': Expected `str`, got `int`.", None),
        ('{"type":7,"event_id":"e"}', "invalid_value", "Invalid value for 'type': Expected `str`, got `int`.", "e"),
        ('{"event_id":"e","type":[]}', "invalid_value", "Invalid value for 'type': Expected `str`, got `array`.", "e"),
        ('{"type":null}', "invalid_value", "Invalid value for 'type': Expected `str`, got `null`.", None),
    ],
)
def test_what_is_no_event(decode: Any, frame: str, code: str, reason: str, event_id: str | None) -> None:
    with pytest.raises(MalformedEvent) as caught:
        decode(frame)
    assert (caught.value.code, str(caught.value), caught.value.event_id) == (code, reason, event_id)
    assert isinstance(caught.value, ProtocolError)


@pytest.mark.parametrize(
    ("event", "code", "param"),
    [
        ({"type": "session.update", "session": {}}, "missing_required_parameter", "session.type"),
        ({"type": "session.update"}, "missing_required_parameter", "session"),
        ({"type": "session.update", "session": {"type": "beta"}}, "invalid_value", "session.type"),
        ({"type": "session.update", "session": {"type": "realtime", "audio": 4}}, "invalid_value", "session.audio"),
        (
            {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [{}]}},
            "missing_required_parameter",
            "item.content[0].type",
        ),
        ({"type": "conversation.item.delete"}, "missing_required_parameter", "item_id"),
        ({"type": "input_audio_buffer.append", "audio": "%%"}, "invalid_value", "audio"),
        ({"type": "input_audio_buffer.append", "audio": 7}, "invalid_value", "audio"),
        ({"type": "response.cancel", "response_id": 5}, "invalid_value", "response_id"),
    ],
)
def test_what_is_wrong_with_a_client_event(event: dict[str, Any], code: str, param: str) -> None:
    with pytest.raises(MalformedEvent) as caught:
        decode_client_event(json.dumps(event | {"event_id": "mine"}))
    assert (caught.value.code, caught.value.param, caught.value.event_id) == (code, param, "mine")
    assert not isinstance(caught.value, UnknownEventType)


def test_an_unknown_type_names_the_known_ones() -> None:
    with pytest.raises(UnknownEventType) as caught:
        decode_client_event(json.dumps({"type": "scooby.dooby.doo" + "o" * 1000}))
    assert caught.value.param == "type"
    assert caught.value.event_id is None
    assert len(str(caught.value)) < 800
    assert all(f"'{name}'" in str(caught.value) for name in CLIENT_EVENT_TYPES)


def test_no_utf8_inside_a_client_event() -> None:
    frame = b'{"type":"conversation.item.delete","event_id":"e","item_id":"\xff"}'
    with pytest.raises(MalformedEvent) as caught:
        decode_client_event(frame)
    assert (caught.value.code, caught.value.event_id) == ("invalid_json", "e")


def test_an_unknown_server_event_is_kept() -> None:
    event = decode_server_event('{"type":"vendor.news","x":[1]}')
    assert event == Unknown("vendor.news", "unknown type", {"type": "vendor.news", "x": [1]})
    assert event_type(event) == "vendor.news"


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "response.output_audio.delta", "item_id": "a", "response_id": "r", "delta": "%%%"},
        {"type": "response.output_audio.delta"},
        {"type": "response.done", "response": {"id": "r", "output": [{"type": "reasoning"}]}},
        {"type": "response.done", "response": {"id": "r", "status": "canceled"}},
        {"type": "error", "error": "words"},
        {"type": "session.created", "session": {"model": "flat, as the beta had it"}},
        {"type": "conversation.item.added", "item": {"type": "hologram", "id": "h"}},
    ],
    ids=lambda fields: str(fields["type"]),
)
def test_a_server_event_of_an_unknown_shape_is_kept(fields: dict[str, Any]) -> None:
    event = decode_server_event(json.dumps(fields))
    assert isinstance(event, Unknown)
    assert event.type == fields["type"]
    assert event.fields == fields
    assert event.reason != "unknown type"


@pytest.mark.parametrize(
    "fields",
    [
        {
            "type": "conversation.item.input_audio_transcription.completed",
            "event_id": None,
            "item_id": "a",
            "content_index": None,
            "transcript": "x",
            "usage": None,
        },
        {
            "type": "conversation.item.input_audio_transcription.completed",
            "item_id": "a",
            "transcript": "x",
            "x_vendor": [None, {"y": None}],
            "usage": {"type": None},
        },
    ],
)
def test_a_null_where_none_is_expected_is_a_field_left_out(fields: dict[str, Any]) -> None:
    event = decode_server_event(json.dumps(fields))
    assert isinstance(event, TranscriptionCompleted)
    assert (event.item_id, event.transcript, event.content_index) == ("a", "x", 0)


@pytest.mark.parametrize("number", ["1e999", "9" * 5000], ids=["a float", "an integer"])
def test_numbers_that_python_has_no_room_for(number: str) -> None:
    assert isinstance(
        decode_server_event(f'{{"type":"input_audio_buffer.cleared","x":{number}}}'), msgspec.Struct
    )  # an unknown field is not even read
    with pytest.raises(MalformedEvent):
        decode_server_event(f'{{"type":"vendor.news","x":{number}}}')


def test_nulls_deep_down_are_no_way_to_crash() -> None:
    """As deep as JSON is read at all, in an event that is read leniently."""
    for depth in (100, 300, 500, 900):
        deep = '{"a":' * depth + "null" + "}" * depth
        event = decode_server_event(f'{{"type":"session.updated","session":{{"type":null}},"x":{deep}}}')
        assert isinstance(event, Unknown)


def test_a_huge_frame() -> None:
    pcm = bytes(12 * 2**20)
    event = AudioDelta(event_id="e", response_id="r", item_id="a", delta=pcm)
    assert decode_server_event(encode(event)) == event


@given(st.binary() | st.text())
def test_any_frame_is_an_event_or_malformed(frame: str | bytes) -> None:
    for decode in (decode_client_event, decode_server_event):
        try:
            assert isinstance(decode(frame), Struct)
        except MalformedEvent as error:
            assert error.code  # noqa: PT017 - either is fine


@given(st.sampled_from(SERVER_EVENT_TYPES), st.dictionaries(TEXT, JSON, max_size=3), st.binary(max_size=3))
def test_any_fields_of_a_known_type_are_an_event(kind: str, fields: dict[str, Any], noise: bytes) -> None:
    fields.pop("event_id", None)  # the one field that must be right
    frame = json.dumps(fields | {"type": kind}).encode()
    assert isinstance(decode_server_event(frame), Struct)
    try:
        decode_server_event(frame[:-1] + noise + b"}")
    except MalformedEvent as error:
        assert error.code == "invalid_json"  # noqa: PT017 - either is fine


def test_ids_that_are_null_are_left_out() -> None:
    cancel = decode_client_event('{"type": "response.cancel", "event_id": null, "response_id": null}')
    assert cancel == ResponseCancel(event_id=None, response_id=None)


LONG = "x" * 100_000


@pytest.mark.parametrize(
    "event",
    [
        {"type": "nonsense"},
        {},
        {"type": "input_audio_buffer.append", "audio": 5},
        {"type": "response.create", "nonsense": 5},
        {"type": "response.create", "response": {"max_output_tokens": 10**400}},
    ],
)
def test_an_error_names_only_the_beginning_of_an_id(event: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvent) as refused:
        decode_client_event(json.dumps(event | {"event_id": LONG}))
    assert refused.value.event_id == LONG[:512]


@pytest.mark.parametrize("value", [LONG, " - at `$.mine`" * 10_000, "missing required field `mine`" * 4_000])
def test_an_error_repeats_only_the_beginning(value: str) -> None:
    item = {"type": "message", "role": value, "content": []}
    with pytest.raises(MalformedEvent) as refused:
        decode_client_event(json.dumps({"type": "conversation.item.create", "item": item}))
    assert (refused.value.code, refused.value.param) == ("invalid_value", "item.role")
    assert len(refused.value.reason) < 300
    assert value[:100] in refused.value.reason


def long_event(kind: str, **fields: Any) -> str:
    return json.dumps({"type": kind, "event_id": "mine", **fields, "x": "y" * MAX_EVENT})


def test_what_is_too_long_is_not_read():
    for kind in set(CLIENT_EVENT_TYPES) - {"input_audio_buffer.append", "conversation.item.create"}:
        for frame in (long_event(kind), long_event(kind).encode()):
            with pytest.raises(MalformedEvent) as caught:
                decode_client_event(frame)
            assert (caught.value.code, caught.value.event_id) == ("invalid_value", "mine")
            assert f"'{kind}' takes up to {MAX_EVENT} characters" in caught.value.reason


def test_sound_may_be_long_and_many_small_parts_may_not():
    sound = bytes(MAX_EVENT)
    append = decode_client_event(encode(InputAudioBufferAppend(audio=sound)))
    assert isinstance(append, InputAudioBufferAppend)
    assert append.audio == sound
    for part, number in (InputAudio(audio=sound), 1), (InputText(text=""), MAX_EVENT // 20):
        item = ItemCreate(item=MessageItem(role="user", content=[part] * number))
        for frame in (encode(item), encode(item).encode()):
            if number == 1:
                assert decode_client_event(frame) == item
                continue
            with pytest.raises(MalformedEvent, match="too long"):
                decode_client_event(frame)


def test_many_small_values_are_refused_whatever_they_are_made_of():
    for piece in ("1,", "[],", "{},", '"",'):
        values = piece * (2 * MAX_EVENT // len(piece)) + "1"
        for kind in ("conversation.item.create", "input_audio_buffer.append"):
            frame = f'{{"type":"{kind}","event_id":"mine","item":[{values}]}}'
            for form in (frame, frame.encode()):
                with pytest.raises(MalformedEvent, match="too long") as caught:
                    decode_client_event(form)
                assert (caught.value.code, caught.value.event_id) == ("invalid_value", "mine")


def test_only_sound_and_pictures_may_be_long():
    long = "x" * 2 * MAX_EVENT
    sound = base64.b64encode(bytes(2 * MAX_EVENT)).decode()
    parts = [
        {"type": "input_audio", "audio": sound},
        {"type": "input_image", "image_url": long},
        {"type": "input_text", "text": "x" * (MAX_EVENT // 2)},
    ]
    message = {"type": "message", "role": "user", "content": parts}
    assert isinstance(taken(json.dumps({"type": "conversation.item.create", "item": message})), ItemCreate)
    call = {"type": "mcp_call", "server_label": "x", "name": "x", "arguments": ""}
    for item in (
        message | {"content": [{"type": "input_text", "text": long}]},
        message | {"content": [parts[0], {"type": "input_text", "text": long}]},
        message | {"content": [{"type": "input_audio", "transcript": long}]},
        message | {"id": long},
        message | {"unknown": long},
        call | {"arguments": long},
        call | {"output": long},
    ):
        frame = json.dumps({"type": "conversation.item.create", "event_id": "mine", "item": item})
        assert taken(frame) == ("invalid_value", None, "mine")
    assert taken(json.dumps({"type": "input_audio_buffer.append", "audio": "AAAA", "x": long})) == (
        "invalid_value",
        None,
        None,
    )


def deeper(levels: int, event: Struct) -> str:
    """Encode an event so many calls further down the stack."""
    return encode(event) if not levels else deeper(levels - 1, event)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("session.update", '"session":{"type":"realtime","tracing":{"metadata":DEEP}}'),
        ("session.update", '"session":{"type":"realtime","prompt":{"id":DEEP}}'),
        (
            "session.update",
            '"session":{"type":"realtime","tools":[{"type":"function","name":"x","parameters":{"a":DEEP}}]}',
        ),
        ("response.create", '"response":{"tools":[{"type":"mcp","server_label":"x","allowed_tools":{"a":DEEP}}]}'),
        ("conversation.item.create", '"item":{"type":"mcp_list_tools","server_label":"x","tools":[{"a":DEEP}]}'),
        (
            "conversation.item.create",
            '"item":{"type":"mcp_call","server_label":"x","name":"x","arguments":"","error":{"a":DEEP}}',
        ),
        ("input_audio_buffer.commit", '"unknown":DEEP'),
    ],
)
@pytest.mark.parametrize("has_words", [False, True])
def test_what_can_be_read_can_be_written_anywhere(kind: str, fields: str, has_words: bool) -> None:
    """Whoever answers with an event does so further down than it was read."""
    for depth in (1, 50, 150, 190, *range(195, 205), 300, 600, *range(900, 1_000, 5)):
        text = f'{{"type":"{kind}",{fields}}}'.replace("DEEP", "[" * depth + '"[]\\"{[" ' * has_words + "]" * depth)
        for form in (text, text.encode()):
            read = taken(form)
            if isinstance(read, Struct):
                assert depth < 200
                assert deeper(400, read)
            else:
                assert depth > 190
                assert read == ("invalid_json", None, None)


def test_what_is_too_deep_is_named() -> None:
    deep = "[" * 300 + "]" * 300
    frame = f'{{"type":"response.create","event_id":"mine","response":{{"prompt":{{"a":{deep}}}}}}}'
    for read in (decode_client_event, check_length):
        with pytest.raises(MalformedEvent, match=r"^The message is nested too deeply\.$") as caught:
            read(frame)
        assert (caught.value.code, caught.value.event_id) == ("invalid_json", "mine")


def taken(frame: str | bytes) -> object:
    try:
        return decode_client_event(frame)
    except MalformedEvent as error:
        return (error.code, error.param, error.event_id)


@given(
    st.sampled_from(
        ['"AAAA"', '"A"', "5", "null", '"AAAA","event_id":"e1"', '"AAAA","type":"session.update"', '"AAAA"}']
    ),
    st.booleans(),
)
def test_a_microphones_frame_is_read_as_it_is_in_any_other_order(audio: str, has_space: bool) -> None:
    kind = '"type": "input_audio_buffer.append"' if has_space else '"type":"input_audio_buffer.append"'
    assert taken(f'{{{kind},"audio":{audio}}}') == taken(f'{{ {kind},"audio":{audio}}}')
