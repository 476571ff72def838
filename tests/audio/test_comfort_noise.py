import numpy as np

from realtime_chat.audio.comfort_noise import RMS, ComfortNoise
from realtime_chat.audio.detector import PIECE_BYTES


def test_nothing_becomes_noise_that_does_not_repeat() -> None:
    noise = ComfortNoise()
    pieces = [noise.under(bytes(PIECE_BYTES)) for _ in range(500)]
    assert {len(piece) for piece in pieces} == {PIECE_BYTES}
    assert len(set(pieces)) == len(pieces)
    samples = np.frombuffer(b"".join(pieces), "<i2").astype(float)
    assert abs(np.sqrt(np.mean(samples**2)) / RMS - 1) < 0.02
    assert abs(samples.mean()) < RMS / 50


def test_what_is_as_loud_as_can_be_stays_so() -> None:
    noise = ComfortNoise()
    for peak in (-32768, 32767):
        loud = np.full(PIECE_BYTES // 2, peak, "<i2")
        heard = np.frombuffer(noise.under(loud.tobytes()), "<i2").astype(int)
        assert np.all(np.abs(heard - peak) <= 2 * RMS)
        assert np.any(heard == peak)
