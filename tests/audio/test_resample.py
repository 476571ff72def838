import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_chat.audio.resample import FrameResampler, Quality, Resampler

RATES = st.sampled_from([8_000, 16_000, 22_050, 24_000, 44_100, 48_000])


def sine(rate: int, hertz: float, seconds: float = 1.0) -> np.ndarray:
    return (np.sin(np.arange(int(rate * seconds)) * 2 * np.pi * hertz / rate) * 12_000).astype("<i2")


@settings(max_examples=40)
@given(RATES, RATES, st.lists(st.integers(1, 2000), min_size=1, max_size=8), st.sampled_from(["QQ", "HQ"]))
def test_how_sound_is_cut_does_not_matter_and_none_is_lost(
    in_rate: int, out_rate: int, cuts: list[int], quality: Quality
) -> None:
    sound = sine(in_rate, 440, 0.3).tobytes()
    whole = Resampler(in_rate, out_rate, quality)
    expected = whole.push(sound) + whole.flush()
    pieces = Resampler(in_rate, out_rate, quality)
    got, start = b"", 0
    for cut in cuts:
        got += pieces.push(sound[start : start + cut])
        start += cut
    got += pieces.push(sound[start:]) + pieces.flush()
    assert len(got) == len(expected)
    assert abs(len(got) / 2 - 0.3 * out_rate) <= 2
    difference = np.frombuffer(got, "<i2").astype(int) - np.frombuffer(expected, "<i2")
    assert np.abs(difference).max() <= 2  # rounding is dithered


@pytest.mark.parametrize(
    ("in_rate", "out_rate"), [(48_000, 24_000), (44_100, 24_000), (16_000, 24_000), (24_000, 48_000)]
)
def test_a_tone_stays_the_same_tone(in_rate: int, out_rate: int) -> None:
    resampler = Resampler(in_rate, out_rate)
    got = np.frombuffer(resampler.push(sine(in_rate, 440).tobytes()) + resampler.flush(), "<i2").astype(float)
    wanted = sine(out_rate, 440)[: len(got)].astype(float)
    middle = slice(out_rate // 10, len(wanted) - out_rate // 10)
    error = got[: len(wanted)][middle] - wanted[middle]
    assert np.sqrt(np.mean(error**2)) < 12_000 / 1000  # better than 57 dB


def test_what_the_lower_rate_cannot_carry_is_filtered_out() -> None:
    resampler = Resampler(48_000, 24_000)
    alias = np.frombuffer(resampler.push(sine(48_000, 15_000).tobytes()) + resampler.flush(), "<i2").astype(float)
    assert np.sqrt(np.mean(alias[2400:-2400] ** 2)) < 12


def test_the_same_rate_changes_nothing_and_holds_nothing_back() -> None:
    resampler = Resampler(24_000, 24_000)
    assert resampler.push(b"\1\2\3") == b"\1\2"
    assert resampler.push(b"\4") == b"\3\4"
    assert resampler.flush() == b""


def test_after_a_flush_it_is_as_new() -> None:
    resampler = Resampler(16_000, 24_000)
    sound = sine(16_000, 440, 0.1).tobytes()
    first = resampler.push(sound) + resampler.flush()
    second = resampler.push(sound) + resampler.flush()
    assert len(first) == len(second) == 2400 * 2
    difference = np.frombuffer(first, "<i2").astype(int) - np.frombuffer(second, "<i2")
    assert np.abs(difference).max() <= 2  # rounding is dithered


def test_qq_holds_back_less_than_a_sample() -> None:
    resampler = Resampler(24_000, 16_000, "QQ")
    given_back = sum(len(resampler.push(bytes(960))) // 2 for _ in range(50))
    assert 50 * 320 - 1 <= given_back <= 50 * 320


@given(st.sampled_from([(24_000, 16_000), (16_000, 24_000)]), st.integers(1, 50))
def test_a_frame_comes_out_whole_and_hardly_late(rates: tuple[int, int], frames: int) -> None:
    in_rate, out_rate = rates
    resampler = FrameResampler(in_rate, out_rate)
    size = in_rate // 50 * 2
    sound = sine(in_rate, 440).tobytes()[: frames * size]
    pieces = [resampler.push(sound[begin : begin + size]) for begin in range(0, len(sound), size)]
    assert {len(piece) for piece in pieces} == {out_rate // 50 * 2}
    plain = Resampler(in_rate, out_rate, "QQ")
    expected = b"".join([plain.push(sound[begin : begin + size]) for begin in range(0, len(sound), size)])
    late = -(-2 * out_rate // in_rate)
    got = np.frombuffer(b"".join(pieces), "<i2")
    assert not got[:late].any()
    assert np.array_equal(got[late:], np.frombuffer(expected, "<i2")[: len(got) - late])


def test_a_frame_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="640 bytes, not 4"):
        FrameResampler(16_000, 24_000).push(bytes(4))
