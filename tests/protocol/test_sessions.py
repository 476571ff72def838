from __future__ import annotations

import pytest
from msgspec import UNSET

from realtime_chat.protocol.sessions import (
    AudioConfig,
    FunctionTool,
    InputConfig,
    OutputConfig,
    PcmFormat,
    RealtimeSession,
    SemanticVad,
    ServerVad,
    Transcription,
    merged,
)

CURRENT = RealtimeSession(
    model="m",
    instructions="Be brief.",
    tools=[FunctionTool(name="f")],
    audio=AudioConfig(
        input=InputConfig(
            format=PcmFormat(),
            transcription=Transcription(model="whisper", language="en"),
            turn_detection=ServerVad(threshold=0.5, silence_duration_ms=500),
        ),
        output=OutputConfig(voice="joe", speed=1.0),
    ),
)


def test_what_an_update_leaves_out_stays() -> None:
    assert merged(CURRENT, RealtimeSession()) == CURRENT
    assert merged(CURRENT, RealtimeSession(audio=AudioConfig(input=InputConfig(), output=OutputConfig()))) == CURRENT


@pytest.mark.parametrize("detection", [None, SemanticVad(), ServerVad(threshold=0.9)])
def test_a_turn_detection_replaces_the_former_one_whole(detection: ServerVad | SemanticVad | None) -> None:
    update = RealtimeSession(audio=AudioConfig(input=InputConfig(turn_detection=detection)))
    found = merged(CURRENT, update)
    assert isinstance(found.audio, AudioConfig)
    assert isinstance(found.audio.input, InputConfig)
    assert found.audio.input.turn_detection == detection
    assert found.audio.input.transcription == Transcription(model="whisper", language="en")
    assert found.audio.output == OutputConfig(voice="joe", speed=1.0)


def test_empty_values_clear() -> None:
    found = merged(CURRENT, RealtimeSession(instructions="", tools=[]))
    assert (found.instructions, found.tools, found.model) == ("", [], "m")


def test_what_was_not_there_is_taken_whole() -> None:
    audio = AudioConfig(output=OutputConfig(voice="joe"))
    assert merged(RealtimeSession(), RealtimeSession(audio=audio)).audio == audio
    assert merged(RealtimeSession(audio=AudioConfig()), RealtimeSession(audio=audio)).audio == audio


def test_neither_side_is_changed() -> None:
    update = RealtimeSession(audio=AudioConfig(output=OutputConfig(voice="amy")))
    merged(CURRENT, update)
    assert isinstance(CURRENT.audio, AudioConfig)
    assert isinstance(CURRENT.audio.output, OutputConfig)
    assert CURRENT.audio.output.voice == "joe"
    assert update.model is UNSET
