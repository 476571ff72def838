"""Whatever the server, the person and the speaker do, in whatever order: the machine keeps its promises."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from memory_tool import MemoryTool

from realtime_chat.protocol.client_events import (
    InputAudioBufferAppend,
    InputAudioBufferClear,
    InputAudioBufferCommit,
    ItemCreate,
    ItemDelete,
    ItemTruncate,
    ResponseCancel,
    ResponseCreate,
)
from realtime_chat.protocol.items import FunctionCallOutputItem
from realtime_chat.session.effects import CallTool
from realtime_chat.session.notices import (
    Cause,
    Phase,
    PhaseChanged,
    Placed,
    ToolCall,
    ToolQuestion,
    ToolResult,
    Transcript,
    Turn,
)
from realtime_chat.session.settings import Consent, Settings, TurnMode
from realtime_chat.session.turns import LEGAL_MOVES

RESPONSES = st.sampled_from(["r1", "r2", "r3", "r4", "r5"])
ITEMS = st.sampled_from(["a1", "a2", "u1"])
CALLS = st.sampled_from(["c1", "c2", "c3"])
TOOLS = (MemoryTool("look"), MemoryTool("change", is_read_only=False))
STATUSES = st.sampled_from(["completed", "cancelled", "failed", "incomplete", "in_progress"])
CODES = st.sampled_from(
    [
        None,
        "conversation_already_has_active_response",
        "response_cancel_not_active",
        "invalid_value",
        "input_audio_buffer_commit_empty",
    ]
)
BENIGN = {"response_cancel_not_active", "input_audio_buffer_commit_empty"}

STEPS = st.one_of(
    st.tuples(st.just("voice_begins")),
    st.tuples(st.just("voice"), st.integers(1, 8)),
    st.tuples(st.just("voice_ends")),
    st.tuples(st.just("frame")),
    st.tuples(st.just("say")),
    st.tuples(st.just("interrupt")),
    st.tuples(st.just("wait"), st.sampled_from([0.5, 6.0, 11.0, 31.0, 61.0])),
    st.tuples(st.just("sound"), st.integers(1, 400)),
    st.tuples(st.just("created"), RESPONSES),
    st.tuples(st.just("answer"), st.integers(1, 1000), ITEMS, RESPONSES),
    st.tuples(st.just("item"), ITEMS, RESPONSES),
    st.tuples(st.just("words"), st.just("so "), ITEMS, RESPONSES),
    st.tuples(st.just("text"), st.just("so "), ITEMS, RESPONSES),
    st.tuples(st.just("audio"), st.integers(0, 300), ITEMS, RESPONSES, st.integers(0, 1)),
    st.tuples(st.just("item_done"), ITEMS, RESPONSES),
    st.tuples(st.just("done"), RESPONSES, STATUSES),
    st.tuples(
        st.just("error"),
        CODES,
        st.just("x"),
        st.sampled_from([None, "ask_1", "update_1", "update_2", "other"]),
        st.sampled_from([None, "session.output_modalities"]),
    ),
    st.tuples(st.just("begin_turn")),
    st.tuples(st.just("hear"), st.integers(1, 8)),
    st.tuples(st.just("end_turn")),
    st.tuples(st.just("change_turns"), st.sampled_from(TurnMode)),
    st.tuples(st.just("set_voice"), st.booleans()),
    st.tuples(st.just("device"), st.sampled_from(["input", "output"]), st.sampled_from([None, "Headset"])),
    st.tuples(st.just("updated")),
    st.tuples(st.just("item_added"), ITEMS, st.sampled_from(["user", "assistant"])),
    st.tuples(st.just("server_starts"), ITEMS),
    st.tuples(st.just("server_stops"), ITEMS),
    st.tuples(st.just("committed"), ITEMS),
    st.tuples(st.just("dictated"), ITEMS),
    st.tuples(st.just("end_input")),
    st.tuples(
        st.just("call"),
        CALLS,
        st.sampled_from(["look", "change", "fly"]),
        st.sampled_from(["{}", "{"]),
        RESPONSES,
        st.sampled_from(["completed", "incomplete"]),
    ),
    st.tuples(st.just("tool_checked"), CALLS),
    st.tuples(st.just("tool_allowed"), CALLS, st.booleans()),
    st.tuples(st.just("tool_finished"), CALLS),
)
STEPS_AND_END = st.one_of(STEPS, st.tuples(st.just("close"), st.sampled_from(Cause)))
SETTINGS = st.builds(
    Settings,
    modality=st.sampled_from(["audio", "text"]),
    turns=st.sampled_from(TurnMode),
    transcribe=st.sampled_from([None, "whisper"]),
    tools=st.just(TOOLS),
    consent=st.sampled_from(Consent),
)


def step(driver: Any, name: str, *arguments: Any) -> None:
    match name:
        case "item_added":
            item = {"type": "message", "id": arguments[0], "role": arguments[1], "content": []}
            driver.event("conversation.item.added", item=item, previous_item_id=None)
        case "dictated":
            kind = "conversation.item.input_audio_transcription.completed"
            driver.event(kind, item_id=arguments[0], content_index=0, transcript="x")
        case "close":
            driver.do(driver.machine.close(*arguments, now=driver.now))
        case _:
            getattr(driver, name)(*arguments)


class Promises:
    """Looks at all that a driver did, step by step, and holds the machine to its word."""

    def __init__(self, driver: Any, consent: Consent) -> None:
        self.driver = driver
        self.consent = consent
        self.may_ask = True
        self.phase = Phase.LISTENING
        self.appended = 0
        self.deleted: set[str] = set()
        self.placed: set[str] = set()
        self.final: set[str] = set()
        self.calls: dict[str, str] = {}
        self.questions: set[str] = set()
        self.allowed: set[str] = set()

    def step(self, name: str, *arguments: Any) -> None:
        mode = self.driver.machine.turns_mode
        if name == "tool_allowed" and arguments[1]:
            self.allowed = self.questions & {arguments[0]}
            self.questions = self.questions - self.allowed
        step(self.driver, name, *arguments)
        is_refusal = name == "error" and arguments[0] not in BENIGN
        if name in {"done", "wait", "answer"} or is_refusal:
            self.may_ask = True
        acts = self.driver.take_acts()
        for act in acts:
            self.sent(act)
            self.told(act)
        for effect in self.driver.take_tools():
            # Nothing is changed unasked.
            is_allowed = self.consent is Consent.GIVEN or effect.call_id in self.allowed
            assert not isinstance(effect, CallTool) or effect.name == "look" or is_allowed
        assert self.driver.machine.phase is self.phase

        # Whoever is interrupted is silent, and so is the voice that is off; what it said is not taken back.
        speaks = (name == "voice_begins" and mode is TurnMode.LOCAL) or (name == "begin_turn" and mode.is_by_key)
        if name in {"interrupt", "say"} or speaks or not self.driver.machine.voice:
            assert self.driver.playback.pending == 0 or self.driver.ends
        if name == "set_voice":
            assert not any(isinstance(event, ItemTruncate | ItemDelete | ResponseCancel) for event in acts)
        # Every sample that the machine wanted played is accounted for, once.
        playback = self.driver.playback
        samples = playback.rendered + playback.flushed + playback.pending + playback.dropped
        assert len(self.driver.played) == 2 * samples
        assert bool(self.driver.ends) is (self.phase is Phase.CLOSED)
        if self.driver.ends:
            assert not playback.pending
            # What was said is settled: nobody takes words for heard that may still be cut.
            assert all(line.is_final for line in self.lines_of("assistant"))

    def lines_of(self, role: str) -> list[Any]:
        return [line for line in self.driver.machine.transcript.lines if line.role == role and line.text]

    def sent(self, event: Any) -> None:
        match event:
            case ResponseCreate():
                # Only when the server can take it: nothing asked for is without its answer.
                assert self.may_ask
                self.may_ask = False
            case InputAudioBufferAppend():
                self.appended += len(event.audio) // 2
            case InputAudioBufferCommit():
                assert self.appended >= 2400
                self.appended = 0
            case InputAudioBufferClear():
                self.appended = 0
            case ItemCreate(item=FunctionCallOutputItem(call_id=call_id)):
                # It was called, and not answered before.
                del self.calls[call_id]
            case ItemTruncate():
                # It was heard up to there; and what was not heard at all is deleted.
                heard = self.driver.heard[event.item_id]
                assert 0 < event.audio_end_ms * 24 <= heard.rendered < event.audio_end_ms * 24 + 24
                assert heard.rendered <= heard.received
            case ItemDelete(item_id=item_id):
                assert item_id not in self.driver.heard or self.driver.heard[item_id].rendered < 24
                assert item_id not in self.deleted
                self.deleted.add(item_id)
            case _:
                pass

    def told(self, notice: Any) -> None:
        match notice:
            case PhaseChanged(phase):
                assert phase in LEGAL_MOVES[self.phase]
                self.phase = phase
            case Placed(item_id, _, after):
                # Once, after one that is placed, and before its first words.
                assert item_id not in self.placed or item_id in self.deleted
                assert after is None or after in self.placed
                self.placed.add(item_id)
            case Transcript(_, _, is_final, item_id):
                assert item_id in self.placed
                assert item_id not in self.final or item_id in self.deleted
                self.final |= {item_id} if is_final else set()
            case ToolCall(call_id, tool):
                assert call_id not in self.calls
                self.calls[call_id] = tool
            case ToolQuestion(call_id):
                assert not self.questions  # one at a time
                self.questions = {call_id}
            case ToolResult(call_id):
                assert call_id not in self.calls  # it was answered, too
                self.questions -= {call_id}
            case _:
                pass


@given(wanted=SETTINGS, steps=st.lists(STEPS_AND_END, max_size=40))
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
def test_promises(new_driver: Any, wanted: Settings, steps: list[tuple[Any, ...]]) -> None:
    promises = Promises(new_driver(wanted).open(), wanted.consent)
    for name, *arguments in steps:
        promises.step(name, *arguments)


@given(steps=st.lists(STEPS, max_size=30))
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_it_comes_to_an_end(new_driver: Any, steps: list[tuple[Any, ...]]) -> None:
    """Once a server ends what it began, and the speaker has rendered it, an ended input ends the conversation."""
    wanted = Settings(transcribe="whisper", tools=TOOLS, consent=Consent.ASKED)
    driver = new_driver(wanted).open()
    for name, *arguments in steps:
        step(driver, name, *arguments)
    driver.end_input()
    for _ in range(8):
        for response in ("r1", "r2", "r3", "r4", "r5"):
            driver.done(response)
        driver.sound(20_000)
        driver.wait(31.0)
        driver.wait(6.0)
    assert driver.machine.phase is Phase.CLOSED
    assert [end.cause for end in driver.ends] == [Cause.FINISHED]


@given(wanted=SETTINGS, steps=st.lists(STEPS, max_size=30))
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_a_server_that_says_nothing_more_is_not_waited_for(
    new_driver: Any, wanted: Settings, steps: list[tuple[Any, ...]]
) -> None:
    driver = new_driver(wanted).open()
    for name, *arguments in steps:
        step(driver, name, *arguments)
    driver.end_input()
    for _ in range(8):
        driver.wait(61.0)
        driver.sound(20_000)
    assert driver.machine.phase is Phase.CLOSED


@given(cuts=st.lists(st.integers(0, 30), max_size=6))
def test_the_split_of_deltas_changes_nothing(new_driver: Any, cuts: list[int]) -> None:
    whole = "The capital of France is Paris."
    edges = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    driver = new_driver().open()
    driver.say()
    driver.created()
    for begin, end in pairwise(edges):
        driver.words(whole[begin:end])
    driver.done()
    assert [line.text for line in driver.machine.transcript.lines] == ["hello", whole]
    assert sum(isinstance(notice, Turn) for notice in driver.told) == 1


@pytest.mark.parametrize(
    "act",
    [
        ("voice_begins",),
        ("voice",),
        ("voice_ends",),
        ("frame",),
        ("say",),
        ("interrupt",),
        ("end_input",),
        ("begin_turn",),
        ("end_turn",),
        ("change_turns", TurnMode.SERVER),
        ("set_voice", False),
        ("device", "output", None),
    ],
)
def test_nothing_happens_after_the_end(driver: Any, act: tuple[Any, ...]) -> None:
    driver.do(driver.machine.close(Cause.QUIT, now=driver.now))
    driver.take_told()
    step(driver, *act)
    driver.answer()
    driver.wait(60)
    driver.sound(10)
    driver.do(driver.machine.close(Cause.QUIT, now=driver.now))
    assert (driver.sent, driver.told, len(driver.ends)) == ([], [], 1)
