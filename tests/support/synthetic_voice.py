"""A sound that both voice detectors take for a voice, and silence: PCM16 mono 24 kHz."""

import numpy as np

RATE = 24_000

_VOWELS = np.array(((730, 1090, 2440), (270, 2290, 3010), (570, 840, 2410), (530, 1840, 2480), (300, 870, 2240)))
"""The first three formants of a, i, o, e, u in hertz, of an average man (Peterson and Barney, 1952)."""

_FORMANTS = ((1.0, 130), (0.6, 160), (0.25, 220))
"""How strong and how wide each formant is."""

_SYLLABLE_S = 0.18


def voice(milliseconds: int, *, pitch: float = 120) -> bytes:
    """Syllables of vowels that glide into each other, on a voice whose pitch rises and falls."""
    time = np.arange(RATE * milliseconds // 1000) / RATE
    syllable = (time / _SYLLABLE_S).astype(int)
    within = time / _SYLLABLE_S - syllable
    glide = np.clip(within * 2 - 1, 0, 1)[:, None]
    formants = _VOWELS[syllable % 5] * (1 - glide) + _VOWELS[(syllable + 1) % 5] * glide
    tone = pitch * (1 + 0.12 * np.sin(2 * np.pi * 0.9 * time) + 0.25 * (0.5 - within))
    phase = 2 * np.pi * np.cumsum(tone) / RATE
    sound = np.zeros_like(time)
    for harmonic in range(1, 32):
        near = sum(
            gain * np.exp(-(((harmonic * tone - formants[:, index]) / width) ** 2))
            for index, (gain, width) in enumerate(_FORMANTS)
        )
        sound += (near + 0.01 / harmonic) * np.sin(harmonic * phase)
    sound *= 0.15 + 0.85 * np.minimum(1, np.minimum(within / 0.15, (1 - within) / 0.25))
    return (sound / np.abs(sound).max(initial=1e-9) * 12_000).astype("<i2").tobytes()


def silence(milliseconds: int) -> bytes:
    return bytes(RATE * milliseconds // 1000 * 2)
