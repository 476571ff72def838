import numpy as np
import pytest

from realtime_chat.audio.frame import FRAME_BYTES, Frame
from realtime_chat.cli.device_test import judgement, tone


def frames(loudness: int) -> list[Frame]:
    return [Frame(0, bytes(FRAME_BYTES)), Frame(480, np.full(480, loudness, "<i2").tobytes())]


def test_the_tone_is_a_second_and_makes_no_click() -> None:
    samples = np.frombuffer(tone(), "<i2").astype(int)
    assert len(samples) == 24_000
    assert np.abs(samples).max() == pytest.approx(32767 / 4, rel=0.01)
    assert np.abs(np.diff(samples)).max() < 1000
    assert max(abs(samples[0]), abs(samples[-1])) < 10
    assert np.argmax(np.abs(np.fft.rfft(samples))) == 440


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        ([], "Nothing came"),
        (frames(0), "Only silence"),
        (frames(40), "Hardly anything was heard (at most -58 dB)"),
        (frames(3277), "Heard, at most -20 dB"),
    ],
)
def test_what_a_microphone_gave_is_judged(heard: list[Frame], said: str) -> None:
    assert judgement(heard).startswith(said)
