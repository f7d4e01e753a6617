"""Simultaneous confidence intervals for the shares of several categories.

Simultaneous: with at least 95 % confidence *all* intervals hold at once, so that the worst category
may be picked by looking. By Boole's inequality they do when the errors that the intervals may make
add up to at most 5 %. They need not be equal: the one of a category whose true share is p may err
with probability ``0.05 (0.1 / k + 0.9 p)``, which adds up to 5 % whatever the k shares are. Large
shares, of which there can only be few, get more than an equal part of it; so a category that was
not seen has a smaller upper end than with Bonferroni's correction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gencheck.bias.blaker import lower_bound
from gencheck.findings import Method

ALPHA = 0.05

BLAKER = Method(
    "blaker-boole",
    "1",
    "Blaker 2000, Canadian Journal of Statistics 28(4); Boole's inequality over the categories",
)

_EQUAL = 0.1
"""The part of the error that is shared equally; chosen by simulation (evaluate_bias.py)."""


@dataclass(frozen=True, slots=True)
class Intervals:
    """Intervals of all categories.

    Attributes:
        low: ``float64 [k]``, 0..1.
        high: ``float64 [k]``, 0..1.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    method: Method


def simultaneous_intervals(counts: NDArray[np.float64], *, alpha: float = ALPHA) -> Intervals:
    """Intervals that hold all at once with a probability of at least ``1 - alpha``.

    Fractional counts (soft labels) are rounded outwards, so that the interval is never narrower
    than that of any table of whole people near it.

    Args:
        counts: ``float64 [k]``, finite, not negative, k >= 1.
    """
    return intervals_of_all([counts], alpha=alpha)[0]


def intervals_of_all(
    tables: Sequence[NDArray[np.float64]], *, alpha: float = ALPHA
) -> list[Intervals]:
    """The same of each of many tables, in one go: a small one costs little more than a large one.

    Each table's intervals hold all at once; those of several tables need not.
    """
    sizes = [float(counts.sum()) for counts in tables]
    some = [(counts, n) for counts, n in zip(tables, sizes, strict=True) if n >= 1]
    if not some:
        return [_anything(counts) for counts in tables]
    lengths = [len(counts) for counts, _ in some]
    low, high = own_intervals(
        np.concatenate([counts for counts, _ in some]),
        np.repeat([n for _, n in some], lengths),
        np.repeat(lengths, lengths),
        alpha=alpha,
    )
    ends = np.cumsum(lengths)[:-1]
    known = map(_together, np.split(low, ends), np.split(high, ends))
    return [
        next(known) if n >= 1 else _anything(counts)
        for counts, n in zip(tables, sizes, strict=True)
    ]


def _anything(counts: NDArray[np.float64]) -> Intervals:
    return Intervals(np.zeros_like(counts), np.ones_like(counts), BLAKER)


def _together(low: NDArray[np.float64], high: NDArray[np.float64]) -> Intervals:
    """What the others must have at least, and can have at most, bounds each share too."""
    rest_low, rest_high = low.sum() - low, high.sum() - high
    return Intervals(np.maximum(low, 1 - rest_high), np.minimum(high, 1 - rest_low), BLAKER)


def own_intervals(
    counts: NDArray[np.float64],
    n: float | NDArray[np.float64],
    k: int | NDArray[np.int64],
    *,
    alpha: float = ALPHA,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both ends by each category's own count: all of a table's hold at once.

    Args:
        counts: ``float64 [m]``, of any categories of tables of ``n`` people in ``k`` categories.
        n: at least 1; of all or of each, ``float64 [m]``.
        k: of all or of each, ``int64 [m]``.
    """
    # Sums of fractions miss whole numbers by the last bits.
    n = np.broadcast_to(n, counts.shape)
    most, fewest = np.ceil(n - 1e-9), np.floor(n + 1e-9)
    least = np.minimum(np.floor(counts), most)
    others = np.maximum(fewest - np.ceil(counts), 0.0)
    # In one call: the upper end of a share is the lower end of all the others'.
    m, several = len(counts), np.tile(np.broadcast_to(k, counts.shape), 2)
    upper = (np.arange(2 * m) >= m) & (several > 2)
    ends = np.concatenate([least, others]), np.concatenate([most, fewest]), several, upper
    # The same end is looked for once, such as both of two categories.
    (count, people, several, upper), back = np.unique(ends, axis=1, return_inverse=True)
    above, (equal, rest) = upper > 0, _parts_of_error(several)
    found = lower_bound(
        count,
        people,
        lambda p: alpha * (equal + rest * np.where(above, 1 - p, p)),
    )[back]
    return found[:m], 1 - found[m:]


def share_of_error(share: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """The part of the error that the interval of a category with this true share may use.

    Two categories have one error: their intervals are each other's complement.

    Args:
        share: ``float64 [m]``, 0..1.
        k: the categories of the table.
    """
    equal, rest = _parts_of_error(np.array(k))
    return np.asarray(equal + rest * share, np.float64)


def _parts_of_error(k: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What does not hang on the share, and what is to be multiplied by it."""
    return np.where(k <= 2, 1.0, _EQUAL / k), np.where(k <= 2, 0.0, 1 - _EQUAL)
