"""An audit that may be looked at as often as one likes: e-values instead of p-values.

The e-value is the probability of the counts under a Dirichlet mixture of shares around the
reference, over their probability under the reference (Lindon and Malek 2022, NeurIPS 35). While the
reference holds, the chance that it ever reaches 1/alpha is at most alpha (Ville 1939), however
often it is looked at and whenever one stops: 1/e is a p-value at every look. It needs the counts
only. Soft labels are no harm: by the inequality of the means their e-value is no larger than the
mean of those of whole people.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import chndtr, gammaln, xlogy

from gencheck.bias.goodness import Fit
from gencheck.bias.intervals import ALPHA, Intervals, share_of_error
from gencheck.bias.power import POWER, first_enough, two_sided_power
from gencheck.findings import Method

E_VALUE = Method("dirichlet-multinomial-e-value", "1", "Lindon and Malek 2022, NeurIPS 35")
SEQUENCE = Method(
    "beta-binomial-confidence-sequence",
    "1",
    "Robbins 1970, Annals of Mathematical Statistics 41(5)",
)

Floats = NDArray[np.float64]
_HALVINGS = 30
_LARGEST_LOG = 700.0  # the exponential of more is no float


def look(counts: Floats, reference: Floats, effect: float) -> Fit:
    """The test of one table at one of many looks.

    Args:
        counts: ``float64 [k]``.
        reference: ``float64 [k]``, sums to 1; zeros allowed.
        effect: the distance that matters; it sets the width of the mixture, and has to stay the
            same at every look.
    """
    possible = reference > 0
    if counts[~possible].sum() > 0:
        return Fit(0.0, E_VALUE, 0.0, e_value=math.exp(_LARGEST_LOG))
    if np.count_nonzero(possible) < 2 or not counts.sum() > 0:
        return Fit(None, E_VALUE)
    log_e = log_e_values(counts[None, possible], reference[possible], effect)[0]
    e = math.exp(min(float(log_e), _LARGEST_LOG))
    return Fit(min(1.0, 1 / e), E_VALUE, 0.0, e_value=e)


def log_e_values(tables: Floats, reference: Floats, effect: float) -> Floats:
    """Natural logarithms of the e-values of many tables.

    Args:
        tables: ``float64 [m, k]``, counts, k >= 2.
        reference: ``float64 [k]``, over 0, sums to 1.
    """
    concentration = _concentration(len(reference), effect)
    prior = concentration * reference
    rise = gammaln(prior + tables) - gammaln(prior) - tables * np.log(reference)
    fall = gammaln(concentration) - gammaln(concentration + tables.sum(axis=1))
    found: Floats = fall + rise.sum(axis=1)
    return found


def confidence_sequence(counts: Floats, effect: float, *, alpha: float = ALPHA) -> Intervals:
    """Simultaneous intervals that hold at all looks together with ``1 - alpha``.

    A share is kept while the e-value of its own category against the others, with that share as
    the reference, has not reached 1 over its part of the error.

    Args:
        counts: ``float64 [k]``, finite, not negative.
        effect: as for :func:`look`.
    """
    n, k = float(counts.sum()), len(counts)
    if not n > 0:
        return Intervals(np.zeros(k), np.ones(k), SEQUENCE)
    concentration = _concentration(2, effect)

    both, total = np.tile(counts, 2), np.full(2 * k, n)

    def kept(p: Floats) -> NDArray[np.bool_]:
        limit = -np.log(alpha * share_of_error(p, k))
        return np.asarray(_log_e(concentration, p, both, total) < limit)

    # Between the observed share, which is always kept, and 0 or 1.
    inside, outside = both / n, np.repeat([0.0, 1.0], k)
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        holds = kept(middle)
        inside, outside = np.where(holds, middle, inside), np.where(holds, outside, middle)
    return Intervals(outside[:k], outside[k:], SEQUENCE)


@functools.lru_cache(maxsize=1024)
def needed_at_any_look(categories: int, effect: float) -> int:
    """The smallest n at which the e-value shows the hardest departure of that size, power 0.8.

    By the normal limit of the e-value: half of Pearson's chi-square, shrunk by n / (n + c), less
    half a logarithm of (n + c) / c for each degree of freedom.
    """
    if categories < 2:
        return 0
    high = 1
    while _limit_power(high, categories, effect) < POWER:
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        enough = _limit_power(middle, categories, effect) >= POWER
        low, high = (low, middle) if enough else (middle, high)
    if categories > 2:
        return high
    return first_enough(high, lambda around: _exact_power(around, effect))


def power_at_any_look(n: int, categories: int, effect: float) -> float:
    """The chance that the e-value of n people shows the hardest departure of that size."""
    if categories == 2:
        return float(_exact_power(np.array([n]), effect)[0])
    return _limit_power(n, categories, effect)


def _limit_power(n: int, categories: int, effect: float) -> float:
    c, freedom = _concentration(categories, effect), categories - 1
    cost = -math.log(ALPHA) + freedom / 2 * math.log1p(n / c)
    return 1 - float(chndtr(2 * cost * (n + c) / n, freedom, n * (2 * effect) ** 2))


def _exact_power(n: NDArray[np.int64], effect: float) -> Floats:
    c = _concentration(2, effect)

    def rejects(few: Floats) -> NDArray[np.bool_]:
        return _log_e(c, np.full_like(few, 0.5), few, n.astype(np.float64)) >= -math.log(ALPHA)

    return two_sided_power(n, effect, rejects)


def _log_e(concentration: float, share: Floats, counts: Floats, n: Floats) -> Floats:
    """Of one category against the others, for each of the shares."""
    rise = _log_rise(concentration * share, counts)
    fall = _log_rise(concentration * (1 - share), n - counts)
    mass = gammaln(concentration) - gammaln(concentration + n)
    found: Floats = mass + rise + fall - xlogy(counts, share) - xlogy(n - counts, 1 - share)
    return found


def _concentration(categories: int, effect: float) -> float:
    """Of a Dirichlet whose mean w² is that of the departure that matters."""
    return (categories - 1) / (2 * effect) ** 2


def _log_rise(start: Floats, by: Floats) -> Floats:
    """The logarithm of gamma(start + by) / gamma(start); 0 where ``by`` is 0, also at start 0."""
    safe = np.where(by > 0, np.maximum(start, 1e-300), 1.0)
    found: Floats = np.where(by > 0, gammaln(safe + by) - gammaln(safe), 0.0)
    return found
