"""HUM: the mains in the sound, 50 or 60 Hz and their harmonics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.signal import firwin, upfirdn, windows

from gencheck.artifact.reading import finite
from gencheck.artifact.sound.page import Page, Wave
from gencheck.findings import Measurement, Method, Outcome, SkipReason, TimeSpan, skipped

CHECK = "artifact.hum"
METHOD = Method(
    "lines of the mains over the floor beside them",
    "1",
    "spectra of 4 s (Welch 1967); the level that a line keeps in three of four of them",
)

MAINS = (50.0, 60.0)  # Hz
_SEGMENT = 4.0  # seconds: lines a quarter of a hertz apart, where notes are 3 Hz and more
_RATE = 2000  # samples a second at least that the sound is reduced to
_HIGHEST = 620.0  # Hz
_HALF_TAPS = 10  # of the filter before reducing, for each sample that is left out
_KEEPS = 0.25  # quantile over time: notes end, and words have pauses, while the mains go on
_LOWEST_DB, _STEP_DB, _LEVELS = -150.0, 1.0, 180
_FLOOR_DB = -85.0  # of a full sine: below it nobody hears a hum
_BESIDE = (3.0, 9.0)  # Hz from a line where the floor is measured
_HARMONICS = 10
_PRESENT = 10.0  # dB over the floor
_CLEAR = 20.0  # dB over the floor of a line that is believed without another


@dataclass(frozen=True, slots=True)
class Lines:
    """What one frequency of the mains shows.

    Attributes:
        base: Hz.
        over: dB of each harmonic over the floor beside it, ``float64 [10]``.
        level: dB of the strongest, of a full sine.
    """

    base: float
    over: NDArray[np.float64]
    level: float

    @property
    def value(self) -> float:
        """Decibels over the floor; 0 where it is no hum."""
        present = self.over >= _PRESENT
        first = float(self.over[:2].max())
        believed = first >= _CLEAR or (first >= _PRESENT and int(present.sum()) >= 2)
        return float(self.over.max()) if believed else 0.0


class Hum:
    """Keeps for each frequency how often it had which level: nothing grows with the sound."""

    check = CHECK

    def __init__(self, rate: int, channels: int) -> None:
        """Args: rate: samples a second. channels: how many there are."""
        self._factor = max(1, rate // _RATE)
        self._rate = rate / self._factor
        self._size = round(_SEGMENT * self._rate)
        self._taps = _reducing(self._factor)
        self._window = windows.hann(self._size, sym=False)
        bins = int(_HIGHEST * self._size / self._rate) + 1
        self._counts = np.zeros((bins, _LEVELS), np.uint32)
        self._held: Wave = np.zeros((channels, 0), np.float32)

    def listen(self, page: Page) -> list[Measurement]:
        """Nothing yet: what goes on is known at the end."""
        self._held = np.concatenate([self._held, self._reduced(page)], axis=1)
        while self._held.shape[1] >= self._size:
            self._count(self._held[:, : self._size])
            self._held = self._held[:, self._size // 2 :]
        return []

    def _reduced(self, page: Page) -> Wave:
        """The core at the lower rate, on a grid that does not depend on pages."""
        factor = self._factor
        first = -page.start % factor + page.begin
        half = _HALF_TAPS * factor
        wanted = len(range(first, page.end, factor))
        low, high = first - half, first + (wanted - 1) * factor + half + 1
        count = page.samples.shape[1]
        inside = page.samples[:, max(low, 0) : min(high, count)]
        padded = np.pad(inside, ((0, 0), (max(-low, 0), max(high - count, 0))))
        reduced = upfirdn(self._taps, padded, 1, factor, axis=1)
        skip = 2 * _HALF_TAPS  # outputs for which the filter lies partly outside
        return np.asarray(reduced[:, skip : skip + wanted], np.float32)

    def _count(self, segment: Wave) -> None:
        spectrum = np.abs(fft.rfft(segment * self._window, axis=1)[:, : len(self._counts)])
        power = np.square(spectrum * (2 / self._window.sum())).max(axis=0)
        level = 10 * np.log10(power + 1e-20)
        index = np.clip((level - _LOWEST_DB) / _STEP_DB, 0, _LEVELS - 1).astype(np.intp)
        self._counts[np.arange(len(index)), index] += 1

    def finish(self, samples: int) -> list[Measurement] | Outcome:
        """The stronger of the two mains, over all of the sound."""
        segments = int(self._counts[0].sum())
        if not segments:
            message = f"told from a note in sounds of {_SEGMENT:g} s and more"
            return skipped(CHECK, SkipReason.NOT_APPLICABLE, message)
        ranks = np.cumsum(self._counts, axis=1)
        kept = _LOWEST_DB + _STEP_DB * np.argmax(ranks > _KEEPS * (segments - 1), axis=1)
        worst = max((self._lines(kept, base) for base in MAINS), key=lambda one: one.value)
        value = finite(worst.value, high=200.0)
        if value == 0:
            return [Measurement("HUM", 0.0, CHECK, METHOD)]
        seconds = samples / (self._rate * self._factor)
        detail = f"{worst.base:g} Hz and harmonics, the strongest at {worst.level:.0f} dBFS"
        return [Measurement("HUM", value, CHECK, METHOD, TimeSpan(0.0, seconds), detail)]

    def _lines(self, kept: NDArray[np.float64], base: float) -> Lines:
        over, levels = np.zeros(_HARMONICS), np.full(_HARMONICS, _LOWEST_DB)
        frequencies = np.arange(len(kept)) * self._rate / self._size
        for index in range(_HARMONICS):
            line = base * (index + 1)
            away = np.abs(frequencies - line)
            # The mains wander by 0.1 % and more, and a window has a width of its own.
            at = kept[away <= 0.3 + 0.001 * line]
            beside = kept[(away >= _BESIDE[0]) & (away <= _BESIDE[1])]
            if len(at) == 0 or len(beside) == 0:
                continue
            levels[index] = at.max()
            over[index] = levels[index] - max(float(np.median(beside)), _FLOOR_DB)
        return Lines(base, over, float(levels.max()))


def _reducing(factor: int) -> NDArray[np.float64]:
    if factor == 1:
        taps = np.zeros(2 * _HALF_TAPS + 1)
        taps[_HALF_TAPS] = 1.0
        return taps
    return np.asarray(firwin(2 * _HALF_TAPS * factor + 1, 0.9 / factor), np.float64)
