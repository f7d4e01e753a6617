"""Kernel Inception Distance (Bińkowski et al. 2018, arXiv:1801.01401) from features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gencheck.consistency.metrics.features import Real, pair_of
from gencheck.errors import InvalidArgument


@dataclass(frozen=True, slots=True)
class Kid:
    """The squared maximum mean discrepancy over subsets, no unit; about 0 for one distribution.

    Attributes:
        mean: over the subsets; unbiased, so a good set may come out slightly below 0.
        std: over the subsets (ddof 0). Not the error of ``mean``: subsets share rows.
        subsets: how many were drawn.
        subset_size: rows of each set in each of them.
    """

    mean: float
    std: float
    subsets: int
    subset_size: int


def kid(
    real: ArrayLike,
    generated: ArrayLike,
    *,
    subsets: int = 100,
    subset_size: int = 1000,
    seed: int = 0,
) -> Kid:
    """KID with the paper's kernel ``(x·y / d + 1)³`` and the unbiased estimate.

    Unlike FID its mean does not depend on how many rows there are: it is the one for small sets.
    Kernels are in the precision of the features, sums of them in float64.

    Args:
        real: features ``[n, d]``.
        generated: features ``[m, d]`` of the same model.
        subsets: draws without replacement from both sets.
        subset_size: rows of each draw, at least 2, at most n and m.
        seed: of the draws; the same seed gives the same figures.

    Raises:
        InvalidArgument: fewer rows than a subset, other widths, NaN or infinity.
    """
    if subsets < 1 or subset_size < 2:
        raise InvalidArgument("at least 1 subset of at least 2 rows is needed", where="subsets")
    one, other = pair_of(real, generated, least=2)
    if min(len(one), len(other)) < subset_size:
        raise InvalidArgument(
            f"{subset_size} rows cannot be drawn from {len(one)} real and {len(other)} generated",
            where="subset_size",
            fix=f"Take at most {min(len(one), len(other))}.",
        )
    random = np.random.default_rng(seed)
    values = [
        _discrepancy(
            one[random.permutation(len(one))[:subset_size]],
            other[random.permutation(len(other))[:subset_size]],
        )
        for _ in range(subsets)
    ]
    return Kid(float(np.mean(values)), float(np.std(values)), subsets, subset_size)


def _discrepancy(x: Real, y: Real) -> float:
    return _within(x) + _within(y) - 2 * float(_kernel(x, y).mean(dtype=np.float64))


def _within(x: Real) -> float:
    # A row is not compared with itself: that is what makes the estimate unbiased.
    kernel = _kernel(x, x)
    others = kernel.sum(dtype=np.float64) - np.trace(kernel, dtype=np.float64)
    return float(others / (len(x) * (len(x) - 1)))


def _kernel(x: Real, y: Real) -> Real:
    base = x @ y.T
    base /= x.shape[1]
    base += 1.0
    cubed: Real = base * base
    cubed *= base
    return cubed
