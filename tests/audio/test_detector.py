"""Noises of a room that both detectors must tell from a voice are made here, from formulas."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_voice import silence, voice

from realtime_chat.audio.detector import LEVELS, PIECE_BYTES, SpeechDetector, VoiceDetector, Wideband
from realtime_chat.audio.frame import SAMPLE_RATE, Framer
from realtime_chat.audio.gate import SpeechStarted, VoiceGate

SECONDS = 20
TIME = np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE


def keyboard() -> np.ndarray:
    rng = np.random.default_rng(3)
    sound = rng.normal(0, 3, len(TIME))
    at = 0
    while (at := at + int(SAMPLE_RATE * rng.uniform(0.06, 0.28))) < len(sound) - SAMPLE_RATE // 5:
        for later, gain in ((0, 1.0), (int(SAMPLE_RATE * rng.uniform(0.06, 0.1)), 0.5)):  # down, and up again
            length = int(SAMPLE_RATE * 0.012)
            decay = np.exp(-np.arange(length) / (SAMPLE_RATE * rng.uniform(0.001, 0.004)))
            ring = np.sin(2 * np.pi * rng.uniform(1500, 5000) * np.arange(length) / SAMPLE_RATE)
            click = (rng.normal(0, 1, length) + ring) * decay * gain * rng.uniform(2000, 9000)
            sound[at + later : at + later + length] += click
    return sound


def hum() -> np.ndarray:
    return sum(3000 / n * np.sin(2 * np.pi * 50 * n * TIME + n) for n in (1, 2, 3, 5, 7))


def pink() -> np.ndarray:
    rng = np.random.default_rng(4)
    frequency = np.fft.rfftfreq(len(TIME), 1 / SAMPLE_RATE)
    spectrum = rng.normal(size=len(frequency)) + 1j * rng.normal(size=len(frequency))
    sound = np.fft.irfft(spectrum / np.sqrt(np.maximum(frequency, 20)), len(TIME))
    return sound / sound.std() * 2000


def music() -> np.ndarray:
    rng = np.random.default_rng(3)
    sound = np.zeros(len(TIME))
    at = 0
    while at < len(sound):
        length = min(int(SAMPLE_RATE * rng.choice([0.25, 0.5])), len(sound) - at)
        time = np.arange(length) / SAMPLE_RATE
        envelope = np.minimum(time / 0.01, 1) * np.exp(-time * 2.5)
        for tone in rng.choice([261.6, 293.7, 329.6, 392.0, 440.0, 523.3], 3, replace=False):
            for harmonic in range(1, 6):
                sound[at : at + length] += envelope * 1200 / harmonic * np.sin(2 * np.pi * tone * harmonic * time)
        at += length
    return sound


def coughs() -> np.ndarray:
    rng = np.random.default_rng(5)
    sound = rng.normal(0, 3, len(TIME))
    length = int(SAMPLE_RATE * 0.35)
    time = np.arange(length) / SAMPLE_RATE
    frequency = np.fft.rfftfreq(length, 1 / SAMPLE_RATE)
    throat = sum(np.exp(-(((frequency - at) / width) ** 2)) for at, width in ((700, 250), (1500, 400), (2800, 700)))
    envelope = np.minimum(time / 0.005, 1) * np.exp(-time * 9) + 0.25 * np.exp(-(((time - 0.25) / 0.04) ** 2))
    for second in range(1, SECONDS - 1, 2):
        folds = np.sign(np.sin(2 * np.pi * rng.uniform(120, 250) * time)) * np.exp(-time * 10)
        cough = np.fft.irfft(np.fft.rfft(rng.normal(0, 1, length) + 0.6 * folds) * throat, length) * envelope
        sound[second * SAMPLE_RATE : second * SAMPLE_RATE + length] += cough / np.abs(cough).max() * 15_000
    return sound


@pytest.mark.parametrize("level", [2, 3])
@pytest.mark.parametrize("noise", [keyboard, hum, pink, music, coughs])
def test_no_noise_opens_the_gate(noise: Callable[[], np.ndarray], level: int) -> None:
    gate = VoiceGate(level, speech=SpeechDetector(level))
    sound = np.clip(noise(), -32768, 32767).astype("<i2").tobytes()
    events = [event for frame in Framer().push(sound) for event in gate.push(frame)]
    assert not any(isinstance(event, SpeechStarted) for event in events)


@pytest.mark.parametrize("level", LEVELS)
def test_a_voice_is_heard_at_every_level(level: int) -> None:
    detector = SpeechDetector(level)
    suspects, begins, goes_on = [], [], []
    for piece in pieces(silence(400) + voice(800) + silence(800)):
        detector.push(piece)
        suspects.append(detector.suspects)
        begins.append(detector.begins)
        goes_on.append(detector.goes_on)
    assert not any(begins[:20])
    assert any(begins[20:26])
    assert suspects.index(True) <= begins.index(True)
    assert all(goes_on[26:58])
    assert not goes_on[-1]


def test_webrtcvad_tells_a_voice_from_silence() -> None:
    detector = VoiceDetector(2)
    verdicts = [detector.is_voice(piece) for piece in pieces(silence(400) + voice(400))]
    assert not any(verdicts[:20])
    assert all(verdicts[22:])


@given(st.integers(1, 40))
def test_wideband_pieces_are_whole_and_as_loud(frames: int) -> None:
    assert {len(piece) for piece in pieces(voice(20 * frames))} == {PIECE_BYTES}


def test_a_frame_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="960 bytes, not 4"):
        Wideband().push(bytes(4))


def pieces(sound: bytes) -> list[bytes]:
    wideband = Wideband()
    return [wideband.push(frame.pcm) for frame in Framer().push(sound)]
