import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.audio.fade import FADE_SAMPLES, faded_out, is_near_zero, shaped


def test_the_last_step_changes_nothing_and_the_first_leaves_nothing() -> None:
    every = np.arange(-32_768, 32_768, dtype="<i4").astype("<i2").tobytes()
    assert shaped(every, FADE_SAMPLES) == every
    assert not any(shaped(every, 0))


def test_it_rises_from_step_to_step() -> None:
    gains = np.frombuffer(shaped(np.full(121, 30_000, "<i2").tobytes(), np.arange(121)), "<i2")
    assert np.all(np.diff(gains.astype(int)) >= 0)
    assert np.diff(gains.astype(int)).max() <= 30_000 * np.pi / 2 / FADE_SAMPLES + 1


@given(st.lists(st.integers(-32_768, 32_767), max_size=300))
def test_what_fades_out_keeps_its_length_and_ends_at_zero(samples: list[int]) -> None:
    pcm = np.array(samples, "<i2")
    got = np.frombuffer(faded_out(pcm.tobytes()), "<i2")
    if not pcm.any():
        assert len(got) == 0
        return
    assert len(got) == len(pcm)
    assert got[-1] == 0
    assert np.all(np.abs(got.astype(int)) <= np.abs(pcm.astype(int)))


@pytest.mark.parametrize(
    ("value", "is_soft"), [(0, True), (128, True), (-128, True), (129, False), (-129, False), (-32_768, False)]
)
def test_what_is_near_zero(value: int, is_soft: bool) -> None:
    assert is_near_zero(np.array([value], "<i2").tobytes()) is is_soft


def test_a_wave_that_is_cut_off_makes_no_click() -> None:
    time = np.arange(4800) / 24_000
    wave = sum(np.cos(2 * np.pi * 220 * partial * time) / partial for partial in range(1, 5)) * 6000
    cut = 2437
    ended = wave.copy()
    ended[cut : cut + 120] = np.frombuffer(faded_out(wave[cut : cut + 120].astype("<i2").tobytes()), "<i2")
    ended[cut + 120 :] = 0
    power = np.abs(np.fft.rfft(ended[1237:3637] * np.hanning(2400))) ** 2
    assert power[200:].sum() / power.sum() < 1e-7  # above 2 kHz
