import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.cli.lines import JsonLines, line_of
from realtime_chat.protocol.responses import Usage
from realtime_chat.session.notices import (
    Cause,
    Closed,
    DeviceChanged,
    Fault,
    Ignored,
    Interrupted,
    Phase,
    PhaseChanged,
    Placed,
    Ready,
    SpeechStarted,
    ToolCall,
    ToolOutcome,
    ToolQuestion,
    ToolResult,
    Transcript,
    Turn,
    TurnsChanged,
    VoiceChanged,
)
from realtime_chat.session.settings import TurnMode


@pytest.mark.parametrize(
    ("notice", "fields"),
    [
        (Ready("m", "alloy"), {"type": "ready", "model": "m", "voice": "alloy"}),
        (SpeechStarted(), {"type": "speech_started"}),
        (
            Transcript("user", "Hi", True, "i1"),
            {"type": "transcript", "role": "user", "text": "Hi", "final": True, "item_id": "i1"},
        ),
        (Interrupted("i1", 20), {"type": "interrupted", "item_id": "i1", "heard_ms": 20}),
        (Interrupted("i1", None), {"type": "interrupted", "item_id": "i1", "heard_ms": None}),
        (Fault("c", "m"), {"type": "error", "code": "c", "message": "m"}),
        (ToolCall("c", "f", "{}"), {"type": "tool_call", "call_id": "c", "name": "f", "arguments": "{}"}),
        (ToolQuestion("c", "f", "{}"), {"type": "tool_question", "call_id": "c", "name": "f"}),
        (
            ToolResult("c", "f", ToolOutcome.TIMED_OUT, "late", 5),
            {"type": "tool_result", "call_id": "c", "name": "f", "outcome": "timed_out", "output": "late", "ms": 5},
        ),
        (Closed(Cause.FINISHED), {"type": "closed", "cause": "finished", "reason": ""}),
        (
            Turn(None, 5, 6, None),
            {"type": "turn", "voice_to_voice_ms": None, "turn_end_to_audio_ms": 5, "usage": None},
        ),
    ],
)
def test_a_line_is_an_object_with_its_type_first(notice, fields):
    line = line_of(notice)
    assert json.loads(line) == fields
    assert next(iter(json.loads(line))) == "type"


def test_usage_is_what_the_server_counted():
    usage = json.loads(line_of(Turn(1, 2, 3, Usage(total_tokens=7))))["usage"]
    assert usage["total_tokens"] == 7


@pytest.mark.parametrize(
    "notice",
    [
        PhaseChanged(Phase.THINKING),
        Ignored("t", "r"),
        Transcript("user", "", True, "i1"),
        Placed("i1", "user", None),
        TurnsChanged(TurnMode.TAP),
        VoiceChanged(False),
        DeviceChanged("output", None),
    ],
)
def test_what_has_no_line(notice):
    assert line_of(notice) is None


@given(st.text())
def test_any_text_survives_and_nothing_is_left_to_obey(text):
    line = line_of(Transcript("assistant", text + "x", False, "i"))
    assert json.loads(line)["text"] == text + "x"
    assert line.isascii()
    assert line.isprintable()


def test_each_line_is_written_at_once():
    class Stream(io.StringIO):
        flushed = ""

        def flush(self):
            self.flushed = self.getvalue()

    stream = Stream()
    lines = JsonLines(stream)
    lines(SpeechStarted())
    lines(PhaseChanged(Phase.HEARING))
    assert stream.flushed == '{"type": "speech_started"}\n'


def test_an_interruption_takes_back_what_was_not_heard():
    stream = io.StringIO()
    lines = JsonLines(stream)
    for notice in (
        Transcript("assistant", "", False, "a1"),
        Transcript("assistant", "A long answer", False, "a1"),
        Transcript("assistant", "A long", True, "a1"),
        Interrupted("a1", 700),
        Transcript("assistant", "Never", False, "a2"),
        Transcript("assistant", "", True, "a2"),
        Interrupted("a2", 40),
    ):
        lines(notice)
    said = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line.get("text", line["type"]) for line in said] == [
        "A long answer",
        "A long",
        "interrupted",
        "Never",
        "",
        "interrupted",
    ]
