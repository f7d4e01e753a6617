"""Peak and RMS of a sound over time, in few values however long it is."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.sound.page import Page
from gencheck.artifact.timeline import MAX_VALUES, Track

_STEP = 0.005  # seconds of one level as it is measured
_FLOOR_DB = -120.0

Levels: TypeAlias = NDArray[np.float32]
"""``float32 [2, n]``: peaks and mean squares."""


class LevelTrack:
    """Collects levels page by page; doubles the time of each value when there are too many."""

    def __init__(self, rate: int) -> None:
        """Args: rate: samples a second."""
        self._rate = rate
        self._step = max(1, round(_STEP * rate))
        self._merged = 1  # levels in one kept value
        self._samples: Levels = np.zeros((2, 0), np.float32)  # of a level that is not whole
        self._levels: Levels = np.zeros((2, 0), np.float32)  # of a value that is not whole
        self._kept: Levels = np.zeros((2, 0), np.float32)

    def listen(self, page: Page) -> None:
        """Takes the levels of the page."""
        core = page.core
        power = np.einsum("cn,cn->n", core, core) / np.float32(len(core))
        samples = np.stack([np.abs(core).max(axis=0), power])
        fresh, self._samples = _grouped(np.hstack([self._samples, samples]), self._step)
        self._levels = np.hstack([self._levels, fresh])
        self._keep()
        while self._kept.shape[1] >= MAX_VALUES:
            if self._kept.shape[1] % 2:  # the odd one waits for the one that joins it
                tail = np.repeat(self._kept[:, -1:], self._merged, axis=1)
                self._levels = np.hstack([tail, self._levels])
            self._kept, _ = _grouped(self._kept, 2)
            self._merged *= 2
            self._keep()

    def _keep(self) -> None:
        fresh, self._levels = _grouped(self._levels, self._merged)
        self._kept = np.hstack([self._kept, fresh])

    def finish(self) -> tuple[Track, ...]:
        """The tracks: sample peak, and RMS of all channels, both in dBFS."""
        rest = [part for part in (self._samples, self._levels) if part.shape[1]]
        if rest:
            last = np.hstack([_grouped(part, part.shape[1])[0] for part in rest])
            last, _ = _grouped(last, last.shape[1])
            self._kept = np.hstack([self._kept, last])[:, :MAX_VALUES]
        if self._kept.shape[1] == 0:
            return ()
        step = self._step * self._merged / self._rate
        peaks = tuple(2 * _decibel(float(v)) for v in self._kept[0])
        powers = tuple(_decibel(float(v)) for v in self._kept[1])
        return (
            Track("artifact.audio_clipping", "peak", "dBFS", 0.0, step, peaks),
            Track("artifact.silence", "RMS", "dBFS", 0.0, step, powers),
        )


def _grouped(levels: Levels, size: int) -> tuple[Levels, Levels]:
    """One level for every ``size`` of them, and those that make no whole group."""
    count = levels.shape[1] // size
    whole = levels[:, : count * size].reshape(2, count, size)
    grouped = np.stack([whole[0].max(axis=1, initial=0.0), whole[1].sum(axis=1) / np.float32(size)])
    return np.asarray(grouped, np.float32), levels[:, count * size :].copy()


def _decibel(power: float) -> float:
    return max(_FLOOR_DB, 10 * math.log10(max(power, 1e-12)))
