"""How far the shares are from the reference: total variation distance, with bounds.

The distance is half the sum of |share - reference|: the smallest share of people who would have to
be of another category for the set to match. The plain figure is biased upwards (a fair generator
scores 0.14 on average at eight pictures), so verdicts rest on the lower bound: the distance between
the reference and the nearest distribution that the simultaneous intervals allow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from gencheck.bias.intervals import ALPHA, Intervals


@dataclass(frozen=True, slots=True)
class Distance:
    """Total variation distance to the reference, 0..1, with bounds that hold jointly at 95 %."""

    value: float
    low: float
    high: float


def total_variation(
    shares: NDArray[np.float64], reference: NDArray[np.float64], intervals: Intervals
) -> Distance:
    """The distance of the observed shares, and its range over all that the intervals allow.

    * Lower bound, exact: a distribution p within the intervals has at least
      ``sum(low - reference)+`` above the reference and ``sum(reference - high)+`` below it; both
      parts of a distance are equal, so the larger of the two is needed, and it suffices.
    * Upper bound: a relaxed linear programme, solved in closed form; never below the maximum.

    Args:
        shares: ``float64 [k]``, sums to 1.
        reference: ``float64 [k]``, sums to 1.
    """
    above = np.maximum(intervals.low - reference, 0).sum()
    below = np.maximum(reference - intervals.high, 0).sum()
    value = float(np.abs(shares - reference).sum() / 2)
    low = min(float(max(above, below)), value)
    high = max(_upper(reference, intervals), value)
    return Distance(value, low, min(high, 1.0))


def chi_square_bound(
    shares: NDArray[np.float64], reference: NDArray[np.float64], n: float, *, alpha: float = ALPHA
) -> float:
    """The least distance to the reference of all distributions that a chi-square test allows.

    Over 0 exactly where Pearson's test of the reference is significant: also of a departure that
    is a little in every category, which no single interval shows. It holds with ``1 - alpha`` where
    the test's limit holds.

    The nearest distribution p, with ``sum(shares² / p) <= 1 + quantile / n``, has by its
    Karush-Kuhn-Tucker conditions ``p = clip(reference, a shares, b shares)``; for a distance d, a
    moves d above the reference and b moves d below it. The sum falls with d: bisect.

    Args:
        shares: ``float64 [k]``, sums to 1.
        reference: ``float64 [k]``, sums to 1.
        n: people.
    """
    limit = 1 + float(chdtri(len(shares) - 1, alpha)) / n
    seen = shares > 0
    share, expected = shares[seen], reference[seen]
    unseen = 1 - float(expected.sum())
    order = np.argsort(expected / share)
    share, expected = share[order], expected[order]
    ratio = expected / share
    above = np.array([np.maximum(a * share - expected, 0).sum() for a in ratio])
    below = np.array([np.maximum(expected - b * share, 0).sum() for b in ratio]) + unseen
    low, high = 0.0, float(np.abs(shares - reference).sum() / 2)
    for _ in range(40):
        distance = (low + high) / 2
        a = np.interp(distance, above, ratio, right=1.0)
        b = np.interp(distance, below[::-1], ratio[::-1]) if distance > unseen else np.inf
        nearest = np.minimum(np.maximum(expected, a * share), b * share)
        if (share**2 / nearest).sum() > limit:
            low = distance
        else:
            high = distance
    return low


def _upper(reference: NDArray[np.float64], intervals: Intervals) -> float:
    # The largest distance is the largest, over sets A of categories, of p(A) - r(A), and p(A) is at
    # most the smaller of high(A) and 1 - low(rest). Membership x is relaxed from {0, 1} to [0, 1]:
    #   maximise t  with  t <= sum x rise  and  t <= sum (1 - x) fall.
    # So categories join A in order of rise for fall, until the two sums meet.
    rise, fall = intervals.high - reference, reference - intervals.low
    inside = rise * np.maximum(fall, 0) > 0
    gained, left = rise[fall <= 0].sum(), fall[inside | (rise <= 0)].sum()
    order = np.argsort(-rise[inside] / fall[inside])
    for up, down in zip(rise[inside][order], fall[inside][order], strict=True):
        if gained + up >= left - down:
            share = max(0.0, (left - gained) / (up + down))
            return float(min(gained + share * up, left))
        gained, left = gained + up, left - down
    return float(min(gained, left))
