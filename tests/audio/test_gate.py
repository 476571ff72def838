from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_chat.audio.files import read_audio
from realtime_chat.audio.frame import FRAME_SAMPLES, SAMPLE_RATE, Frame, Framer, ms_to_samples, samples_to_ms
from realtime_chat.audio.gate import GateEvent, SpeechStarted, SpeechStopped, Voiced, VoiceDetector, VoiceGate

CLIPS = ("LJ001-0002", "LJ001-0004", "LJ001-0008", "LJ001-0016", "jfk", "lv_0870", "lv_0880", "lv_0890")


def silence(ms: int) -> bytes:
    return bytes(2 * ms_to_samples(ms))


def voice(ms: int) -> bytes:
    """A vowel: the harmonics of 140 Hz, strongest around 700 Hz."""
    time = np.arange(ms_to_samples(ms)) / SAMPLE_RATE
    partials = [np.sin(2 * np.pi * 140 * n * time) * np.exp(-(((140 * n - 700) / 500) ** 2)) for n in range(1, 20)]
    return (np.sum(partials, axis=0) * 3000).astype("<i2").tobytes()


def click() -> bytes:
    """A key that is struck: 10 ms of noise."""
    return np.random.default_rng(7).normal(0, 6000, ms_to_samples(10)).astype("<i2").tobytes()


def run(gate: VoiceGate, pcm: bytes) -> list[GateEvent]:
    framer = Framer()
    frames = framer.push(pcm) + framer.flush()
    return [event for frame in frames for event in gate.push(frame)] + gate.flush()


def edges(events: list[GateEvent]) -> list[SpeechStarted | SpeechStopped]:
    return [event for event in events if not isinstance(event, Voiced)]


def test_silence_and_clicks_do_not_open_it() -> None:
    sound = silence(500) + (click() + silence(490)) * 6
    assert run(VoiceGate(), sound) == []


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_the_first_moments_of_any_input_do_not_open_it(level: int) -> None:
    noise = np.random.default_rng(1).normal(0, 150, ms_to_samples(300)).astype("<i2").tobytes()
    assert run(VoiceGate(level, onset_ms=20), noise) == []
    assert run(VoiceGate(level, onset_ms=20), silence(1000)) == []


def test_a_single_voiced_frame_opens_it_only_where_that_is_asked_for() -> None:
    sound = silence(500) + click() + silence(1000)
    assert edges(run(VoiceGate(onset_ms=20), sound))
    assert not edges(run(VoiceGate(onset_ms=140), sound))


def test_the_pre_roll_comes_before_the_voice_and_the_hang_over_after_it() -> None:
    events = run(VoiceGate(pre_roll_ms=300, hang_over_ms=500), silence(1000) + voice(800) + silence(2000))
    started, stopped = edges(events)
    assert isinstance(started, SpeechStarted)
    assert isinstance(stopped, SpeechStopped)
    assert 660 <= samples_to_ms(started.position) <= 740  # 300 ms before the voice, as frames fall
    assert 2280 <= samples_to_ms(stopped.position) <= 2420  # 500 ms after it, and webrtcvad's own tail of 80 ms
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


def test_a_frame_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="960 bytes, not 4"):
        VoiceDetector().is_voice(Frame(0, bytes(4)))


def test_the_detector_tells_a_voice_from_silence() -> None:
    detector = VoiceDetector(2)
    verdicts = [detector.is_voice(frame) for frame in Framer().push(silence(400) + voice(400))]
    assert not any(verdicts[:20])
    assert all(verdicts[22:])


PARTS = st.lists(
    st.tuples(st.sampled_from([silence, voice, lambda ms: click() + silence(ms)]), st.integers(1, 900)), max_size=6
)


@settings(max_examples=60, deadline=None)
@given(PARTS, st.integers(0, 3), st.integers(0, 300), st.integers(0, 400), st.integers(0, 700))
def test_each_opening_is_a_contiguous_run_of_the_input(
    parts: list, level: int, onset_ms: int, pre_roll_ms: int, hang_over_ms: int
) -> None:
    sound = b"".join(make(ms) for make, ms in parts)
    gate = VoiceGate(level, onset_ms=onset_ms, pre_roll_ms=pre_roll_ms, hang_over_ms=hang_over_ms)
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


@pytest.mark.parametrize("name", CLIPS)
def test_real_speech_passes_whole_and_the_silence_around_it_does_not(clips: Path, name: str) -> None:
    speech = read_audio(clips / f"{name}.wav")
    events = run(VoiceGate(), silence(1500) + speech + silence(2500))
    begin, end = ms_to_samples(1500), ms_to_samples(1500) + len(speech) // 2
    positions = [event.position for event in edges(events)]
    samples = np.abs(np.frombuffer(speech, "<i2").astype(int))
    loud = np.flatnonzero(samples > samples.max() // 10)
    assert begin - ms_to_samples(400) <= positions[0] <= begin + loud[0]
    assert begin + loud[-1] <= positions[-1] <= end + ms_to_samples(700)
    passed = sum(FRAME_SAMPLES for event in events if isinstance(event, Voiced))
    pauses = sum(next_start - stop for stop, next_start in pairwise(positions[1:-1]))
    assert passed + pauses >= loud[-1] - loud[0]
    assert passed <= len(speech) // 2 + ms_to_samples(400 + 700)
