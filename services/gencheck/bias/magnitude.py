"""How large a departure is, besides the distance: Cramér's V, and the earth mover's distance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chndtr, chndtrinc, ndtri

from gencheck.bias.blaker import lower_bound
from gencheck.bias.intervals import ALPHA
from gencheck.findings import Method

CRAMERS_V = Method(
    "cramers-v",
    "1",
    "Cramér 1946; corrected for bias by Bergsma 2013, Journal of the Korean Statistical Society "
    "42(3); interval: noncentral chi-square (Steiger 2004) and delta method, the wider ends",
)
EARTH_MOVERS = Method(
    "earth-movers-distance",
    "1",
    "Rubner, Tomasi and Guibas 2000, IJCV 40(2); interval from Blaker's of the cumulated shares",
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Effect:
    """A size with its 95 % interval.

    Attributes:
        name: ``cramers_v``, 0..1, or ``earth_movers_distance``, in categories moved on average.
    """

    name: str
    value: float
    low: float
    high: float
    method: Method


def cramers_v(counts: Floats, reference: Floats) -> Effect:
    """Cohen's w of one table over the largest that its reference allows.

    Args:
        counts: ``float64 [k]``, sums to 1 or more.
        reference: ``float64 [k]``, sums to 1; two or more over 0.
    """
    possible = reference > 0
    expected = reference[possible]
    if counts[~possible].sum() > 0:
        return Effect("cramers_v", 1.0, 0.0, 1.0, CRAMERS_V)
    n = float(counts.sum())
    shares = counts[possible] / n
    statistic = n * float(((shares - expected) ** 2 / expected).sum())
    error = standard_error(shares, 2 * (shares - expected) / expected, n)
    return association_v(statistic, n, len(expected) - 1, 1 / float(expected.min()) - 1, error)


def standard_error(shares: Floats, gradient: Floats, n: float) -> float:
    """Of a function of multinomial shares, by the delta method; arrays of the same shape."""
    mean = (shares * gradient).sum()
    return math.sqrt(float((shares * (gradient - mean) ** 2).sum()) / n)


def association_v(statistic: float, n: float, freedom: int, largest: float, error: float) -> Effect:
    """Cramér's V of a chi-square statistic.

    The noncentral chi-square holds near the reference, the delta method far from it, where the
    statistic varies more: each end is the wider of the two.

    Args:
        statistic: Pearson's.
        n: people.
        freedom: degrees of freedom.
        largest: what ``statistic / n`` can be at most.
        error: the standard error of ``statistic / n``.
    """
    value = max(0.0, statistic - freedom) / n
    low, high = (_noncentrality(statistic, freedom, p) / n for p in (1 - ALPHA / 2, ALPHA / 2))
    spread = float(ndtri(1 - ALPHA / 2)) * error
    ends = (value, min(low, max(value - spread, 0.0)), max(high, value + spread))
    value, low, high = (math.sqrt(min(1.0, end / largest)) for end in ends)
    return Effect("cramers_v", value, low, high, CRAMERS_V)


def _noncentrality(statistic: float, freedom: int, probability: float) -> float:
    """The noncentrality at which a statistic is no larger than this with the given probability."""
    if chndtr(statistic, freedom, 0) <= probability:
        return 0.0
    return float(chndtrinc(statistic, freedom, probability))


def earth_movers_distance(counts: Floats, reference: Floats) -> Effect:
    """How many categories a person has to be moved, on average, to match the reference.

    The sum over all steps of |cumulated share - expected|. The interval allows every cumulated
    share what its own interval does; all of those hold at once (Boole).

    Args:
        counts: ``float64 [k]`` in order, k >= 2, sums to 1 or more; fractions are rounded outwards.
        reference: ``float64 [k]``, sums to 1.
    """
    n, steps = float(counts.sum()), len(counts) - 1
    below, expected = np.cumsum(counts)[:-1], np.cumsum(reference)[:-1]
    most, fewest = math.ceil(n - 1e-9), math.floor(n + 1e-9)
    ends = lower_bound(
        np.concatenate([np.floor(below + 1e-9), np.maximum(fewest - np.ceil(below - 1e-9), 0)]),
        np.repeat([float(most), float(fewest)], steps),
        lambda p: np.full_like(p, ALPHA / steps),
    )
    low, high = ends[:steps], 1 - ends[steps:]
    nearest = np.maximum(np.maximum(low - expected, expected - high), 0).sum()
    furthest = np.maximum(high - expected, expected - low).sum()
    value = float(np.abs(below / n - expected).sum())
    return Effect("earth_movers_distance", value, float(nearest), float(furthest), EARTH_MOVERS)
