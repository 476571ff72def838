"""A sound that a voice detector takes for a voice, and silence: PCM16 mono 24 kHz."""

import numpy as np

RATE = 24_000


def voice(milliseconds: int) -> bytes:
    """A vowel: harmonics of 120 Hz under three formants, with the slow tremor of speech."""
    t = np.arange(RATE * milliseconds // 1000) / RATE
    pitch = 120 * (1 + 0.03 * np.sin(2 * np.pi * 3 * t))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    sound = np.zeros_like(t)
    for harmonic in range(1, 30):
        frequency = 120 * harmonic
        gain = sum(np.exp(-(((frequency - formant) / 150) ** 2)) for formant in (700, 1200, 2600)) + 0.02
        sound += gain * np.sin(harmonic * phase)
    sound *= (0.75 + 0.25 * np.sin(2 * np.pi * 4 * t)) / np.abs(sound).max(initial=1e-9)
    return (sound * 12_000).astype("<i2").tobytes()


def silence(milliseconds: int) -> bytes:
    return bytes(RATE * milliseconds // 1000 * 2)
