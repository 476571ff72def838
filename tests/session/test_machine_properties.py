"""Whatever the server, the person and the speaker do, in whatever order: the machine keeps its promises."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_chat.protocol.client_events import (
    InputAudioBufferAppend,
    InputAudioBufferCommit,
    ItemDelete,
    ItemTruncate,
    ResponseCreate,
)
from realtime_chat.session.notices import Cause, Phase, PhaseChanged, Turn
from realtime_chat.session.settings import Settings, TurnMode
from realtime_chat.session.turns import LEGAL_MOVES

RESPONSES = st.sampled_from(["r1", "r2", "r3", "r4", "r5"])
ITEMS = st.sampled_from(["a1", "a2", "u1"])
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
    st.tuples(st.just("error"), CODES, st.just("x"), st.sampled_from([None, "ask_1", "other"])),
    st.tuples(st.just("server_starts"), ITEMS),
    st.tuples(st.just("server_stops"), ITEMS),
    st.tuples(st.just("committed"), ITEMS),
    st.tuples(st.just("dictated"), ITEMS),
    st.tuples(st.just("end_input")),
)
SETTINGS = st.builds(
    Settings,
    modality=st.sampled_from(["audio", "text"]),
    turns=st.sampled_from(TurnMode),
    transcribe=st.sampled_from([None, "whisper"]),
)


def step(driver: Any, name: str, *arguments: Any) -> None:
    match name:
        case "server_starts":
            driver.event("input_audio_buffer.speech_started", audio_start_ms=0, item_id=arguments[0])
        case "server_stops":
            driver.event("input_audio_buffer.speech_stopped", audio_end_ms=0, item_id=arguments[0])
        case "committed":
            driver.event("input_audio_buffer.committed", previous_item_id=None, item_id=arguments[0])
        case "dictated":
            kind = "conversation.item.input_audio_transcription.completed"
            driver.event(kind, item_id=arguments[0], content_index=0, transcript="x")
        case _:
            getattr(driver, name)(*arguments)


@given(wanted=SETTINGS, steps=st.lists(STEPS, max_size=40))
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_promises(new_driver: Any, wanted: Settings, steps: list[tuple[Any, ...]]) -> None:
    driver = new_driver(wanted).open()
    may_ask = True
    phase = Phase.LISTENING
    appended = 0
    deleted: set[str] = set()
    for name, *arguments in steps:
        step(driver, name, *arguments)

        # A response is asked for only when the server can take it: nothing asked for is without its answer.
        is_refusal = name == "error" and arguments[0] not in BENIGN
        if name in {"done", "wait", "answer"} or is_refusal:
            may_ask = True
        sent = driver.take_sent()
        for event in sent:
            if isinstance(event, ResponseCreate):
                assert may_ask
                may_ask = False
            if isinstance(event, InputAudioBufferAppend):
                appended += len(event.audio) // 2
            if isinstance(event, InputAudioBufferCommit):
                assert appended >= 2400
                appended = 0

        # What is truncated was heard up to there, and what was not heard at all is deleted.
        for event in sent:
            if isinstance(event, ItemTruncate):
                heard = driver.heard[event.item_id]
                assert 0 < event.audio_end_ms * 24 <= heard.rendered < event.audio_end_ms * 24 + 24
                assert heard.rendered <= heard.received
            if isinstance(event, ItemDelete):
                assert event.item_id not in driver.heard or driver.heard[event.item_id].rendered < 24
                assert event.item_id not in deleted
                deleted.add(event.item_id)

        # Whoever is interrupted is silent.
        is_local = wanted.turns is TurnMode.LOCAL
        if name in {"interrupt", "say"} or (name == "voice_begins" and is_local):
            assert driver.playback.pending == 0 or driver.ends

        # The phases that are told are legal moves, and the last one is the machine's.
        for notice in driver.take_told():
            if isinstance(notice, PhaseChanged):
                assert notice.phase in LEGAL_MOVES[phase]
                phase = notice.phase
        assert driver.machine.phase is phase
        if driver.ends:
            assert phase is Phase.CLOSED
            assert not driver.playback.pending


@given(steps=st.lists(STEPS, max_size=30))
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_it_comes_to_an_end(new_driver: Any, steps: list[tuple[Any, ...]]) -> None:
    """Once a server ends what it began, and the speaker has rendered it, an ended input ends the conversation."""
    driver = new_driver(Settings(transcribe="whisper")).open()
    for name, *arguments in steps:
        step(driver, name, *arguments)
    driver.end_input()
    for _ in range(3):
        for response in ("r1", "r2", "r3", "r4", "r5"):
            driver.done(response)
        driver.sound(20_000)
        driver.wait(31.0)
        driver.wait(6.0)
    assert driver.machine.phase is Phase.CLOSED
    assert [end.cause for end in driver.ends] == [Cause.FINISHED]


@given(wanted=SETTINGS, steps=st.lists(STEPS, max_size=30))
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
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
@settings(deadline=None)
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


@pytest.mark.parametrize("kind", ["voice_begins", "voice", "voice_ends", "frame", "say", "interrupt", "end_input"])
def test_nothing_happens_after_the_end(driver: Any, kind: str) -> None:
    driver.do(driver.machine.close(Cause.QUIT))
    driver.take_told()
    getattr(driver, kind)()
    driver.answer()
    driver.wait(60)
    driver.sound(10)
    driver.do(driver.machine.close(Cause.QUIT))
    assert (driver.sent, driver.told, len(driver.ends)) == ([], [], 1)
