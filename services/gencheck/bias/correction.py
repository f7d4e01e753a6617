"""What a classifier counted, corrected by people whose category is known otherwise.

Two methods, by where these people come from: inversion of the confusion matrix (``inversion.py``)
and prediction-powered inference (``ppi.py``). Both give bounds by melding the samples
(``melding.py``), and a test against the reference that knows the uncertainty of both.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from scipy.special import chdtrc, chdtri, chndtrinc

from gencheck.bias.confusion import Confusion
from gencheck.bias.goodness import Fit
from gencheck.bias.intervals import ALPHA, Intervals, simultaneous_intervals
from gencheck.bias.melding import Floats, lower_quantile, tail
from gencheck.bias.power import DETECTABLE_DISTANCE, POWER
from gencheck.deadline import Deadline
from gencheck.findings import Method

WALD = Method("wald-corrected", "1", "chi-square of the corrected shares, variance of both samples")
TAIL = Method("melded-tail", "1", "Fay, Proschan and Brittain 2015, with Bonferroni's correction")
_MIN_COUNT, _MIN_ROW = 20, 20
_MOST_ENUMERATED = 12


@dataclass(frozen=True, slots=True)
class Spread:
    """Covariances ``float64 [k, k]`` of corrected shares, where the reference is true.

    Attributes:
        person: what one counted person adds; falls as 1 / n.
        labelled: what the people of the confusion matrix add; more counted people do not help.
    """

    person: Floats
    labelled: Floats


Drawer: TypeAlias = Callable[[int, bool], Floats]


class Correction(Protocol):
    """A method for the tables of one attribute."""

    confusion: Confusion
    method: Method
    refusal: str
    """Why it cannot correct, and what would help; empty where it can."""

    def shares(self, counts: Floats) -> Floats:
        """Unbiased shares ``float64 [k]`` that sum to 1; some may be below 0 or above 1."""
        ...

    def drawer(self, counts: Floats) -> Drawer:
        """Draws a share: its number, whether it is pushed down; ``float64 [draws]``."""
        ...

    def spread(self, counts: Floats, reference: Floats) -> Spread:
        """How uncertain the shares are."""
        ...


@dataclass(frozen=True, slots=True)
class Corrected:
    """Corrected shares ``float64 [k]``, with simultaneous intervals and the test of them.

    Attributes:
        needed: the smallest n by which a departure that matters would probably be shown; 0 where
            none would, as the confusion matrix itself rests on too few people.
        plausible: whether people of any shares would have been counted so; if not, the classifier
            errs otherwise on these pictures than the matrix says.
    """

    shares: Floats
    intervals: Intervals
    fit: Fit
    needed: int
    plausible: bool = True


def correct(
    method: Correction,
    counts: Floats,
    reference: Floats,
    *,
    effect: float = DETECTABLE_DISTANCE,
    deadline: Deadline,
) -> Corrected:
    """Corrects one table.

    The shares are the nearest distribution to what the method gives.

    Args:
        method: one that does not refuse.
        counts: ``float64 [k]``, whole, in the order of the matrix's categories.
        reference: ``float64 [k]``, sums to 1.
        effect: the departure that matters, as total variation distance.
    """
    n, k = float(counts.sum()), len(counts)
    if not n:
        nothing = Intervals(np.zeros(k), np.ones(k), method.method)
        return Corrected(np.zeros(k), nothing, Fit(None, TAIL), 0)
    raw, spread = method.shares(counts), method.spread(counts, reference)
    shares, at_once = nearest_distribution(raw), 1 if k == 2 else k
    draw = method.drawer(counts)
    low, high, p = np.zeros(k), np.ones(k), 1.0
    for j in range(k):
        deadline.check()
        down, up = draw(j, True), draw(j, False)
        low[j] = lower_quantile(down, ALPHA / at_once / 2)
        high[j] = -lower_quantile(-up, ALPHA / at_once / 2)
        p = min(p, 2 * at_once * min(tail(down, reference[j]), tail(-up, -reference[j])))
    plausible = bool(np.all(low <= 1) and np.all(high >= 0))
    low, high = np.minimum(low, shares).clip(0, 1), np.maximum(high, shares).clip(0, 1)
    if raw.min() < 0:
        # Bounds of a share beyond 0 or 1 shrink as it goes; no correction makes surer than counts.
        least = simultaneous_intervals(shares * n)
        low, high = np.minimum(low, least.low), np.maximum(high, least.high)
    many = counts.min() >= _MIN_COUNT and method.confusion.table().sum(axis=1).min() >= _MIN_ROW
    fit = _wald(raw - reference, spread, n) if many else Fit(min(p, 1.0), TAIL, 0.0)
    needed = needed_counted(spread, effect)
    return Corrected(shares, Intervals(low, high, method.method), fit, needed, plausible)


def nearest_distribution(values: Floats) -> Floats:
    """The distribution nearest to values that sum to 1 (least squares; Held, Wolfe, Crowder 1974).

    Args:
        values: ``float64 [k]``, some of which may be negative.
    """
    falling = np.sort(values)[::-1]
    excess = (np.cumsum(falling) - 1) / np.arange(1, len(values) + 1)
    most = np.flatnonzero(falling > excess)[-1]
    result: Floats = np.maximum(values - excess[most], 0)
    return result


def _wald(difference: Floats, spread: Spread, n: float) -> Fit:
    free = slice(0, -1)
    covariance = (spread.person / n + spread.labelled)[free, free]
    statistic = difference[free] @ np.linalg.pinv(covariance) @ difference[free]
    return Fit(float(chdtrc(len(difference) - 1, statistic)), WALD, 0.0)


def needed_counted(spread: Spread, effect: float = DETECTABLE_DISTANCE) -> int:
    """The smallest n by which a departure of the distance d = ``effect`` would probably be shown.

    A departure of d moves some set of categories up by d and the others down: along the signs s of
    both it is s·departure = 2 d, and the noncentrality of the test is at least (2 d)² / Var(s·p).
    The smallest over all sets counts; beyond 12 categories a bound of it.

    Returns:
        0 where no n would, since the variance of the labelled people alone is too large.
    """
    freedom = len(spread.person) - 1
    wanted = float(chndtrinc(chdtri(freedom, ALPHA), freedom, 1 - POWER))
    most = (2 * effect) ** 2 / wanted
    person, labelled = _over_signs(spread.person), _over_signs(spread.labelled)
    if np.any(labelled >= most):
        return 0
    n = float(np.max(person / (most - labelled)))
    return math.ceil(n) if n < 1e9 else 0


def _over_signs(covariance: Floats) -> Floats:
    """The variance of s·p for all signs s, or the largest that it may have."""
    k = len(covariance)
    if k > _MOST_ENUMERATED:
        largest = min(
            k * np.linalg.eigvalsh(covariance)[-1],
            np.sqrt(np.diag(covariance).clip(0)).sum() ** 2,
        )
        return np.array([largest])
    signs = np.array([(1, *rest) for rest in itertools.product((1, -1), repeat=k - 1)], float)
    result: Floats = np.einsum("si,ij,sj->s", signs, covariance, signs)
    return result
