"""Noises of a room, 20 seconds of each, made from formulas: samples at 24 kHz, as loud as they are in 16 bits."""

import numpy as np

SECONDS = 20
_RATE = 24_000
_TIME = np.arange(SECONDS * _RATE) / _RATE


def keyboard() -> np.ndarray:
    rng = np.random.default_rng(3)
    sound = rng.normal(0, 3, len(_TIME))
    at = 0
    while (at := at + int(_RATE * rng.uniform(0.06, 0.28))) < len(sound) - _RATE // 5:
        for later, gain in ((0, 1.0), (int(_RATE * rng.uniform(0.06, 0.1)), 0.5)):  # down, and up again
            length = int(_RATE * 0.012)
            decay = np.exp(-np.arange(length) / (_RATE * rng.uniform(0.001, 0.004)))
            ring = np.sin(2 * np.pi * rng.uniform(1500, 5000) * np.arange(length) / _RATE)
            click = (rng.normal(0, 1, length) + ring) * decay * gain * rng.uniform(2000, 9000)
            sound[at + later : at + later + length] += click
    return sound


def hum() -> np.ndarray:
    return sum(3000 / n * np.sin(2 * np.pi * 50 * n * _TIME + n) for n in (1, 2, 3, 5, 7))


def pink() -> np.ndarray:
    rng = np.random.default_rng(4)
    frequency = np.fft.rfftfreq(len(_TIME), 1 / _RATE)
    spectrum = rng.normal(size=len(frequency)) + 1j * rng.normal(size=len(frequency))
    sound = np.fft.irfft(spectrum / np.sqrt(np.maximum(frequency, 20)), len(_TIME))
    return sound / sound.std() * 2000


def music() -> np.ndarray:
    rng = np.random.default_rng(3)
    sound = np.zeros(len(_TIME))
    at = 0
    while at < len(sound):
        length = min(int(_RATE * rng.choice([0.25, 0.5])), len(sound) - at)
        time = np.arange(length) / _RATE
        envelope = np.minimum(time / 0.01, 1) * np.exp(-time * 2.5)
        for tone in rng.choice([261.6, 293.7, 329.6, 392.0, 440.0, 523.3], 3, replace=False):
            for harmonic in range(1, 6):
                sound[at : at + length] += envelope * 1200 / harmonic * np.sin(2 * np.pi * tone * harmonic * time)
        at += length
    return sound


def coughs() -> np.ndarray:
    rng = np.random.default_rng(5)
    sound = rng.normal(0, 3, len(_TIME))
    length = int(_RATE * 0.35)
    time = np.arange(length) / _RATE
    frequency = np.fft.rfftfreq(length, 1 / _RATE)
    throat = sum(np.exp(-(((frequency - at) / width) ** 2)) for at, width in ((700, 250), (1500, 400), (2800, 700)))
    envelope = np.minimum(time / 0.005, 1) * np.exp(-time * 9) + 0.25 * np.exp(-(((time - 0.25) / 0.04) ** 2))
    for second in range(1, SECONDS - 1, 2):
        folds = np.sign(np.sin(2 * np.pi * rng.uniform(120, 250) * time)) * np.exp(-time * 10)
        cough = np.fft.irfft(np.fft.rfft(rng.normal(0, 1, length) + 0.6 * folds) * throat, length) * envelope
        sound[second * _RATE : second * _RATE + length] += cough / np.abs(cough).max() * 15_000
    return sound
