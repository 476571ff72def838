from __future__ import annotations

import json
from typing import Annotated, Any

import pytest
from openai.types.realtime import RealtimeClientEvent
from pydantic import Field, TypeAdapter

from realtime_chat.protocol.codec import decode_client_event, encode
from realtime_chat.session.settings import Settings, TurnMode

PCM = {"type": "audio/pcm", "rate": 24000}
SEMANTIC = {"type": "semantic_vad", "eagerness": "auto", "create_response": True, "interrupt_response": True}
STRICT: TypeAdapter[Any] = TypeAdapter(Annotated[RealtimeClientEvent, Field(discriminator="type")])


@pytest.mark.parametrize(
    ("settings", "session"),
    [
        (
            Settings(),
            {
                "type": "realtime",
                "output_modalities": ["audio"],
                "audio": {
                    "input": {"format": PCM, "transcription": None, "turn_detection": None},
                    "output": {"format": PCM},
                },
            },
        ),
        (
            Settings(modality="text", max_tokens=256),
            {
                "type": "realtime",
                "output_modalities": ["text"],
                "audio": {"input": {"turn_detection": None}},
                "max_output_tokens": 256,
            },
        ),
        (
            Settings("m", "marin", "Be \ud800 brief.", "audio", TurnMode.SERVER, 700, "gpt-4o-mini-transcribe", 1.25),
            {
                "type": "realtime",
                "instructions": "Be ? brief.",
                "output_modalities": ["audio"],
                "audio": {
                    "input": {
                        "format": PCM,
                        "transcription": {"model": "gpt-4o-mini-transcribe"},
                        "turn_detection": {
                            "type": "server_vad",
                            "threshold": 0.5,
                            "prefix_padding_ms": 300,
                            "silence_duration_ms": 700,
                            "create_response": True,
                            "interrupt_response": True,
                        },
                    },
                    "output": {"format": PCM, "voice": "marin", "speed": 1.25},
                },
            },
        ),
        (
            Settings(modality="text", instructions=""),
            {
                "type": "realtime",
                "instructions": "",
                "output_modalities": ["text"],
                "audio": {"input": {"turn_detection": None}},
            },
        ),
        (
            Settings(modality="text", voice="marin", turns=TurnMode.SEMANTIC, transcribe="whisper"),
            {
                "type": "realtime",
                "output_modalities": ["text"],
                "audio": {
                    "input": {"transcription": {"model": "whisper"}, "turn_detection": SEMANTIC},
                    "output": {"format": PCM, "voice": "marin"},
                },
            },
        ),
    ],
    ids=["least", "most", "short answers", "text", "written answers to speech"],
)
def test_the_update_says_what_is_set(settings: Settings, session: dict[str, Any]) -> None:
    frame = encode(settings.update())
    assert json.loads(frame) == {"type": "session.update", "session": session}
    assert decode_client_event(frame) == settings.update()
    STRICT.validate_json(frame)


@pytest.mark.parametrize(
    ("turns", "detection"),
    [
        (TurnMode.LOCAL, None),
        (TurnMode.TAP, None),
        (TurnMode.HOLD, None),
        (TurnMode.SEMANTIC, SEMANTIC),
        (
            TurnMode.SERVER,
            SEMANTIC | {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500},
        ),
    ],
)
def test_other_turns_are_asked_for_and_nothing_else(turns: TurnMode, detection: Any) -> None:
    if turns is TurnMode.SERVER:
        detection = {key: value for key, value in detection.items() if key != "eagerness"}
    frame = encode(Settings(voice="marin").turns_update(turns, "update_1"))
    session = {"type": "realtime", "audio": {"input": {"turn_detection": detection}}}
    assert json.loads(frame) == {"type": "session.update", "event_id": "update_1", "session": session}
    STRICT.validate_json(frame)
    assert (
        json.loads(encode(Settings(turns=turns).update()))["session"]["audio"]["input"]["turn_detection"] == detection
    )


def test_written_answers_are_asked_for_and_nothing_else() -> None:
    frame = encode(Settings(voice="marin").voice_update("text", "update_1"))
    session = {"type": "realtime", "output_modalities": ["text"]}
    assert json.loads(frame) == {"type": "session.update", "event_id": "update_1", "session": session}
    STRICT.validate_json(frame)
