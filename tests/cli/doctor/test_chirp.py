import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_voice import voice

from realtime_chat.audio.frame import SAMPLE_RATE
from realtime_chat.cli.doctor.chirp import SECONDS, chirp, find_echo

BEFORE = round(0.8 * SAMPLE_RATE)
LENGTH = BEFORE + round(1.5 * SAMPLE_RATE)


def room(rms: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, rms, LENGTH)


def with_chirp(sound: np.ndarray, delay: int, gain_db: float) -> bytes:
    played = np.frombuffer(chirp(), "<i2") * 10 ** (gain_db / 20)
    sound = sound.copy()
    sound[BEFORE + delay : BEFORE + delay + len(played)] += played
    return np.clip(np.round(sound), -32768, 32767).astype("<i2").tobytes()


def test_it_is_short_and_quiet():
    samples = np.frombuffer(chirp(), "<i2")
    assert len(samples) == SECONDS * SAMPLE_RATE
    assert np.abs(samples).max() < 32768 / 9.9
    assert samples[0] == 0
    assert abs(int(samples[-1])) < 10


@given(delay=st.integers(0, SAMPLE_RATE), gain_db=st.floats(-30, 6), seed=st.integers(0, 1000))
def test_it_is_found_where_and_as_loud_as_it_is(delay: int, gain_db: float, seed: int):
    found = find_echo(with_chirp(room(20, seed), delay, gain_db), BEFORE)
    assert found is not None
    assert abs(found.at - BEFORE - delay) <= 1
    assert found.gain_db == pytest.approx(gain_db, abs=1.0)


@given(delay=st.integers(0, SAMPLE_RATE), seed=st.integers(0, 1000))
def test_it_is_found_below_the_noise(delay: int, seed: int):
    # The chirp's own level is 3 dB below its peak of 3277, which is 10 dB below noise of 7300.
    found = find_echo(with_chirp(room(7300 / 3, seed), delay, -9.5), BEFORE)
    assert found is not None
    assert abs(found.at - BEFORE - delay) <= 2


@given(rms=st.sampled_from([0, 0.3, 1, 30, 1000, 10000]), seed=st.integers(0, 1000))
def test_noise_is_no_chirp(rms: float, seed: int):
    sound = np.clip(np.round(room(rms, seed)), -32768, 32767)
    assert find_echo(sound.astype("<i2").tobytes(), BEFORE) is None


def test_hum_music_and_voices_are_no_chirp():
    t = np.arange(LENGTH) / SAMPLE_RATE
    hum = sum(3000 / n * np.sin(2 * np.pi * 50 * n * t) for n in range(1, 8))
    chord = sum(2000 * np.sin(2 * np.pi * f * t) for f in (440, 554.4, 659.3, 1108.7))
    notes = 5000 * np.sin(2 * np.pi * 880 * 2 ** (np.floor(t * 8) % 5 / 12) * t)
    spoken = np.frombuffer(voice(2300), "<i2")[:LENGTH]
    for sound in (hum, chord, notes, spoken):
        assert find_echo(np.asarray(sound).astype("<i2").tobytes(), BEFORE) is None


def test_a_chirp_that_was_there_before_is_not_ours():
    assert find_echo(with_chirp(room(20), -BEFORE, 0), BEFORE) is None


def test_a_copy_is_known_by_its_likeness():
    copy = find_echo(with_chirp(np.zeros(LENGTH), 100, 0), BEFORE)
    heard = find_echo(with_chirp(room(400), 100, -12), BEFORE)
    assert copy is not None
    assert heard is not None
    assert copy.likeness > 0.99 > heard.likeness


def test_a_recording_that_is_too_short_holds_nothing():
    assert find_echo(chirp()[:-2], 0) is None
    assert find_echo(b"", 0) is None
