"""Waves that the tests of sound share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.sound.check import hear_sound
from gencheck.artifact.sound.panel import SoundReport
from gencheck.deadline import NO_DEADLINE
from gencheck.findings import Measurement
from gencheck.media.types import Sound

RATE = 48_000


def sound(samples: NDArray[np.floating], rate: int = RATE) -> Sound:
    """A sound of ``[n]`` or ``[channels, n]``."""
    return Sound(np.atleast_2d(samples).astype(np.float32), rate, "pcm")


def hear(samples: NDArray[np.floating], rate: int = RATE) -> SoundReport:
    """What the panel says of it."""
    return hear_sound(sound(samples, rate), NO_DEADLINE)


def of(report: SoundReport, code: str) -> list[Measurement]:
    """The measurements of one code, worst first."""
    return sorted((m for m in report.measurements if m.code == code), key=lambda m: -m.value)


def tone(frequency: float, seconds: float = 2.0, level: float = 0.8) -> NDArray[np.float64]:
    """A sine."""
    return level * np.sin(2 * np.pi * frequency * np.arange(int(seconds * RATE)) / RATE)


def noise(seconds: float, level: float, seed: int = 0) -> NDArray[np.float64]:
    """White noise of that RMS."""
    return np.random.default_rng(seed).normal(0, level, int(seconds * RATE))


def burst(frequency: float = 1000) -> NDArray[np.float64]:
    """A tone that fades in and out over 20 ms, in digital silence."""
    wave, fade = tone(frequency, 1.0), np.hanning(int(0.04 * RATE))
    half = len(fade) // 2
    wave[:half] *= fade[:half]
    wave[-half:] *= fade[-half:]
    return np.concatenate([np.zeros(RATE // 2), wave, np.zeros(RATE // 2)])
