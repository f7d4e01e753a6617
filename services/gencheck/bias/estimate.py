"""The shares of one table, as counted or corrected for the errors of who counted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gencheck.bias.confusion import Confusion
from gencheck.bias.correction import Corrected, Correction, correct
from gencheck.bias.effect import Distance, chi_square_bound, total_variation
from gencheck.bias.goodness import CHI_SQUARE, EXACT, NO_TEST, Fit, limit_holds
from gencheck.bias.intervals import ALPHA, Intervals
from gencheck.bias.inversion import Inversion
from gencheck.bias.looks import Looks
from gencheck.bias.melding import Floats
from gencheck.bias.ppi import PredictionPowered
from gencheck.deadline import Deadline


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is known of one table.

    Attributes:
        shares: ``float64 [k]``, corrected where there is a correction.
        needed: the smallest n that would let an audit judge; 0 where none would.
        doubt: why it may not be called balanced whatever n is, and what would help.
        undone: why a departure that is significant may be none of everybody; empty: it is one.
        caution: what has to be known of it whatever it shows.
    """

    shares: Floats
    intervals: Intervals
    distance: Distance
    fit: Fit
    needed: int
    doubt: str = ""
    undone: str = ""
    caution: str = ""


def correction_by(confusion: Confusion, *, deadline: Deadline) -> Correction:
    """The method that fits where the people of the matrix come from."""
    if confusion.of_this_set:
        return PredictionPowered(confusion)
    return Inversion(confusion, deadline=deadline)


def estimate(
    counts: Floats,
    reference: Floats,
    looks: Looks,
    intervals: Intervals,
    *,
    by: Correction | None = None,
    deadline: Deadline,
) -> Estimate:
    """What counts say of shares.

    Args:
        counts: ``float64 [k]``.
        reference: ``float64 [k]``, sums to 1.
        looks: the statistics of counts as they are.
        intervals: theirs, of these counts.
        by: how to correct; counts and reference are in the order of its categories.
    """
    counted = _counted(counts, reference, looks, intervals, deadline)
    if by is None:
        return counted
    if by.refusal:
        return replace(counted, fit=Fit(None, NO_TEST), needed=0, doubt=by.refusal)
    found = correct(by, counts, reference, effect=looks.effect, deadline=deadline)
    if by.confusion.elsewhere:
        return _whether_corrected_or_not(counted, found, reference, _ELSEWHERE)
    if not found.plausible:
        either = _whether_corrected_or_not(counted, found, reference, _IMPLAUSIBLE)
        return replace(either, caution=_IMPLAUSIBLE)
    doubt = "" if found.needed or not counts.sum() else _TOO_FEW.format(by.confusion.people)
    distance = _distance(found.shares, reference, found.intervals, found.fit)
    return Estimate(found.shares, found.intervals, distance, found.fit, found.needed, doubt)


_TOO_FEW = (
    "The confusion matrix holds too few people ({:g}) for any number of counted ones to show that "
    "there is no departure that matters. Label more people for it."
)
_ELSEWHERE = (
    "Whether this departs from the reference hangs on the classifier's errors, and they were "
    "measured on other pictures. Label some hundred people of pictures like these, and give their "
    "confusion matrix."
)
_IMPLAUSIBLE = (
    "Whatever the true shares are, a classifier that errs as the confusion matrix says would not "
    "count so: it errs otherwise here. The bounds hold with the correction and without it. Label "
    "some people of this set, and give their confusion matrix."
)


def _counted(
    counts: Floats, reference: Floats, looks: Looks, intervals: Intervals, deadline: Deadline
) -> Estimate:
    n = float(counts.sum())
    fit = looks.fit(counts, reference, deadline)
    needed = looks.needed(int(np.count_nonzero(reference)))
    shares = counts / n if n > 0 else counts
    distance = _distance(shares, reference, intervals, fit)
    if _shown(fit) and _has_limit(fit, n, reference):
        # A departure that is a little everywhere shows in no single interval, but in the test.
        possible = reference > 0
        low = chi_square_bound(shares[possible], reference[possible], n)
        distance = replace(distance, low=max(low, distance.low))
    return Estimate(shares, intervals, distance, fit, needed)


def _shown(fit: Fit) -> bool:
    return fit.p_value is not None and fit.p_value < ALPHA


def _has_limit(fit: Fit, n: float, reference: Floats) -> bool:
    return fit.method in (CHI_SQUARE, EXACT) and limit_holds(n, reference)


def _distance(shares: Floats, reference: Floats, intervals: Intervals, fit: Fit) -> Distance:
    if not shares.sum() > 0:
        return Distance(0.0, 0.0, 1.0)
    distance = total_variation(shares, reference, intervals)
    # The test comes first: where it shows no departure, none is bounded away from 0.
    return distance if _shown(fit) else replace(distance, low=0.0)


def _whether_corrected_or_not(
    counted: Estimate, found: Corrected, reference: Floats, why: str
) -> Estimate:
    """Intervals that hold both ways, so that a departure is one however the classifier errs.

    A classifier that does better on the audited pictures than on those of the matrix lies between.
    """
    low = np.minimum(counted.intervals.low, found.intervals.low)
    high = np.maximum(counted.intervals.high, found.intervals.high)
    tests = [fit for fit in (counted.fit, found.fit) if fit.p_value is not None]
    weakest = max(tests, key=_p_value, default=counted.fit)
    clear = any(_p_value(fit) < ALPHA for fit in tests)
    needed = max(counted.needed, found.needed)
    doubt = why if clear or not found.needed else ""
    intervals = Intervals(low, high, found.intervals.method)
    distance = _distance(found.shares, reference, intervals, weakest)
    return Estimate(found.shares, intervals, distance, weakest, needed, doubt)


def _p_value(fit: Fit) -> float:
    return 1.0 if fit.p_value is None else fit.p_value
