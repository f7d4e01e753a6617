"""Partial pooling: shares of small groups, drawn towards what all groups have in common.

Each group's shares are taken as a draw from a Dirichlet around common ones, whose concentration is
estimated from all groups (empirical Bayes, Dirichlet-multinomial likelihood; Minka 2000). A
group of few people then says little by itself, one of many keeps its own shares.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

Floats = NDArray[np.float64]

_CONCENTRATIONS = np.geomspace(0.1, 1e6, 141)


def pooled_shares(tables: Floats, centre: Floats) -> Floats:
    """Shares of every group after pooling.

    Args:
        tables: ``float64 [m, k]``, counts of m groups; a group may be empty.
        centre: ``float64 [k]``, sums to 1: what they have in common.

    Returns:
        ``float64 [m, k]``; rows sum to 1.
    """
    prior = _concentration(tables, centre) * centre
    found: Floats = (tables + prior) / (tables + prior).sum(axis=1, keepdims=True)
    return found


def _concentration(tables: Floats, centre: Floats) -> float:
    """The likeliest one on a grid; the largest where groups differ no more than by chance."""
    possible = centre > 0
    x, share, n = tables[:, possible], centre[possible], tables.sum(axis=1)
    likelihood = [
        (gammaln(c) - gammaln(c + n)).sum() + (gammaln(c * share + x) - gammaln(c * share)).sum()
        for c in _CONCENTRATIONS
    ]
    return float(_CONCENTRATIONS[int(np.argmax(likelihood))])
