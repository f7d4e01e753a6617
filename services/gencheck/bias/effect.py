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

from gencheck.bias.intervals import Intervals


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
