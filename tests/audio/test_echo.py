import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_voice import silence, voice

from realtime_chat.audio.detector import PIECE_BYTES, SpeechDetector
from realtime_chat.audio.echo import EchoCanceller, Reference
from realtime_chat.audio.echo_path import EchoPath
from realtime_chat.audio.frame import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_BYTES, SAMPLE_RATE, Frame, Framer, level
from realtime_chat.audio.gate import GateEvent, SpeechStarted, SpeechSuspected, Voiced, VoiceGate
from realtime_chat.audio.hearing import Hearing
from realtime_chat.audio.lateness import LATE_SAMPLES

BLOCK = SAMPLE_RATE // 100 * SAMPLE_BYTES


def counted(blocks: int) -> list[bytes]:
    """Blocks of 10 ms in which every sample says where it belongs."""
    samples = np.arange(1, blocks * BLOCK // 2 + 1).astype("<u2").tobytes()
    return [samples[index * BLOCK : (index + 1) * BLOCK] for index in range(blocks)]


def test_nothing_played_is_silence() -> None:
    reference = Reference()
    assert reference.take(FRAME_BYTES) == bytes(FRAME_BYTES)


def test_what_was_played_is_given_once_and_in_order() -> None:
    reference = Reference()
    blocks = counted(60)
    taken = b""
    for index in range(0, 60, 2):
        reference.push(blocks[index])
        reference.push(blocks[index + 1], 1.0)
        taken += reference.take(FRAME_BYTES)
    assert taken.lstrip(b"\0") in b"".join(blocks)
    assert len(taken.lstrip(b"\0")) > 50 * BLOCK


@settings(max_examples=60)
@given(st.lists(st.lists(st.integers(0, 4), max_size=4), min_size=1, max_size=9))  # within a second
def test_a_block_that_comes_late_does_not_shift_the_rest(bunches: list[list[int]]) -> None:
    """However the blocks bunch up, within 40 ms, each comes at its place or not at all; none is late for ever."""
    lateness = [late for bunch in bunches for late in (*bunch, 0)]
    reference = Reference()
    blocks = counted(2 * len(lateness) + 8)
    for block in blocks[:8]:
        reference.push(block)
    pushed, taken = 8, b""
    for index, late in enumerate(lateness):
        for block in blocks[pushed : max(pushed, 2 * index + 10 - late)]:
            reference.push(block)
        pushed = max(pushed, 2 * index + 10 - late)
        taken += reference.take(FRAME_BYTES)
    samples = np.frombuffer(taken, "<u2").astype(int)
    there = np.flatnonzero(samples)
    assert len(set((samples[there] - there) % 65536)) <= 1


def test_it_begins_anew_when_the_speaker_was_away() -> None:
    reference = Reference()
    for block in counted(10):
        reference.push(block)
    reference.take(FRAME_BYTES)
    for _ in range(50):
        reference.take(FRAME_BYTES)
    assert reference.take(FRAME_BYTES) == bytes(FRAME_BYTES)
    for block in counted(10):
        reference.push(block)
    assert any(reference.take(FRAME_BYTES))


def test_frames_that_were_read_in_one_go_do_not_put_it_out_of_step_for_ever() -> None:
    reference = Reference()
    blocks = counted(200)
    for block in blocks[:8]:
        reference.push(block)
    for _ in range(5):  # so many frames had waited
        reference.take(FRAME_BYTES)
    taken = b""
    for block in range(8, 80, 2):
        reference.push(blocks[block])
        reference.push(blocks[block + 1])
        taken += reference.take(FRAME_BYTES)
    assert not reference.has_lost_step
    assert taken[-20 * FRAME_BYTES :] in b"".join(blocks)


@pytest.mark.parametrize("lost", range(1, 6))
def test_frames_that_were_lost_do_not_leave_it_behind(lost: int) -> None:
    """The microphone lost 20 to 100 ms: what is taken afterwards is as new as before."""
    reference = Reference()
    blocks = counted(270)
    behind = []
    for index in range(0, 270, 2):
        reference.push(blocks[index])
        reference.push(blocks[index + 1])
        if not 80 <= index < 80 + 2 * lost:
            taken = np.frombuffer(reference.take(FRAME_BYTES), "<u2").astype(int)
            behind.append((index + 2) * BLOCK // 2 - taken[-1])
    assert behind[-1] <= max(behind[10:30]) + BLOCK


@pytest.mark.parametrize("frames", [3, 10, 40])
def test_what_waited_with_the_microphones_frames_belongs_to_them(frames: int) -> None:
    reference = Reference()
    blocks = counted(200)
    taken = []
    for index in range(0, 200, 2):
        reference.push(blocks[index])
        reference.push(blocks[index + 1])
        if not 60 <= index < 60 + 2 * frames:  # the hearing gets no time on a busy machine, then all at once
            taken.append(reference.take(FRAME_BYTES))
        if index == 60 + 2 * frames:
            taken += [reference.take(FRAME_BYTES) for _ in range(frames)]
    assert b"".join(taken).lstrip(b"\0") in b"".join(blocks)


def test_it_does_not_lag_behind_when_the_microphone_was_away() -> None:
    reference = Reference()
    for block in counted(4):
        reference.push(block)
    reference.take(FRAME_BYTES)
    blocks = counted(400)
    for block in blocks:
        reference.push(block)
    assert reference.take(FRAME_BYTES) in b"".join(blocks[-6:])


def through_the_air(played: np.ndarray, *, delay_ms: int, decibels: float) -> np.ndarray:
    heard = np.zeros(len(played))
    delay = SAMPLE_RATE * delay_ms // 1000
    heard[delay:] = played[: len(played) - delay] * 10 ** (decibels / 20)
    return heard + np.random.default_rng(1).normal(0, 3, len(played))


def hear(played: np.ndarray, heard: np.ndarray, *, cancel: bool = True) -> list[SpeechStarted]:
    canceller = EchoCanceller()
    hearing = Hearing(VoiceGate(speech=SpeechDetector()), canceller=canceller if cancel else None)
    starts = []
    reference = Framer().push(played.astype("<i2").tobytes())
    for frame, far in zip(Framer().push(heard.clip(-32768, 32767).astype("<i2").tobytes()), reference, strict=True):
        canceller.reference.push(far.pcm)
        starts += [event for event in hearing.push(frame).events if isinstance(event, SpeechStarted)]
    return starts


def test_the_assistants_voice_does_not_open_the_gate_and_the_persons_does() -> None:
    played = np.frombuffer((voice(4000, pitch=110) + silence(200)) * 4, "<i2").astype(float)
    for decibels, delay in ((-6, 40), (-6, 120), (-20, 40)):
        echo = through_the_air(played, delay_ms=delay, decibels=decibels)
        assert hear(played, echo) == []
        assert hear(played, echo, cancel=False)  # the assistant interrupts itself
        person = np.frombuffer(voice(1200, pitch=210), "<i2")
        begin = 9 * SAMPLE_RATE
        echo[begin : begin + len(person)] += person
        (start,) = hear(played, echo)
        assert begin - SAMPLE_RATE // 2 < start.position < begin + SAMPLE_RATE // 2


@pytest.mark.parametrize("level", range(4))
def test_what_is_left_of_an_echo_does_not_hold_the_voice(level: int) -> None:
    played = np.frombuffer((silence(1000) + voice(4000, pitch=110) + silence(200)) * 2, "<i2").astype(float)
    for decibels, delay in ((-6, 40), (-20, 120)):
        canceller = EchoCanceller()
        hearing = Hearing(VoiceGate(level, speech=SpeechDetector(level)), canceller=canceller)
        heard = through_the_air(played, delay_ms=delay, decibels=decibels).astype("<i2").tobytes()
        for frame, far in zip(Framer().push(heard), Framer().push(played.astype("<i2").tobytes()), strict=True):
            canceller.reference.push(far.pcm)
            assert SpeechSuspected() not in hearing.push(frame).events


def test_a_muted_frame_is_silent_and_the_echo_is_learnt_meanwhile() -> None:
    hearing = Hearing(VoiceGate(speech=SpeechDetector()), canceller=EchoCanceller())
    for frame in Framer().push(voice(1000)):
        perceived = hearing.push(frame, is_muted=True)
        assert perceived.frame == Frame(frame.position, bytes(FRAME_BYTES))
        assert level(perceived.judged) == 0
        assert perceived.events == ()
    assert hearing.flush() == ()


def test_a_quiet_voice_is_lifted() -> None:
    canceller = EchoCanceller()
    quiet = (np.frombuffer(voice(4000), "<i2") / 20).astype("<i2").tobytes()
    lifted = b""
    for frame in Framer().push(quiet):
        assert len(canceller.push(frame)) == PIECE_BYTES
        lifted += canceller.voice(frame).pcm
    assert len(lifted) == len(quiet)
    second = SAMPLE_RATE * SAMPLE_BYTES
    assert np.std(np.frombuffer(lifted[-second:], "<i2")) > 1.5 * np.std(np.frombuffer(quiet[-second:], "<i2"))


@pytest.mark.parametrize("is_whole", [True, False])
def test_what_is_let_through_is_cleaned_once_whoever_wants_it(is_whole: bool) -> None:
    hearing = Hearing(VoiceGate(speech=SpeechDetector()), canceller=EchoCanceller())
    hearing.is_whole = is_whole
    frames = Framer().push(silence(600) + (np.frombuffer(voice(1000), "<i2") / 20).astype("<i2").tobytes())
    perceived = [hearing.push(frame) for frame in frames]
    let_through = [event.frame for one in perceived for event in one.events if isinstance(event, Voiced)]
    assert [frame.position for frame in let_through] == sorted({frame.position for frame in let_through})
    assert let_through[-1].pcm != frames[-1].pcm
    assert (perceived[-1].frame.pcm != frames[-1].pcm) is is_whole
    if is_whole:
        assert let_through[-1] == perceived[-1].frame


def test_headphones_that_are_pulled_out_are_noticed_by_what_ends_when_the_speaker_does() -> None:
    path = EchoPath()
    played, quiet = voice(20)[:FRAME_BYTES], silence(20)
    for _ in range(50):
        path.push(quiet, played)
    assert path.is_absent
    for _ in range(5):
        path.push(played, played)
    path.noticed()
    assert path.is_absent
    assert path.may_echo
    for _ in range(30):  # held, to see whether the voice goes on
        path.push(quiet, quiet)
    assert not path.may_echo
    path.dismissed()
    assert not path.is_absent


def test_a_noise_while_nothing_is_played_says_nothing_of_headphones() -> None:
    path = EchoPath()
    for _ in range(50):
        path.push(silence(20), voice(20)[:FRAME_BYTES])
    for _ in range(50):
        path.push(voice(20)[:FRAME_BYTES], silence(20))
    path.noticed()
    path.dismissed()
    assert path.is_absent


@given(st.integers(0, 14), st.sampled_from([-6.0, -20.0, -30.0]), st.integers(0, 1000))
def test_how_late_the_echo_is_is_learnt(delay: int, decibels: float, seed: int) -> None:
    path = EchoPath()
    rng = np.random.default_rng(seed)
    levels = [*rng.choice([0, 300, 1000, 3000, 8000], 200).repeat(3), 8000]  # syllables of 60 ms
    frames = [np.full(FRAME_SAMPLES, peak, "<i2") for peak in levels]
    for index, frame in enumerate(frames):
        echo = frames[index - delay] * 10 ** (decibels / 20) if index >= delay else frame * 0.0
        path.push((echo + rng.normal(0, 5, FRAME_SAMPLES)).astype("<i2").tobytes(), frame.tobytes())
    assert path.delay == delay
    assert path.may_echo
    for _ in range(delay + 9):
        path.push(bytes(FRAME_BYTES), bytes(FRAME_BYTES))
    assert not path.may_echo


def lateness(heard: np.ndarray, spoken: np.ndarray) -> int:
    size = 2 * len(spoken)
    spectrum = np.fft.rfft(heard.astype(float), size) * np.conj(np.fft.rfft(spoken.astype(float), size))
    return int(np.argmax(np.fft.irfft(spectrum)))


def test_a_voice_comes_in_time_until_there_is_an_echo_and_is_then_as_late_as_what_is_cancelled() -> None:
    """Where the speaker falls silent in the middle of a sentence, nothing of it is lost or heard twice."""
    rng = np.random.default_rng(2)
    spoken = (rng.normal(0, 2000, 400 * FRAME_SAMPLES)).astype("<i2")
    played = rng.normal(0, 20, len(spoken))
    played[: len(spoken) // 4] = 0
    played[len(spoken) // 2 :] = 0
    canceller = EchoCanceller()
    heard, cancelled = b"", []
    for frame, far in zip(Framer().push(spoken.tobytes()), Framer().push(played.astype("<i2").tobytes()), strict=True):
        canceller.reference.push(far.pcm)
        canceller.push(frame)
        heard += canceller.voice(frame).pcm
        cancelled.append(canceller.has_cancelled)
    begin, end = (
        index * FRAME_SAMPLES for index in (cancelled.index(True), len(cancelled) - cancelled[::-1].index(True))
    )
    late = [
        lateness(np.frombuffer(heard, "<i2")[part], spoken[part])
        for part in (slice(0, begin), slice(begin + FRAME_SAMPLES, end), slice(end, end + 40 * FRAME_SAMPLES))
    ]
    assert abs(late[1] - late[0] - LATE_SAMPLES) <= 1
    assert late[2] == late[1]


def hearing_of_a_microphone() -> tuple[Hearing, EchoCanceller]:
    canceller = EchoCanceller()
    return Hearing(VoiceGate(speech=SpeechDetector()), canceller=canceller), canceller


def test_it_is_calm_where_nobody_speaks_and_it_is_known_that_nothing_sounds() -> None:
    hearing, canceller = hearing_of_a_microphone()
    calm = []
    for frame in Framer().push(silence(2000)):
        canceller.reference.push(bytes(FRAME_BYTES))
        hearing.push(frame)
        calm.append(hearing.is_calm)
    assert not any(calm[:50])  # what is played might be a little late still
    assert all(calm[55:])


@pytest.mark.parametrize("who", ["the person", "the speaker", "nobody knows"])
def test_it_is_not_calm_else(who: str) -> None:
    hearing, canceller = hearing_of_a_microphone()
    loud, quiet = voice(2400)[: 120 * FRAME_BYTES], silence(2400)
    heard = Framer().push(loud if who == "the person" else quiet)
    played = Framer().push(loud if who == "the speaker" else quiet)
    for frame, far in zip(heard, played, strict=True):
        if who != "nobody knows":
            canceller.reference.push(far.pcm)
        hearing.push(frame)
    assert not hearing.is_calm


def test_nothing_is_known_without_a_canceller() -> None:
    hearing = Hearing(VoiceGate(speech=SpeechDetector()))
    for frame in Framer().push(silence(2000)):
        hearing.push(frame)
    assert not hearing.is_calm


def test_two_frames_at_a_time_do_not_put_the_reference_out_of_step() -> None:
    reference = Reference()
    blocks = counted(400)
    taken = []
    for index in range(0, 400, 2):
        reference.push(blocks[index])
        reference.push(blocks[index + 1])
        if not reference.is_steady:
            taken.append(reference.take(FRAME_BYTES))
        elif index % 4 == 0:
            taken += [reference.take(FRAME_BYTES), reference.take(FRAME_BYTES)]
    sound = b"".join(taken).lstrip(b"\0")
    assert len(sound) > 180 * FRAME_BYTES
    assert sound in b"".join(blocks)


def test_the_gate_is_told_what_an_echo_was_taken_out_of() -> None:
    dulled: list[bool] = []

    class Gate(VoiceGate):
        def push(
            self, frame: Frame, judged: bytes | None = None, *, is_doubtful: bool = False, is_dulled: bool = False
        ) -> list[GateEvent]:
            dulled.append(is_dulled)
            return super().push(frame, judged, is_doubtful=is_doubtful, is_dulled=is_dulled)

    played = np.frombuffer(silence(1000) + voice(3000, pitch=110) + silence(2000), "<i2").astype(float)
    for decibels, is_cancelled in ((-6, True), (-60, False)):  # a loudspeaker, headphones
        dulled.clear()
        canceller = EchoCanceller()
        hearing = Hearing(Gate(speech=SpeechDetector()), canceller=canceller)
        heard = through_the_air(played, delay_ms=60, decibels=decibels).astype("<i2").tobytes()
        for frame, far in zip(Framer().push(heard), Framer().push(played.astype("<i2").tobytes()), strict=True):
            canceller.reference.push(far.pcm)
            hearing.push(frame)
        assert not any(dulled[:45])
        assert dulled[180] is is_cancelled
        assert not dulled[-1]
