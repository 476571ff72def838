"""The client's machine hears what a server once said: as it was recorded, and as networks and vendors spoil it.

The logs in tests/data are our own server's; `tools/record_sessions.py` makes them.
"""

from __future__ import annotations

import copy
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from memory_tool import MemoryTool

from realtime_chat.protocol.client_events import ItemCreate
from realtime_chat.protocol.items import FunctionCallOutputItem
from realtime_chat.session.effects import Reject
from realtime_chat.session.notices import Cause, Phase, PhaseChanged, Ready, ToolCall, Transcript, Turn
from realtime_chat.session.settings import Settings, TurnMode
from realtime_chat.session.turns import LEGAL_MOVES

Line = dict[str, Any]

DATA = Path(__file__).parents[1] / "data"
LOGS = {path.stem.removeprefix("session-"): path for path in sorted(DATA.glob("session-*.jsonl"))}


def read(name: str) -> list[Line]:
    """A log, with silence where there was sound."""
    lines = [json.loads(line) for line in LOGS[name].read_text().splitlines()]
    for line in lines:
        for field, value in line["event"].items():
            if isinstance(value, dict) and value.keys() == {"silence"}:
                line["event"][field] = msgspec.to_builtins(bytes(value["silence"]))
    return lines


LINES = {name: read(name) for name in LOGS}


def begun(new_driver: Any, name: str) -> Any:
    modality = "text" if name in ("written", "function") else "audio"
    tools = (MemoryTool("get_weather"),)
    driver = new_driver(Settings(turns=TurnMode.SERVER, transcribe="scripted", modality=modality, tools=tools))
    driver.do(driver.machine.opened(driver.now))
    return driver


def replay(driver: Any, line: Line) -> None:
    """Let the machine hear what the server said, or do what the person behind the other client did."""
    event = line["event"]
    if line["from"] == "server":
        driver.event(event["type"], **{name: value for name, value in event.items() if name != "type"})
    elif event["type"] == "conversation.item.create" and event["item"]["type"] == "message":
        driver.say(event["item"]["content"][0]["text"])
    elif event["type"] == "conversation.item.create":
        driver.tool_checked(event["item"]["call_id"])
        driver.tool_finished(event["item"]["call_id"], event["item"]["output"])
    if line["event"]["type"] == "response.output_audio.delta":
        driver.sound(50)
    if line["event"]["type"] == "response.done":
        driver.sound(20_000)


def wanted(lines: list[Line]) -> list[tuple[str, str, bool]]:
    """Who said what by the log, item by item, and whether all of it was to be heard."""
    order: list[str] = []
    said: dict[str, tuple[str, str, bool]] = {}
    for event in (line["event"] for line in lines if line["from"] == "server"):
        match event["type"]:
            case "conversation.item.added" if event["item"]["type"] == "message":
                order.append(event["item"]["id"])
                if event["item"]["role"] == "user" and event["item"]["content"][0]["type"] == "input_text":
                    said[order[-1]] = ("user", event["item"]["content"][0]["text"], True)
            case "conversation.item.input_audio_transcription.completed":
                said[event["item_id"]] = ("user", event["transcript"], True)
            case "response.done":
                is_whole = event["response"]["status"] == "completed"
                for item in event["response"]["output"]:
                    if item["type"] == "message":
                        part = item["content"][0]
                        said[item["id"]] = ("assistant", part.get("transcript") or part.get("text"), is_whole)
    return [said[item_id] for item_id in order]


@pytest.mark.parametrize("name", LOGS)
def test_as_it_was(new_driver: Any, name: str) -> None:
    driver = begun(new_driver, name)
    for line in LINES[name]:
        replay(driver, line)
    driver.sound(60_000)
    expected = wanted(LINES[name])
    lines = driver.machine.transcript.lines
    assert [line.role for line in lines] == [role for role, _, _ in expected]
    for line, (_, text, is_whole) in zip(lines, expected, strict=True):
        assert text.startswith(line.text)
        assert line.text == text or not is_whole
    final = [notice.item_id for notice in driver.told if isinstance(notice, Transcript) and notice.final]
    assert sorted(final) == sorted(line.item_id for line in lines)
    assert sum(isinstance(notice, Turn) for notice in driver.told) == sum(
        role == "assistant" for role, _, _ in expected
    )
    calls = [line["event"] for line in LINES[name] if line["event"]["type"] == "response.function_call_arguments.done"]
    told = [notice.call_id for notice in driver.told if isinstance(notice, ToolCall)]
    assert told == [call["call_id"] for call in calls]
    answered = [event.item for event in driver.sent if isinstance(event, ItemCreate)]
    results = {item.call_id: item.output for item in answered if isinstance(item, FunctionCallOutputItem)}
    assert results == {call["call_id"]: "sunny" for call in calls}
    assert driver.machine.phase is Phase.LISTENING
    assert driver.ends == []


UNKNOWN = st.sampled_from(
    [
        {"type": "a.vendors.own.event", "anything": [1, None]},
        {"type": "conversation.item.created", "item": None},
        {"type": "response.output_audio.delta"},
        {"type": "response.done", "response": {"id": "resp_99", "status": "completed"}},
        {"type": "response.created", "response": {"id": "resp_99"}},
        {"type": "session.updated", "session": {"type": "telepathy"}},
        {"type": "error", "error": {"message": "something"}},
        {"type": "error", "error": {"type": "x", "code": "y", "message": "z", "event_id": "nobody", "param": 5}},
        {"type": "conversation.item.truncated", "item_id": "item_99", "content_index": 0, "audio_end_ms": 10**9},
        {"type": "input_audio_buffer.speech_started", "item_id": "item_99", "audio_start_ms": -5},
        {"type": ""},
    ]
)
PLACE = st.integers(0, 1_000)
SPOILINGS = st.one_of(
    st.tuples(st.just("lose"), PLACE),
    st.tuples(st.just("repeat"), PLACE, PLACE),
    st.tuples(st.just("delay"), PLACE, st.integers(1, 40)),
    st.tuples(st.just("swap"), PLACE),
    st.tuples(st.just("add"), PLACE, UNKNOWN),
    st.tuples(st.just("strip"), PLACE, PLACE),
    st.tuples(st.just("empty"), PLACE, PLACE),
    st.tuples(st.just("break off"), PLACE),
)
DEEDS = st.one_of(
    st.tuples(st.just("sound"), st.integers(1, 3_000)),
    st.tuples(st.just("wait"), st.sampled_from([0.5, 6.0, 31.0, 61.0])),
    st.tuples(st.sampled_from(["interrupt", "say", "frame"])),
    st.tuples(st.just("set_voice"), st.booleans()),
)


def spoiled(lines: list[Line], how: list[tuple[Any, ...]]) -> list[Line]:
    """A log as a bad network or another vendor's server would have it."""
    lines = copy.deepcopy(lines)
    for name, place, *more in how:
        if not lines:
            break
        at = place % len(lines)
        match name:
            case "lose":
                del lines[at]
            case "repeat":
                lines.insert(more[0] % (len(lines) + 1), copy.deepcopy(lines[at]))
            case "delay":
                lines.insert(min(len(lines), at + more[0]), lines.pop(at))
            case "swap":
                lines[at - 1], lines[at] = lines[at], lines[at - 1]
            case "add":
                lines.insert(at, {"from": "server", "event": more[0]})
            case "strip" | "empty" if lines[at]["from"] == "server":
                names = [field for field in lines[at]["event"] if field != "type"]
                if names and name == "strip":
                    del lines[at]["event"][names[more[0] % len(names)]]
                elif names:
                    lines[at]["event"][names[more[0] % len(names)]] = None
            case "break off":
                del lines[at:]
    return lines


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from(sorted(LOGS)),
    how=st.lists(SPOILINGS, min_size=1, max_size=12),
    deeds=st.dictionaries(st.integers(0, 60), DEEDS, max_size=4),
)
def test_as_it_never_was(
    new_driver: Any, name: str, how: list[tuple[Any, ...]], deeds: dict[int, tuple[Any, ...]]
) -> None:
    driver = begun(new_driver, name)
    for number, line in enumerate(spoiled(LINES[name], how)):
        replay(driver, line)
        if number in deeds:
            deed, *arguments = deeds[number]
            getattr(driver, deed)(*arguments)
    driver.end_input()
    for _ in range(8):
        driver.wait(61.0)
        driver.sound(20_000)
    phases = [notice.phase for notice in driver.told if isinstance(notice, PhaseChanged)]
    assert all(after in LEGAL_MOVES[before] for before, after in pairwise([Phase.CONNECTING, *phases]))
    is_ready = any(isinstance(notice, Ready) for notice in driver.told)
    # Whether a server that says nothing at all is waited for is not the machine's business.
    assert driver.machine.phase is Phase.CLOSED or not is_ready
    assert all(isinstance(end, Reject) or end.cause is Cause.FINISHED for end in driver.ends)
