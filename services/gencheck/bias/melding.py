"""Confidence bounds of figures made of several samples, none of which is exact.

Each sample is a multinomial one. Its *lower confidence distribution* for a weighted mean of the
shares is a Dirichlet distribution of the counts with one person more, in the category of the least
weight; the upper one has that person in the category of the greatest. For two categories these are
the two beta distributions of Clopper and Pearson; for more it is Gaffke's bound of a mean (Gaffke
2005; Learned-Miller and Thomas 2019, arXiv:1905.06208). Samples are melded (Fay, Proschan and
Brittain 2015, Biometrics 71(1)): each is drawn from the distribution that pushes the figure
outwards, and the bound is a quantile of what comes out. Seeds are fixed by who draws: the same
counts always give the same bounds.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Draws:
    """Dirichlet distributed shares of some samples; the same random numbers for every bound.

    Args:
        counts: ``float64 [..., k]``, people by category; the leading axes are samples.
        size: how many draws.
    """

    def __init__(self, counts: Floats, size: int, rng: np.random.Generator) -> None:
        self._gammas = rng.standard_gamma(counts, size=(size, *counts.shape))
        self._person = rng.standard_gamma(1.0, size=(size, *counts.shape[:-1]))

    def plain(self) -> Floats:
        """Shares ``float64 [size, ..., k]`` as drawn from the counts alone."""
        return np.asarray(self._gammas / self._gammas.sum(axis=-1, keepdims=True), np.float64)

    def pushed(self, category: int) -> Floats:
        """Shares ``float64 [size, ..., k]`` with one person more in this category."""
        gammas = self._gammas.copy()
        gammas[..., category] += self._person
        return np.asarray(gammas / gammas.sum(axis=-1, keepdims=True), np.float64)


def lower_quantile(values: Floats, level: float) -> float:
    """The value below which a share of at most ``level`` of the drawn values lies."""
    rank = max(0, math.floor(level * len(values)) - 1)
    return float(np.partition(values, rank)[rank])


def tail(values: Floats, at: float) -> float:
    """The share of drawn values that are at most ``at``, never 0: one more is taken to be."""
    return float(np.count_nonzero(values <= at) + 1) / (len(values) + 1)
