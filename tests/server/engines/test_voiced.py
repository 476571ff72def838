import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.server.engines.seam import HEARING_RATE
from realtime_chat.server.engines.voiced import split_at_pauses, voiced


def tone(seconds: float, level: float = 0.3) -> np.ndarray:
    return (level * np.sin(np.arange(round(seconds * HEARING_RATE)) * 0.1)).astype(np.float32)


def quiet(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * HEARING_RATE), np.float32)


def test_silence_goes_from_both_ends_but_for_a_little():
    speech, length = voiced(np.concatenate([quiet(1), tone(0.5), quiet(2)]))
    assert length == pytest.approx(0.5 * HEARING_RATE, abs=640)
    assert len(speech) == pytest.approx(0.9 * HEARING_RATE, abs=640)
    assert not speech[: HEARING_RATE // 20].any()


def test_a_pause_and_a_soft_ending_stay():
    said = np.concatenate([tone(0.5), quiet(1), tone(0.5), tone(0.2, level=0.01)])
    speech, length = voiced(said)
    assert np.array_equal(speech, said)
    assert length == pytest.approx(len(said), abs=640)


@pytest.mark.parametrize("nothing", [quiet(0), quiet(0.005), quiet(3), tone(3, level=0.0005)])
def test_no_voice(nothing):
    speech, length = voiced(nothing)
    assert (len(speech), length) == (0, 0)


def test_a_cut_falls_into_the_pause():
    speech = np.concatenate([tone(7), quiet(0.4), tone(6)])
    first, second = split_at_pauses(speech, longest=10 * HEARING_RATE, search=6 * HEARING_RATE)
    assert 7.0 <= len(first) / HEARING_RATE <= 7.4
    assert len(first) + len(second) == len(speech)


@given(st.integers(0, 100_000), st.integers(5000, 30_000), st.data())
def test_the_pieces_are_the_whole_and_none_is_too_long(samples, longest, data):
    search = data.draw(st.integers(3200, longest - 1))
    seed = data.draw(st.integers(0, 9))
    speech = np.random.default_rng(seed).normal(0, 0.1, samples).astype(np.float32)
    pieces = split_at_pauses(speech, longest=longest, search=search)
    assert np.array_equal(np.concatenate(pieces), speech)
    assert all(0 < len(piece) <= longest for piece in pieces) or not samples
    longer = split_at_pauses(np.concatenate([speech, tone(1)]), longest=longest, search=search)
    assert [len(piece) for piece in longer[: len(pieces) - 1]] == [len(piece) for piece in pieces[:-1]]
