"""Figures with their uncertainty, for what is measured on few photos. Pure functions of arrays."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import rankdata, spearmanr

Z = 1.959964
"""Of a two-sided interval of 95 %."""


def auroc(negative: Sequence[float], positive: Sequence[float]) -> float:
    """The probability that a positive has the higher value; ties count half (Mann and Whitney)."""
    values = np.concatenate([negative, positive])
    if not len(negative) or not len(positive):
        return float("nan")
    ranks = rankdata(values)
    count = len(positive)
    above = ranks[len(negative) :].sum() - count * (count + 1) / 2
    return float(above / (count * len(negative)))


def auroc_interval(value: float, negatives: int, positives: int) -> tuple[float, float]:
    """95 % interval of an AUROC by its score, after Newcombe 2006, part 2, method 5.

    Unlike a bootstrap it is honest at 1: 52 photos that are all told apart do not show more than
    that. The samples are taken as independent; ours come in pairs, which makes it conservative.
    """
    more = (negatives + positives) / 2 - 1

    def variance(theta: float) -> float:
        spread = (1 - theta) / (2 - theta) + theta / (1 + theta)
        return theta * (1 - theta) * (1 + more * spread) / (negatives * positives)

    def beyond(theta: float) -> float:
        return abs(value - theta) - Z * variance(theta) ** 0.5

    tiny = 1e-9
    low = brentq(beyond, tiny, value - tiny) if value > 2 * tiny and beyond(tiny) > 0 else 0.0
    top = 1 - tiny
    high = brentq(beyond, value + tiny, top) if value < 1 - 2 * tiny and beyond(top) > 0 else 1.0
    return float(low), float(high)


def bootstrap_auroc(
    negative: Sequence[float], positive: Sequence[float], *, rounds: int = 500
) -> tuple[float, float]:
    """95 % interval over photos drawn again, each with both of its values."""
    low, high = np.asarray(negative), np.asarray(positive)
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(low), (rounds, len(low)))
    values = [auroc(low[rows], high[rows]) for rows in drawn]
    return float(np.quantile(values, 0.025)), float(np.quantile(values, 0.975))


def wilson(hits: int, total: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    if total == 0:
        return 0.0, 1.0
    share, square = hits / total, Z * Z
    middle = share + square / (2 * total)
    reach = Z * ((share * (1 - share) + square / (4 * total)) / total) ** 0.5
    scale = 1 + square / total
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


def rises(values: Sequence[float]) -> bool:
    """Whether each value is above the one before."""
    return all(b > a for a, b in pairwise(values))


def rank_correlation(strengths: Sequence[float], values: Sequence[float]) -> float:
    """Spearman's; 0 where the values are all the same."""
    if len(set(values)) < 2 or len(set(strengths)) < 2:
        return 0.0
    return float(spearmanr(strengths, values).statistic)


def correlation(heat: NDArray[np.float32], mask: NDArray[np.bool_]) -> float:
    """CC: Pearson's of a heat map with a mask, pixel by pixel; 0 for an even map."""
    if heat.std() == 0 or mask.all() or not mask.any():
        return 0.0
    return float(np.corrcoef(heat.ravel(), mask.ravel().astype(np.float32))[0, 1])


def auc_judd(heat: NDArray[np.float32], mask: NDArray[np.bool_]) -> float:
    """AUC-Judd: how well the map's level tells pixels inside from those outside (ties half).

    The fixations of Judd et al. 2009 are the pixels of the mask here.
    """
    return auroc(heat[~mask].ravel(), heat[mask].ravel())


def mask_overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Intersection over union; 0 where both are empty."""
    union = int((one | other).sum())
    return int((one & other).sum()) / union if union else 0.0
