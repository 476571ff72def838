from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_voice import silence, voice

from realtime_chat.audio.detector import SpeechDetector, Wideband
from realtime_chat.audio.files import read_audio
from realtime_chat.audio.frame import FRAME_SAMPLES, Frame, Framer, ms_to_samples, samples_to_ms
from realtime_chat.audio.gate import (
    GateEvent,
    SpeechStarted,
    SpeechStopped,
    SpeechSuspected,
    SuspicionDropped,
    Voiced,
    VoiceGate,
)

CLIPS = ("LJ001-0002", "LJ001-0004", "LJ001-0008", "LJ001-0016", "jfk", "lv_0870", "lv_0880", "lv_0890")


def click() -> bytes:
    """A key that is struck: 10 ms of noise."""
    return np.random.default_rng(7).normal(0, 6000, ms_to_samples(10)).astype("<i2").tobytes()


def run(gate: VoiceGate, pcm: bytes) -> list[GateEvent]:
    framer = Framer()
    frames = framer.push(pcm) + framer.flush()
    events = [event for frame in frames for event in gate.push(frame)] + gate.flush()
    return [event for event in events if not isinstance(event, SpeechSuspected | SuspicionDropped)]


def edges(events: list[GateEvent]) -> list[SpeechStarted | SpeechStopped]:
    return [event for event in events if not isinstance(event, Voiced)]


def test_silence_and_clicks_do_not_open_it() -> None:
    sound = silence(500) + (click() + silence(490)) * 6
    assert run(VoiceGate(), sound) == []


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_the_first_moments_of_any_input_do_not_open_it(level: int) -> None:
    noise = np.random.default_rng(1).normal(0, 150, ms_to_samples(300)).astype("<i2").tobytes()
    assert run(VoiceGate(level), noise) == []
    assert run(VoiceGate(level), silence(1000)) == []


def test_the_pre_roll_comes_before_the_voice_and_the_hang_over_after_it() -> None:
    events = run(VoiceGate(pre_roll_ms=300, hang_over_ms=500), silence(1000) + voice(800) + silence(2000))
    started, stopped = edges(events)
    assert isinstance(started, SpeechStarted)
    assert isinstance(stopped, SpeechStopped)
    assert 640 <= samples_to_ms(started.position) <= 860  # 300 ms before it was sure of the voice
    assert 2280 <= samples_to_ms(stopped.position) <= 2420  # 500 ms after it, and the detectors' own tail
    assert events[0] == started
    assert events[-1] == stopped


def test_the_hang_over_is_counted_from_the_last_voiced_frame() -> None:
    sound = silence(500) + voice(600) + silence(3000)
    ends = [edges(run(VoiceGate(hang_over_ms=ms), sound))[1].position for ms in (200, 500, 900)]
    assert [samples_to_ms(end - ends[0]) for end in ends] == [0, 300, 700]


def test_a_pause_shorter_than_the_hang_over_does_not_end_the_turn() -> None:
    sound = silence(500) + voice(500) + silence(350) + voice(500) + silence(1000)
    assert len(edges(run(VoiceGate(hang_over_ms=500), sound))) == 2
    assert len(edges(run(VoiceGate(hang_over_ms=200), sound))) == 4


def test_a_voice_from_the_first_sample_is_let_through_from_the_first_sample() -> None:
    assert run(VoiceGate(), voice(800))[0] == SpeechStarted(0)


def test_the_end_of_the_input_closes_it() -> None:
    gate = VoiceGate()
    sound = silence(500) + voice(600)
    events = run(gate, sound)
    assert events[-1] == SpeechStopped(len(sound) // 2)
    assert not gate.is_open
    assert gate.flush() == []


def test_it_says_when_it_is_open() -> None:
    gate = VoiceGate()
    seen = []
    for frame in Framer().push(silence(500) + voice(600) + silence(1000)):
        gate.push(frame)
        seen.append(gate.is_open)
    assert (seen[0], any(seen), seen[-1]) == (False, True, False)


def test_what_is_judged_decides_and_the_other_is_let_through() -> None:
    gate = VoiceGate()
    spoken = Framer().push(silence(500) + voice(600))
    wideband = Wideband()
    events = [
        event
        for frame in spoken
        for event in gate.push(Frame(frame.position, b"\1" * len(frame.pcm)), wideband.push(frame.pcm))
    ]
    passed = [event.frame.pcm for event in events if isinstance(event, Voiced)]
    assert passed
    assert set(b"".join(passed)) == {1}


def faint(ms: int, loudness: float) -> bytes:
    """A voice that noise nearly covers."""
    spoken = np.frombuffer(voice(ms), "<i2") * loudness
    return (spoken + np.random.default_rng(2).normal(0, 600, len(spoken))).clip(-32768, 32767).astype("<i2").tobytes()


def test_a_suspicion_is_said_first_and_confirmed_or_dropped() -> None:
    seen = set()
    for loudness in np.geomspace(0.03, 1, 12):
        gate = VoiceGate(speech=SpeechDetector())
        sound = silence(500) + faint(900, float(loudness)) + silence(1000)
        kinds = [type(event) for frame in Framer().push(sound) for event in gate.push(frame)]
        said = [kind for kind in kinds if kind is not Voiced]
        for first, then in pairwise(said):
            if first is SpeechSuspected:
                assert then in {SuspicionDropped, SpeechStarted}
            seen.add((first, then))
    assert (SpeechSuspected, SpeechStarted) in seen


def test_a_suspicion_at_the_end_of_the_input_is_dropped() -> None:
    for loudness in np.geomspace(0.03, 1, 12):
        gate = VoiceGate(speech=SpeechDetector())
        for frame in Framer().push(silence(500) + faint(600, float(loudness))):
            if SpeechSuspected() in gate.push(frame):
                assert gate.flush() == [SuspicionDropped()]
                return
    pytest.fail("no voice was suspected before it was sure")


def test_a_gate_that_is_restarted_opens_anew_and_lets_nothing_through_twice() -> None:
    gate = VoiceGate()
    positions = []
    for frame in Framer().push(silence(500) + voice(2000)):
        positions += [event.frame.position for event in gate.push(frame) if isinstance(event, Voiced)]
        if frame.position == FRAME_SAMPLES * 60:
            assert gate.is_open
            gate.restart()
            assert not gate.is_open
    assert gate.is_open
    assert len(set(positions)) == len(positions)


PARTS = st.lists(
    st.tuples(st.sampled_from([silence, voice, lambda ms: click() + silence(ms)]), st.integers(1, 900)), max_size=6
)


@settings(max_examples=60)
@given(PARTS, st.integers(0, 3), st.integers(0, 400), st.integers(0, 700))
def test_each_opening_is_a_contiguous_run_of_the_input(
    parts: list, level: int, pre_roll_ms: int, hang_over_ms: int
) -> None:
    sound = b"".join(make(ms) for make, ms in parts)
    gate = VoiceGate(level, pre_roll_ms=pre_roll_ms, hang_over_ms=hang_over_ms)
    events = run(gate, sound)
    padded = sound + bytes(-len(sound) % (2 * FRAME_SAMPLES))
    position = 0
    started: int | None = None
    for event in events:
        match event:
            case SpeechStarted(at):
                assert started is None
                assert at >= position  # never before the end of the opening before it
                started = position = at
            case Voiced(frame):
                assert started is not None
                assert frame.position == position
                assert frame.pcm == padded[2 * frame.position : 2 * frame.end]
                position = frame.end
            case SpeechStopped(at):
                assert started is not None
                assert at == position > started
                started = None
    assert started is None


@pytest.mark.parametrize("detector", [lambda: None, SpeechDetector], ids=["quick", "sure"])
@pytest.mark.parametrize("name", CLIPS)
def test_real_speech_passes_whole_and_the_silence_around_it_does_not(
    clips: Path, name: str, detector: Callable[[], SpeechDetector | None]
) -> None:
    speech = read_audio(clips / f"{name}.wav")
    events = run(VoiceGate(speech=detector()), silence(1500) + speech + silence(2500))
    begin, end = ms_to_samples(1500), ms_to_samples(1500) + len(speech) // 2
    positions = [event.position for event in edges(events)]
    samples = np.abs(np.frombuffer(speech, "<i2").astype(int))
    loud = np.flatnonzero(samples > samples.max() // 10)
    assert begin - ms_to_samples(600) <= positions[0] <= begin + loud[0]
    assert begin + loud[-1] <= positions[-1] <= end + ms_to_samples(700)
    passed = sum(FRAME_SAMPLES for event in events if isinstance(event, Voiced))
    pauses = sum(next_start - stop for stop, next_start in pairwise(positions[1:-1]))
    assert passed + pauses >= loud[-1] - loud[0]
    assert passed <= len(speech) // 2 + ms_to_samples(600 + 700)


def doubted(gate: VoiceGate, pcm: bytes, doubtful: Callable[[int], bool]) -> list[tuple[int, GateEvent]]:
    """What a gate says of sound that may be an echo in the milliseconds that ``doubtful`` is true of."""
    wideband = Wideband()
    said = []
    for frame in Framer().push(pcm):
        ms = round(samples_to_ms(frame.end))
        said += [(ms, event) for event in gate.push(frame, wideband.push(frame.pcm), is_doubtful=doubtful(ms))]
    return [(ms, event) for ms, event in said if not isinstance(event, Voiced)]


def test_a_voice_that_ends_with_the_doubt_is_dropped() -> None:
    said = doubted(VoiceGate(speech=SpeechDetector()), silence(500) + voice(300) + silence(1000), lambda ms: ms < 900)
    assert [type(event) for _, event in said] == [SpeechSuspected, SuspicionDropped]


def test_a_voice_that_outlasts_the_doubt_is_let_through_from_its_beginning() -> None:
    gate = VoiceGate(speech=SpeechDetector(), pre_roll_ms=200)
    (suspected, first), (began, second), *_ = doubted(gate, silence(500) + voice(1500), lambda ms: ms < 900)
    assert first == SpeechSuspected()
    assert isinstance(second, SpeechStarted)
    assert suspected < 900 <= began
    assert samples_to_ms(second.position) <= min(500, suspected - 200)


def test_doubt_that_does_not_end_keeps_nobody_from_speaking() -> None:
    said = doubted(VoiceGate(speech=SpeechDetector()), silence(500) + voice(2500), lambda _: True)
    (suspected, _), (began, second), *_ = said
    assert isinstance(second, SpeechStarted)
    assert began - suspected <= 1000


class Guessing(SpeechDetector):
    """Never knows."""

    def push(self, piece: bytes) -> None:
        self.guesses = True


def test_a_guess_holds_nothing_where_no_echo_was_taken_out() -> None:
    gate = VoiceGate(speech=Guessing())
    assert [event for frame in Framer().push(silence(500) + voice(3000)) for event in gate.push(frame)] == []


def test_a_guess_that_was_wrong_is_not_made_again_for_a_while() -> None:
    gate = VoiceGate(speech=Guessing())
    said = [
        (samples_to_ms(frame.end), event)
        for frame in Framer().push(silence(500) + voice(8000))
        for event in gate.push(frame, is_dulled=True)
    ]
    assert [event for _, event in said[:4]] == [SpeechSuspected(), SuspicionDropped()] * 2
    (guessed, _), (dropped, _), (again, _), *_ = said
    assert dropped - guessed == 160
    assert again - dropped >= 3000


class Recalling(Guessing):
    """Is sure at first, and then cannot forget."""

    def __init__(self) -> None:
        super().__init__()
        self.begins = True


def test_who_has_just_spoken_is_not_guessed_to_speak() -> None:
    detector = Recalling()
    gate = VoiceGate(speech=detector)
    said = []
    for frame in Framer().push(silence(500) + voice(8000)):
        for event in gate.push(frame, is_dulled=True):
            detector.begins = False
            if not isinstance(event, Voiced):
                said.append((samples_to_ms(frame.end), event))
    (_, began), (stopped, ended), (guessed, again), *_ = said
    assert (type(began), type(ended), again) == (SpeechStarted, SpeechStopped, SpeechSuspected())
    assert guessed - stopped >= 1000
