import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import falls_silent, first_sound, last_heard, last_sound, waited, where
from tap import RATE

MODEL = (np.random.default_rng(7).normal(size=8 * RATE) * 4_000).astype(np.int16)
FADE = 120

ms = st.integers(0, 200).map(lambda number: number * RATE // 1000)


def cut_off(samples: int) -> np.ndarray:
    """What a speaker gives of the model that is cut off after as many samples."""
    fade = (MODEL[samples : samples + FADE] * np.linspace(1, 0, FADE + 1)[:-1] * 0.9).astype(np.int16)
    return np.concatenate([MODEL[:samples], fade, np.zeros(RATE, np.int16)])


@given(samples=st.integers(RATE // 2, 4 * RATE), before=ms)
def test_where_a_voice_was_cut_off(samples, before):
    recording = np.concatenate([np.zeros(before, np.int16), cut_off(samples)])

    end = falls_silent(recording, before + 10)

    assert end is not None
    assert end == pytest.approx(before + samples + FADE, abs=FADE)
    assert last_heard(recording, 0, end, MODEL) == pytest.approx(samples / RATE * 1e3, abs=0.1)


@given(samples=st.integers(RATE // 2, 4 * RATE), back=ms, held_up=ms)
def test_where_it_was_cut_off_when_the_sound_server_was_held_up_before(samples, back, held_up):
    whole = cut_off(samples)
    recording = np.concatenate([whole[: samples - back], np.zeros(held_up, np.int16), whole[samples - back :]])
    end = falls_silent(recording, 10)

    heard = last_heard(recording, 0, end, MODEL)

    # Held up in the last milliseconds: what was heard before that is found, or nothing where all of it is too short.
    least = samples - back if back < RATE // 50 else samples
    assert heard is not None
    assert least / RATE * 1e3 - 0.1 <= heard <= samples / RATE * 1e3 + 0.1


def test_what_is_not_the_models_voice():
    noise = (np.random.default_rng(8).normal(size=2 * RATE) * 4_000).astype(np.int16)

    assert last_heard(np.concatenate([noise, np.zeros(RATE, np.int16)]), 0, len(noise), MODEL) is None


def test_a_voice_that_goes_on_does_not_fall_silent():
    assert falls_silent(MODEL, 0) is None
    assert falls_silent(np.zeros(RATE, np.int16), 5) == 5


def test_a_silence_that_has_begun():
    recording = np.concatenate([MODEL[:RATE], np.zeros(RATE, np.int16), MODEL[:RATE], np.zeros(RATE, np.int16)])

    assert falls_silent(recording, RATE + 500) == RATE + 500
    assert falls_silent(recording, 2 * RATE - 500) == 3 * RATE


def test_the_first_sound():
    assert first_sound(np.zeros(10, np.int16)) is None
    assert first_sound(np.array([0, 900, 0, -900], np.int16)) == 1
    assert first_sound(np.array([0, 900, 0, -900], np.int16), 2) == 3


def test_the_last_sound():
    assert last_sound(np.zeros(10, np.int16), 10) == 0
    assert last_sound(np.array([0, 900, 0, -900, 7], np.int16), 5) == 4
    assert last_sound(np.array([0, 900, 0, -900, 7], np.int16), 3) == 2


@given(at=st.integers(RATE, 3 * RATE))
def test_where_a_pattern_is(at):
    assert where(MODEL, MODEL[at : at + RATE // 2], 0, 5 * RATE) == at


@given(waits=st.lists(st.tuples(st.integers(RATE, 20 * RATE), st.integers(0, RATE)), max_size=6), before=ms)
def test_how_long_a_voice_waited(waits, before):
    voice = np.resize(MODEL, 22 * RATE)
    ends = sorted(at for at, _ in waits)
    parts = [np.zeros(before, np.int16)]
    for begin, end, wait in zip([0, *ends], [*ends, len(voice)], [*(wait for _, wait in waits), 0], strict=True):
        parts += [voice[begin:end], np.zeros(wait, np.int16)]
    recording = np.concatenate(parts)

    found = waited(recording, 0, len(recording), MODEL)

    assert found == pytest.approx(sum(wait for _, wait in waits) / RATE, abs=0.1 / 1e3)


def test_nothing_that_sounded_did_not_wait():
    assert waited(np.zeros(RATE, np.int16), 0, RATE, MODEL) is None
