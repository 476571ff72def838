"""G.711 against the Recommendation's own figures, and its properties over every code and every sample."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_voice import voice

from realtime_chat.audio import g711
from realtime_chat.audio.g711 import Law
from realtime_chat.audio.resample import Resampler

ALL_CODES = bytes(range(256))
ALL_SAMPLES = np.arange(-32_768, 32_768)

MU_TABLE_2A = {
    0x80: 8031, 0x81: 7775, 0x8F: 4191, 0x90: 3999, 0x9F: 2079, 0xA0: 1983, 0xAF: 1023, 0xB0: 975, 0xBF: 495,
    0xC0: 471, 0xCF: 231, 0xD0: 219, 0xDF: 99, 0xE0: 93, 0xEF: 33, 0xF0: 30, 0xFE: 2, 0xFF: 0,
}  # fmt: skip
"""Column 5, the character signal, and column 6, the value at the decoder, for positive input."""

A_TABLE_1A = {
    0xFF: 4032, 0xFE: 3904, 0xF0: 2112, 0xEF: 2016, 0xE0: 1056, 0xDF: 1008, 0xD0: 528, 0xCF: 504, 0xC0: 264,
    0xBF: 252, 0xB0: 132, 0xAF: 126, 0xA0: 66, 0x9F: 63, 0x81: 3, 0x80: 1,
}  # fmt: skip
"""The same for A-law, before the even bits are inverted."""


def encode(values, law: Law) -> np.ndarray:
    return np.frombuffer(g711.encode(np.asarray(values).astype("<i2").tobytes(), law), np.uint8)


def decode(codes, law: Law) -> np.ndarray:
    return np.frombuffer(g711.decode(bytes(codes), law), "<i2").astype(int)


@pytest.mark.parametrize(("code", "value"), MU_TABLE_2A.items())
def test_mu_law_has_the_values_of_table_2a(code, value):
    assert decode([code, code ^ 0x80], Law.MU).tolist() == [4 * value, -4 * value]


@pytest.mark.parametrize(("code", "value"), A_TABLE_1A.items())
def test_a_law_has_the_values_of_table_1a(code, value):
    assert decode([code ^ 0x55, code ^ 0x55 ^ 0x80], Law.A).tolist() == [8 * value, -8 * value]


@pytest.mark.parametrize(
    ("law", "unit", "decision", "below", "above"),
    [
        (Law.MU, 4, 1, 0xFF, 0xFE),
        (Law.MU, 4, 31, 0xF0, 0xEF),
        (Law.MU, 4, 95, 0xE0, 0xDF),
        (Law.MU, 4, 4063, 0x90, 0x8F),
        (Law.MU, 4, 7903, 0x81, 0x80),
        (Law.A, 8, 2, 0x80 ^ 0x55, 0x81 ^ 0x55),
        (Law.A, 8, 64, 0x9F ^ 0x55, 0xA0 ^ 0x55),
        (Law.A, 8, 128, 0xAF ^ 0x55, 0xB0 ^ 0x55),
        (Law.A, 8, 2048, 0xEF ^ 0x55, 0xF0 ^ 0x55),
        (Law.A, 8, 3968, 0xFE ^ 0x55, 0xFF ^ 0x55),
    ],
)
def test_the_code_changes_at_the_decision_values(law, unit, decision, below, above):
    edge = unit * decision
    assert encode([edge - 1, edge], law).tolist() == [below, above]
    assert encode([-edge, -edge - 1], law).tolist() == [below ^ 0x80, above ^ 0x80]


@pytest.mark.parametrize(("law", "second_names"), [(Law.MU, {0x7F: 0xFF}), (Law.A, {})])
def test_every_code_comes_back_but_the_second_zero(law, second_names):
    back = g711.encode(g711.decode(ALL_CODES, law), law)
    assert {code: back[code] for code in ALL_CODES if back[code] != code} == second_names


@pytest.mark.parametrize("law", list(Law))
def test_louder_stays_louder_and_every_sample_gets_the_nearest_level_of_its_interval(law):
    heard = decode(encode(ALL_SAMPLES, law), law)
    assert (np.diff(heard) >= 0).all()
    # Half of one of the 16 steps of a segment, which is as wide as all below it together.
    magnitudes = np.abs(ALL_SAMPLES)
    within = np.abs(heard - ALL_SAMPLES) <= (magnitudes + 256) / 32 + 1
    assert within[magnitudes <= 32_124].all()


@pytest.mark.parametrize("law", list(Law))
@given(st.lists(st.integers(-32_768, 32_767)))
def test_a_second_round_trip_changes_nothing(law, values):
    once = decode(encode(values, law), law)
    assert (decode(encode(once, law), law) == once).all()
    assert len(once) == len(values)


@pytest.mark.parametrize("law", list(Law))
def test_half_a_sample_is_refused(law):
    with pytest.raises(ValueError, match="whole number"):
        g711.encode(b"\0\0\0", law)


@pytest.mark.parametrize("law", list(Law))
@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 4_000), min_size=1, max_size=12))
def test_a_voice_survives_a_telephone_however_it_is_cut(law, sizes):
    """24 kHz down to 8 kHz, through the codec and up again, piece by piece: what is below 3.4 kHz is still there."""
    sound = np.frombuffer(voice(1_000), "<i2")
    down, up = Resampler(24_000, g711.RATE), Resampler(g711.RATE, 24_000)
    wire, at, index = b"", 0, 0
    while at < len(sound):
        size = sizes[index % len(sizes)]
        wire += g711.encode(down.push(sound[at : at + size].tobytes()), law)
        at, index = at + size, index + 1
    wire += g711.encode(down.flush(), law)
    assert len(wire) == g711.RATE
    heard = np.frombuffer(up.push(g711.decode(wire, law)) + up.flush(), "<i2").astype(float)
    assert len(heard) == len(sound)
    before, after = (np.fft.rfft(x)[:3_400] for x in (sound.astype(float), heard))
    noise = np.sum(np.abs(after - before) ** 2) / np.sum(np.abs(before) ** 2)
    assert 10 * np.log10(noise) < -28
