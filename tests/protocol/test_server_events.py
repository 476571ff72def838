"""Every event that a server of ours can send is one to the strictest public reader: the official types."""

from __future__ import annotations

import json
from typing import Annotated, Any

import pytest
from msgspec import Struct
from openai.types.realtime import RealtimeClientEvent, RealtimeServerEvent
from pydantic import Field, TypeAdapter

from realtime_chat.protocol import buffer_events as buffers
from realtime_chat.protocol import client_events as client
from realtime_chat.protocol import item_events as items
from realtime_chat.protocol import response_events as answers
from realtime_chat.protocol import server_events as server
from realtime_chat.protocol.codec import (
    CLIENT_EVENT_TYPES,
    SERVER_EVENT_TYPES,
    decode_client_event,
    decode_server_event,
    encode,
    event_type,
)
from realtime_chat.protocol.items import (
    AudioPart,
    FunctionCallItem,
    FunctionCallOutputItem,
    InputAudio,
    InputImage,
    InputText,
    Item,
    McpApprovalRequestItem,
    McpApprovalResponseItem,
    McpCallItem,
    McpListToolsItem,
    MessageItem,
    OutputAudio,
    OutputText,
    TextPart,
)
from realtime_chat.protocol.responses import (
    InputTokenDetails,
    OutputTokenDetails,
    RateLimit,
    Response,
    ResponseAudio,
    ResponseError,
    ResponseOutput,
    ResponseParams,
    StatusDetails,
    Usage,
)
from realtime_chat.protocol.sessions import (
    AudioConfig,
    FunctionChoice,
    FunctionTool,
    InputConfig,
    McpChoice,
    McpTool,
    NoiseReduction,
    OutputConfig,
    PcmaFormat,
    PcmFormat,
    PcmuFormat,
    RealtimeSession,
    Reasoning,
    RetentionRatio,
    SemanticVad,
    ServerVad,
    Transcription,
    TranscriptionSession,
    VoiceId,
)

STRICT_SERVER: TypeAdapter[Any] = TypeAdapter(Annotated[RealtimeServerEvent, Field(discriminator="type")])
STRICT_CLIENT: TypeAdapter[Any] = TypeAdapter(Annotated[RealtimeClientEvent, Field(discriminator="type")])

ID: dict[str, Any] = {"event_id": "event_1"}
PART: dict[str, Any] = {**ID, "response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}
OUTPUT: dict[str, Any] = {**ID, "response_id": "resp_1", "item_id": "item_1", "output_index": 0}

ITEMS: list[Item] = [
    MessageItem(id="item_1", role="system", content=[InputText(text="Be brief.")]),
    MessageItem(
        id="item_1",
        object="realtime.item",
        status="completed",
        role="user",
        content=[
            InputText(text="Hi"),
            InputAudio(transcript=None),
            InputAudio(audio=b"\x00\x01", transcript="Hi"),
            InputImage(image_url="data:image/png;base64,AA==", detail="low"),
        ],
    ),
    MessageItem(id="item_1", status="in_progress", role="assistant", content=[]),
    MessageItem(
        id="item_1",
        status="incomplete",
        role="assistant",
        content=[
            OutputText(text="Yes"),
            OutputAudio(transcript="Yes"),
            OutputAudio(audio=b"\x00\x01", transcript="Yes"),
        ],
    ),
    FunctionCallItem(id="item_1", status="in_progress", name="f", arguments="", call_id="call_1"),
    FunctionCallOutputItem(id="item_1", call_id="call_1", output="{}"),
    McpListToolsItem(id="item_1", server_label="s", tools=[{"name": "t", "input_schema": {}}]),
    McpCallItem(
        id="item_1", server_label="s", name="t", arguments="{}", approval_request_id=None, output="x", error=None
    ),
    McpApprovalRequestItem(id="item_1", server_label="s", name="t", arguments="{}"),
    McpApprovalResponseItem(id="item_1", approval_request_id="r", approve=True, reason=None),
]
DETECTIONS = [
    None,
    ServerVad(),
    ServerVad(
        threshold=0.5,
        prefix_padding_ms=300,
        silence_duration_ms=500,
        idle_timeout_ms=None,
        create_response=True,
        interrupt_response=True,
    ),
    SemanticVad(eagerness="auto", create_response=True, interrupt_response=False),
]
SESSIONS: list[Any] = [
    RealtimeSession(),
    *(
        RealtimeSession(
            id="sess_1",
            object="realtime.session",
            model="m",
            output_modalities=["audio"],
            instructions="Be brief.",
            tools=[FunctionTool(name="f", description="d", parameters={"type": "object"})],
            tool_choice="auto",
            max_output_tokens="inf",
            truncation="auto",
            tracing=None,
            prompt=None,
            include=None,
            expires_at=1_767_233_035,
            audio=AudioConfig(
                input=InputConfig(
                    format=PcmFormat(),
                    transcription=Transcription(model="whisper", language="en", prompt="p"),
                    noise_reduction=NoiseReduction(type="near_field"),
                    turn_detection=detection,
                ),
                output=OutputConfig(format=PcmFormat(), voice="any name at all", speed=1.0),
            ),
        )
        for detection in DETECTIONS
    ),
    RealtimeSession(
        tools=[McpTool(server_label="s", server_url="https://example.test", require_approval="never")],
        tool_choice=McpChoice(server_label="s", name="t"),
        truncation=RetentionRatio(retention_ratio=0.8),
        reasoning=Reasoning(effort="low"),
        parallel_tool_calls=False,
        max_output_tokens=100,
        tracing="auto",
        audio=AudioConfig(
            input=InputConfig(format=PcmuFormat(), transcription=None, noise_reduction=None),
            output=OutputConfig(format=PcmaFormat(), voice=VoiceId(id="voice_1")),
        ),
    ),
    RealtimeSession(tool_choice=FunctionChoice(name="f")),
    TranscriptionSession(
        id="sess_1", audio=AudioConfig(input=InputConfig(transcription=Transcription(model="whisper")))
    ),
]
USAGE = Usage(
    total_tokens=3,
    input_tokens=2,
    output_tokens=1,
    input_token_details=InputTokenDetails(text_tokens=2),
    output_token_details=OutputTokenDetails(audio_tokens=1),
)
RESPONSES = [
    Response(id="resp_1", conversation_id="conv_1", output_modalities=["audio"], max_output_tokens="inf"),
    Response(id="resp_1", status="completed", output=ITEMS[3:5], usage=USAGE, metadata={"a": "b"}),
    Response(
        id="resp_1",
        status="cancelled",
        status_details=StatusDetails(type="cancelled", reason="turn_detected"),
        audio=ResponseAudio(output=ResponseOutput(format=PcmFormat(), voice="v")),
        usage=Usage(),
    ),
    Response(
        id="resp_1",
        status="incomplete",
        status_details=StatusDetails(type="incomplete", reason="max_output_tokens"),
        max_output_tokens=16,
    ),
    Response(
        id="resp_1",
        status="failed",
        status_details=StatusDetails(type="failed", error=ResponseError(type="server_error", code="engine_failed")),
    ),
]

SERVER_EVENTS: list[Any] = [
    server.Error(**ID, error=server.ErrorDetails(code="c", message="m", param="session.type", event_id="mine")),
    server.Error(**ID, error=server.ErrorDetails(type="server_error", message="m")),
    *(server.SessionCreated(**ID, session=session) for session in SESSIONS),
    *(server.SessionUpdated(**ID, session=session) for session in SESSIONS),
    server.ConversationCreated(**ID, conversation=server.Conversation(id="conv_1", object="realtime.conversation")),
    *(items.ItemAdded(**ID, item=item) for item in ITEMS),
    *(items.ItemDone(**ID, item=item, previous_item_id="item_0") for item in ITEMS),
    *(items.ItemCreated(**ID, item=item) for item in ITEMS),
    *(items.ItemRetrieved(**ID, item=item) for item in ITEMS),
    items.ItemDeleted(**ID, item_id="item_1"),
    items.ItemTruncated(**ID, item_id="item_1", content_index=0, audio_end_ms=300),
    items.TranscriptionDelta(**ID, item_id="item_1", content_index=0, delta="H"),
    items.TranscriptionCompleted(
        **ID, item_id="item_1", transcript="Hi", usage=items.TranscriptionUsage(type="duration", seconds=1.5)
    ),
    items.TranscriptionCompleted(
        **ID,
        item_id="item_1",
        transcript="Hi",
        usage=items.TranscriptionUsage(type="tokens", total_tokens=3, input_tokens=2, output_tokens=1),
    ),
    items.TranscriptionFailed(
        **ID, item_id="item_1", error=items.TranscriptionError(type="t", code="c", message="m", param=None)
    ),
    items.TranscriptionSegment(**ID, item_id="item_1", id="s", text="Hi", speaker="A", start=0.5, end=1.0),
    buffers.BufferCleared(**ID),
    buffers.BufferCommitted(**ID, item_id="item_1"),
    buffers.SpeechStarted(**ID, audio_start_ms=100, item_id="item_1"),
    buffers.SpeechStopped(**ID, audio_end_ms=900, item_id="item_1"),
    buffers.TimeoutTriggered(**ID, audio_start_ms=0, audio_end_ms=5000, item_id="item_1"),
    buffers.DtmfReceived(event="5", received_at=1_767_233_035),
    buffers.OutputBufferStarted(**ID, response_id="resp_1"),
    buffers.OutputBufferStopped(**ID, response_id="resp_1"),
    buffers.OutputBufferCleared(**ID, response_id="resp_1"),
    server.RateLimitsUpdated(
        **ID, rate_limits=[RateLimit(name="tokens", limit=40_000, remaining=38_490, reset_seconds=2.265), RateLimit()]
    ),
    *(answers.ResponseCreated(**ID, response=response) for response in RESPONSES),
    *(answers.ResponseDone(**ID, response=response) for response in RESPONSES),
    *(answers.OutputItemAdded(**ID, response_id="resp_1", output_index=0, item=item) for item in ITEMS),
    *(answers.OutputItemDone(**ID, response_id="resp_1", output_index=0, item=item) for item in ITEMS),
    answers.ContentPartAdded(**PART, part=TextPart()),
    answers.ContentPartAdded(**PART, part=AudioPart()),
    answers.ContentPartDone(**PART, part=TextPart(text="Yes")),
    answers.ContentPartDone(**PART, part=AudioPart(transcript="Yes", audio=b"\x00")),
    answers.TextDelta(**PART, delta="Y"),
    answers.TextDone(**PART, text="Yes"),
    answers.AudioDelta(**PART, delta=b"\x00\x01"),
    answers.AudioDone(**PART),
    answers.AudioTranscriptDelta(**PART, delta="Y"),
    answers.AudioTranscriptDone(**PART, transcript="Yes"),
    answers.FunctionCallDelta(**OUTPUT, call_id="call_1", delta="{"),
    answers.FunctionCallDone(**OUTPUT, call_id="call_1", arguments="{}", name="f"),
    answers.McpCallArgumentsDelta(**OUTPUT, delta="{"),
    answers.McpCallArgumentsDone(**OUTPUT, arguments="{}"),
    answers.McpCallInProgress(**ID, item_id="item_1", output_index=0),
    answers.McpCallCompleted(**ID, item_id="item_1", output_index=0),
    answers.McpCallFailed(**ID, item_id="item_1", output_index=0),
    server.McpListInProgress(**ID, item_id="item_1"),
    server.McpListCompleted(**ID, item_id="item_1"),
    server.McpListFailed(**ID, item_id="item_1"),
]

CLIENT_EVENTS: list[Any] = [
    *(client.SessionUpdate(session=session) for session in SESSIONS[1:]),
    client.InputAudioBufferAppend(audio=b"\x00\x01", event_id="mine"),
    client.InputAudioBufferCommit(),
    client.InputAudioBufferClear(),
    *(client.ItemCreate(item=item, previous_item_id="root") for item in ITEMS),
    client.ItemDelete(item_id="item_1"),
    client.ItemRetrieve(item_id="item_1"),
    client.ItemTruncate(item_id="item_1", content_index=0, audio_end_ms=300),
    client.ResponseCreate(event_id="mine"),
    client.ResponseCreate(
        response=ResponseParams(
            output_modalities=["text"],
            instructions="Be brief.",
            audio=ResponseAudio(output=ResponseOutput(voice="v")),
            conversation="none",
            input=ITEMS[:2],  # not `ItemReference`: the official types lack it, though their text names it
            metadata={"a": "b"},
            max_output_tokens=16,
            tools=[FunctionTool(name="f")],
            tool_choice="required",
            parallel_tool_calls=True,
            reasoning=Reasoning(effort="low"),
        )
    ),
    client.ResponseCancel(response_id="resp_1"),
    client.ResponseCancel(),
    client.OutputAudioBufferClear(),
]


@pytest.mark.parametrize("event", SERVER_EVENTS, ids=event_type)
def test_server_events_are_what_the_official_types_say(event: Struct) -> None:
    frame = encode(event)
    read = STRICT_SERVER.validate_python(json.loads(frame))
    assert read.type == event_type(event)
    # Nothing of ours is unknown to them: an extra field would be a name that was misspelt.
    assert json.loads(read.model_dump_json(exclude_unset=True)) == json.loads(frame)
    assert decode_server_event(frame) == event


@pytest.mark.parametrize("event", CLIENT_EVENTS, ids=event_type)
def test_client_events_are_what_the_official_types_say(event: Struct) -> None:
    frame = encode(event)
    assert STRICT_CLIENT.validate_python(json.loads(frame)).type == event_type(event)
    assert decode_client_event(frame) == event


def test_each_type_of_event_was_tried() -> None:
    assert {event_type(event) for event in SERVER_EVENTS} == set(SERVER_EVENT_TYPES)
    assert {event_type(event) for event in CLIENT_EVENTS} == set(CLIENT_EVENT_TYPES)
