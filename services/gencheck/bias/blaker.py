"""Blaker's exact interval of a binomial share, at a level that may depend on the share.

Blaker 2000, Canadian Journal of Statistics 28(4): a share p is kept where the probability of the
tail that was observed, and of the largest other tail that is not more probable, is over the level.
Never wider than Clopper-Pearson, and as sure. Between two jumps of the other tail the two
add up to 1 minus a unimodal function of p, so that its end is the one root of a piece.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincc, betaincinv

Floats = NDArray[np.float64]
_STEPS = 12
"""Of root finding: to 1e-5 of the interval at worst."""

_OUTWARDS = 1e-6


def lower_bound(count: Floats, n: Floats, level: Callable[[Floats], Floats]) -> Floats:
    """The smallest share that ``count`` of ``n`` does not contradict.

    The upper bound is ``1 - lower_bound(n - count, n, q -> level(1 - q))``.

    Args:
        count: ``float64 [m]``, whole, 0..n.
        n: ``float64 [m]``, whole, at least 1.
        level: from shares ``float64 [m]`` to the probability of error that each may cost, > 0.

    Returns:
        ``float64 [m]``, 0 where the count is 0.
    """
    x = np.maximum(count, 1.0)

    def above(p: Floats) -> Floats:
        return np.asarray(betainc(x, n - x + 1, p), np.float64)

    def below(y: Floats) -> Callable[[Floats], Floats]:
        nobody, most = y < 0, np.maximum(y, 0.0)
        return lambda p: np.where(nobody, 0.0, betaincc(most + 1, n - most, p))

    def clopper_pearson(part: float) -> Floats:
        return _fixed_point(lambda p: betaincinv(x, n - x + 1, part * level(p)), x / n)

    half, whole = clopper_pearson(0.5), clopper_pearson(1.0)
    # The other tail may not be more probable than this one: up to `other` people.
    limit = level(half) / 2
    other = _largest(lambda y: below(y)(half) <= limit, x)
    now, then = below(other), below(other + 1)
    jump = _root(lambda p: np.log(above(p) / then(p)), half, whole)
    low = _root(lambda p: np.log((above(p) + now(p)) / level(p)), half, jump)
    # Where two tails tie, such as at one half, the end itself is kept: err to its outer side.
    return np.where(count < 1, 0.0, low - _OUTWARDS * np.abs(x / n - low))


def _fixed_point(step: Callable[[Floats], Floats], start: Floats) -> Floats:
    """The p for which ``step(p) = p``, by Steffensen's method; the step has to contract."""
    p = start
    for _ in range(4):
        once = step(p)
        twice = step(once)
        bend = twice - 2 * once + p
        straight = np.abs(bend) < 1e-15
        p = np.where(straight, twice, p - (once - p) ** 2 / np.where(straight, 1.0, bend))
        p = np.clip(p, 0.0, 1.0)
    return p


def _root(of: Callable[[Floats], Floats], low: Floats, high: Floats) -> Floats:
    """Where a function that rises from below 0 is 0; ``high`` where it never is.

    Anderson and Bjorck 1973: the secant between the ends of the bracket; an end that stays twice
    has its value lowered.
    """
    under, over = of(low), of(high)
    never, end = over <= 0, high
    for _ in range(_STEPS):
        gap = over - under
        wide = gap > 0
        middle = np.where(wide, low - under * (high - low) / np.where(wide, gap, 1), low)
        value = of(middle)
        right = value > 0
        replaced = np.where(right, over, under)
        part = 1 - value / np.where(replaced == 0, 1, replaced)
        part = np.where(part > 0, part, 0.5)
        low, high = np.where(right, low, middle), np.where(right, middle, high)
        under = np.where(right, under * part, value)
        over = np.where(right, value, over * part)
    return np.where(never, end, middle)


def _largest(holds: Callable[[Floats], NDArray[np.bool_]], limit: Floats) -> Floats:
    """The largest whole number below ``limit`` for which the condition holds; -1 where none."""
    low, high = np.full_like(limit, -1.0), limit.copy()
    for _ in range(int(np.log2(limit.max() + 1)) + 1):
        middle = np.floor((low + high) / 2)
        there = holds(middle) & (middle > low)
        low, high = np.where(there, middle, low), np.where(there, high, np.maximum(middle, low + 1))
    return low
