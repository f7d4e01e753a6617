"""Shares with intervals that stay honest near 0, near 1 and for few assets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from gencheck.findings import Method

WILSON = Method("wilson", "1", "Wilson 1927, JASA 22(158)")
PAIRED = Method("bonett-price", "1", "Bonett and Price 2012, J. Educ. Behav. Stat. 37(4)")
_Z = 1.959963984540054
"""The 97.5 % point of the normal distribution: all intervals are of 95 %."""


@dataclass(frozen=True, slots=True)
class Rate:
    """``part`` of ``whole``, with a 95 % interval of the share it is a sample of."""

    part: int
    whole: int
    share: float
    low: float
    high: float


def rate(part: int, whole: int) -> Rate:
    """A share with Wilson's score interval; of nothing at all it is 0, and could be anything."""
    if whole == 0:
        return Rate(0, 0, 0.0, 0.0, 1.0)
    share, extra = part / whole, _Z * _Z / whole
    centre = (share + extra / 2) / (1 + extra)
    half = _Z * math.sqrt(share * (1 - share) / whole + extra / (4 * whole)) / (1 + extra)
    low, high = max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))
    return Rate(part, whole, share, low, high)


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much a share changed from one run to another over the same assets.

    Attributes:
        gained: assets that have it after, and had not before.
        lost: assets that have it before, and have not after.
        whole: assets of both.
    """

    gained: int
    lost: int
    whole: int
    change: float
    low: float
    high: float

    @property
    def certain(self) -> bool:
        """Whether the interval leaves out no change at all."""
        return self.low > 0 or self.high < 0


def paired_difference(gained: int, lost: int, whole: int, *, looks: int = 1) -> Difference:
    """The change of a share over paired assets, Wald's interval with Laplace's adjustment.

    Only the assets that changed say anything: the same asset was judged twice, so an interval
    for two independent samples would be far too wide.

    Args:
        looks: intervals that are to hold all at once (Bonferroni), such as those of all groups:
            of a hundred single ones five would leave out no change by chance alone.
    """
    if whole == 0:
        return Difference(0, 0, 0, 0.0, -1.0, 1.0)
    z = NormalDist().inv_cdf(1 - 0.025 / max(1, looks))
    up, down = (gained + 1) / (whole + 2), (lost + 1) / (whole + 2)
    half = z * math.sqrt((up + down - (up - down) ** 2) / (whole + 2))
    low, high = max(-1.0, up - down - half), min(1.0, up - down + half)
    return Difference(gained, lost, whole, (gained - lost) / whole, low, high)
