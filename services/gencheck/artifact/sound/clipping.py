"""AUDIO_CLIPPING: tops that were cut off, and peaks that a converter will cut off."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.reading import finite
from gencheck.artifact.sound.listener import channel_name, runs
from gencheck.artifact.sound.page import Page, Wave
from gencheck.artifact.sound.stretch import Stretches, Trouble
from gencheck.artifact.sound.truepeak import UP, TruePeaks
from gencheck.findings import Measurement, Method

CHECK = "artifact.audio_clipping"
FLAT_METHOD = Method(
    "flattened peaks",
    "2",
    "runs at the peak that the wave enters more steeply than a peak of that length",
)
PEAK_METHOD = Method("true peak over full scale", "1", "ITU-R BS.1770-5, annex 2")

# Fixed on speech and music with and without gain into a limit, as they are and after a codec.
_LEAST_PEAK = 0.1  # quieter than -20 dBFS nothing was cut off
_FLAT = 2e-4  # share of the peak within which samples count as equal
_ENTRY = 4e-3  # share of the peak: a slow sine creeps to its top, a cut wave arrives at once
_LEAST_FLAT = 3  # samples
_TOP = 0.10  # share of the peak below it that belongs to a rough top
_LEAST_TOP = 4  # samples
_LEAST_TOPS = 5  # in a page: a single one can be a drum's
_OVERSHOOT = 0.25  # share of the peak that the wave would have gone on rising


class Clipping:
    """Each stretch of clipped seconds measures by its worst second and channel."""

    check = CHECK

    def __init__(self, rate: int, channels: int) -> None:
        """Args: rate: samples a second. channels: how many there are."""
        self._rate = rate
        self._channels = channels
        self._flat = Stretches()
        self._over = Stretches()
        self._true_peaks = TruePeaks()
        self._peak = 0.0  # the highest true peak, of full scale
        self._told = False

    def listen(self, page: Page) -> list[Measurement]:
        """What the stretches measure that ended."""
        flat = self._flat.add(self._flattened(page))
        over = self._over.add(self._over_full_scale(page))
        return self._findings(flat, over)

    def finish(self, samples: int) -> list[Measurement]:
        """The stretches that the end closes; the peak where there was none at all."""
        found = self._findings(self._flat.close(), self._over.close())
        if found or self._told:
            return found
        detail = f"true peak {_decibel(self._peak):+.1f} dBTP"
        return [Measurement("AUDIO_CLIPPING", 0.0, CHECK, PEAK_METHOD, detail=detail)]

    def _flattened(self, page: Page) -> Trouble | None:
        worst: Trouble | None = None
        for channel, wave in enumerate(page.samples):
            found = np.clip(clipped_runs(wave), page.begin, page.end)
            found = found[found[:, 0] < found[:, 1]]
            if len(found) == 0:
                continue
            lengths = np.diff(found, axis=1)
            share = float(lengths.sum() / self._second(page))
            if worst is None or share > worst.value:
                start, end = page.seconds(found[0, 0]), page.seconds(found[-1, 1])
                worst = Trouble(start, end, share, len(found), channel, float(lengths.max()))
        return worst

    def _over_full_scale(self, page: Page) -> Trouble | None:
        worst: Trouble | None = None
        for channel, wave in enumerate(page.samples):
            places, points, peak = self._true_peaks.over(wave, page.begin, page.end)
            self._peak = max(self._peak, peak)
            share = points / UP / self._second(page)
            if points and (worst is None or share > worst.value):
                start, end = page.seconds(places[0]), page.seconds(places[-1] + 1)
                worst = Trouble(start, end, share, len(places), channel, peak)
        return worst

    def _second(self, page: Page) -> int:
        """Samples of which a share is taken: a second's, or all of a shorter sound."""
        return min(self._rate, page.origin + page.end)

    def _findings(self, flat: Sequence[Trouble], over: Sequence[Trouble]) -> list[Measurement]:
        found = [self._measured(one, FLAT_METHOD, _flat_words(one)) for one in flat]
        found += [self._measured(one, PEAK_METHOD, _peak_words(one)) for one in over]
        self._told = self._told or bool(found)
        return found

    def _measured(self, one: Trouble, method: Method, words: str) -> Measurement:
        detail = f"{words}, {channel_name(one.channel, self._channels)}"
        value = finite(one.value, high=1.0)
        return Measurement("AUDIO_CLIPPING", value, CHECK, method, one.span, detail)


def clipped_runs(wave: Wave) -> NDArray[np.intp]:
    """Half-open runs of flattened samples, ``[n, 2]``, in ``float32 [n]``: flat ones, and tops.

    A flat run has at least 3 samples at the peak, into which the wave steps. A top is rough, as a
    codec leaves it: what tells it from a peak is how steeply the wave enters for so long a stay.
    """
    peak = float(np.abs(wave).max(initial=0.0))
    clipped = np.zeros(len(wave), np.bool_)
    if peak < _LEAST_PEAK:
        return runs(clipped)
    # The sign matters: a tone at a quarter of the rate can have all its samples at one height.
    halves = (wave, -wave)
    flat = np.concatenate([_flat_runs(half, min(peak, 1.0)) for half in halves])
    rough = np.concatenate([_steep_tops(half, peak) for half in halves])
    for start, stop in (*flat, *(rough if len(rough) >= _LEAST_TOPS else ())):
        clipped[start:stop] = True
    return runs(clipped)


def _flat_runs(wave: Wave, peak: float) -> NDArray[np.intp]:
    found = runs(wave >= peak * (1 - _FLAT))
    found = found[np.diff(found, axis=1).ravel() >= _LEAST_FLAT]
    top = wave[found[:, 0]]
    before = wave[np.maximum(found[:, 0] - 1, 0)]
    after = wave[np.minimum(found[:, 1], len(wave) - 1)]
    stepped = np.maximum(top - before, top - after) >= _ENTRY * peak
    return np.asarray(found[stepped], np.intp)


def _steep_tops(wave: Wave, peak: float) -> NDArray[np.intp]:
    """Runs near the peak that a parabola of their length and slope would overshoot by far."""
    found = runs(wave >= peak * (1 - _TOP))
    found = found[np.diff(found, axis=1).ravel() >= _LEAST_TOP]
    before = wave[np.maximum(found[:, 0] - 2, 0)]
    after = wave[np.minimum(found[:, 1] + 1, len(wave) - 1)]
    rise = np.minimum(wave[found[:, 0]] - before, wave[found[:, 1] - 1] - after) / 2
    # A parabola that crosses a line with that slope and stays over it so long is that high above.
    above = rise * np.diff(found, axis=1).ravel() / 4
    return np.asarray(found[above >= _OVERSHOOT * peak], np.intp)


def _flat_words(one: Trouble) -> str:
    return f"{one.places} flat tops, the longest of {one.level:.0f} samples"


def _peak_words(one: Trouble) -> str:
    return f"true peak {_decibel(one.level):+.1f} dBTP"


def _decibel(amplitude: float) -> float:
    return max(-120.0, 20 * math.log10(max(amplitude, 1e-6)))
