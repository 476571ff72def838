from __future__ import annotations

import json
from typing import Annotated, Any

import pytest
from openai.types.realtime import RealtimeClientEvent
from pydantic import Field, TypeAdapter

from realtime_chat.protocol.codec import decode_client_event, encode
from realtime_chat.session.settings import Settings, TurnMode

PCM = {"type": "audio/pcm", "rate": 24000}


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
            Settings(modality="text", voice="marin", instructions="", turns=TurnMode.SERVER),
            {
                "type": "realtime",
                "instructions": "",
                "output_modalities": ["text"],
                "audio": {"input": {"turn_detection": None}},
            },
        ),
    ],
    ids=["least", "most", "text"],
)
def test_the_update_says_what_is_set(settings: Settings, session: dict[str, Any]) -> None:
    frame = encode(settings.update())
    assert json.loads(frame) == {"type": "session.update", "session": session}
    assert decode_client_event(frame) == settings.update()
    strict: TypeAdapter[Any] = TypeAdapter(Annotated[RealtimeClientEvent, Field(discriminator="type")])
    strict.validate_json(frame)
