"""Sounds with a known answer, made by formula, by which a role shows that its model is right."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.hearing.samples import RATE, Samples

# Formants (Hz) of the vowels a, i, u, e (Peterson and Barney 1952), and their weight and width.
_VOWELS = np.asarray([(730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480)])
_FORMANTS = ((1.0, 80.0), (0.5, 110.0), (0.25, 160.0))
_HARMONICS = 40
_SYLLABLE = 0.25
_PEAK = 0.3


def voice(seconds: float) -> Samples:
    """A voice that says a, i, u, e: harmonics under formants, four syllables a second."""
    time = np.arange(int(seconds * RATE)) / RATE
    pitch = 120 * (1 + 0.15 * np.sin(1.2 * np.pi * time) + 0.02 * np.sin(10 * np.pi * time))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    formants = _formants(time)
    total = np.zeros_like(time)
    for harmonic in range(1, _HARMONICS):
        frequency = harmonic * pitch
        gain = sum(
            weight / (1 + ((frequency - formants[:, i]) / width) ** 2)
            for i, (weight, width) in enumerate(_FORMANTS)
        )
        audible = frequency < 0.475 * RATE
        total += gain * audible * np.sin(harmonic * phase) / harmonic**0.3
    total *= np.clip(0.55 - 0.6 * np.cos(8 * np.pi * time), 0, 1)
    return np.asarray(_PEAK * total / np.abs(total).max(), np.float32)


def _formants(time: NDArray[np.float64]) -> NDArray[np.float64]:
    """The formants at each time ``[n, 3]``, gliding from one vowel to the next."""
    place = time / _SYLLABLE
    now = np.floor(place).astype(np.int64) % len(_VOWELS)
    glide = np.clip((place % 1 - 0.6) / 0.4, 0, 1)[:, None]
    return _VOWELS[now] * (1 - glide) + _VOWELS[(now + 1) % len(_VOWELS)] * glide


def noise(size: int) -> Samples:
    """White noise of unit variance, the same every time."""
    return np.random.default_rng(1).standard_normal(size, dtype=np.float32)
