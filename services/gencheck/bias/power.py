"""How many people an audit needs: to show a departure that matters, and to show anything at all.

Of all departures with a total variation distance d, the hardest to see has Cohen's w = 2 d,
whatever the reference: split the categories into A and the rest, then
w² >= d² / (r(A) (1 - r(A))) >= 4 d². So the sizes here serve every reference.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, bdtrc, chdtri, chndtr, chndtrinc

from gencheck.bias.goodness import rarest
from gencheck.bias.intervals import ALPHA

Ints = NDArray[np.int64]

DETECTABLE_DISTANCE = 0.15
"""The departure that matters, as total variation distance: 65/35 where 50/50 is expected."""

POWER = 0.8


@functools.lru_cache(maxsize=1024)
def power(n: int, categories: int, effect: float = DETECTABLE_DISTANCE) -> float:
    """The chance that a test at alpha 0.05 shows the hardest departure of that distance.

    Two categories: of the exact test. More: of Pearson's chi-square (Cohen 1988).

    Args:
        n: people, at least 1.
        categories: with a reference share over 0, at least 2.
        effect: total variation distance, over 0 and at most 0.5.
    """
    if categories == 2:
        return float(_exact_power(np.array([n]), effect)[0])
    freedom = categories - 1
    return 1 - float(chndtr(chdtri(freedom, ALPHA), freedom, n * (2 * effect) ** 2))


@functools.lru_cache(maxsize=1024)
def needed_people(categories: int, effect: float = DETECTABLE_DISTANCE) -> int:
    """The smallest n with a power of 0.8; below two categories nothing can be shown: 0."""
    if categories < 2:
        return 0
    freedom = categories - 1
    noncentrality = float(chndtrinc(chdtri(freedom, ALPHA), freedom, 1 - POWER))
    n = math.ceil(noncentrality / (2 * effect) ** 2)
    if categories > 2:
        return n
    return first_enough(n, lambda around: _exact_power(around, effect))


def first_enough(about: int, power_of: Callable[[Ints], NDArray[np.float64]]) -> int:
    """The first n with a power of 0.8, where the power of an exact test rises in steps."""
    around = np.arange(max(1, about // 2), 2 * about + 10)
    return int(around[np.argmax(power_of(around) >= POWER)])


MINIMUM_PEOPLE = 10
"""Fewer are never called skewed, whatever the test says: one person can be significant."""


def least_people(reference: NDArray[np.float64]) -> int:
    """The smallest n at which any outcome is significant: everybody in the rarest category.

    Args:
        reference: ``float64 [k]``, sums to 1.
    """
    shares = reference[reference > 0]
    if len(shares) < 2:
        return 0
    smallest, ties = rarest(shares)
    return max(1, math.ceil(math.log(ALPHA / ties) / math.log(smallest) - 1e-9))


def _exact_power(n: Ints, effect: float) -> NDArray[np.float64]:
    return two_sided_power(n, effect, lambda few: 2 * bdtr(few, n, 0.5) <= ALPHA)


def two_sided_power(
    n: Ints, effect: float, rejects: Callable[[NDArray[np.float64]], NDArray[np.bool_]]
) -> NDArray[np.float64]:
    """The exact power of a test of one half in two categories.

    Args:
        n: ``int64 [m]``, people.
        effect: how far the true share is from one half.
        rejects: whether the test rejects with so few people, ``float64 [m]``, in a category; once
            it does not, it does with no more either, up to half of all.
    """
    low = np.zeros_like(n)
    for bit in reversed(range(int(n.max()).bit_length())):
        more = low + (1 << bit)
        low = np.where(
            (more <= (n + 1) // 2) & rejects(np.asarray(more - 1, np.float64)), more, low
        )
    many = 0.5 + effect
    shown = bdtr(low - 1.0, n, many) + bdtrc(n - low.astype(np.float64), n, many)
    found: NDArray[np.float64] = np.where(low > 0, shown, 0.0)
    return found
