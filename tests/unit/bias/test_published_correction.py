"""Figures that others published, of prevalences by imperfect tests."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from gencheck.bias.confusion import Confusion
from gencheck.bias.correction import correct, nearest_distribution
from gencheck.bias.intervals import simultaneous_intervals
from gencheck.bias.inversion import Inversion
from gencheck.deadline import NO_DEADLINE

TAKEN, PEOPLE, SENSITIVITY, SPECIFICITY = 20, 120, 0.9, 0.99
"""Rogan and Gladen's estimate as R's epiR shows it: `epi.prev(20, 120, 0.9, 0.99)`."""


def _known(rates: list[list[float]], people: int = 100_000) -> Inversion:
    rows = tuple(tuple(float(round(rate * people)) for rate in row) for row in rates)
    return Inversion(Confusion("ill", ("yes", "no"), rows), deadline=NO_DEADLINE)


def test_rogan_gladen() -> None:
    method = _known([[SENSITIVITY, 1 - SENSITIVITY], [1 - SPECIFICITY, SPECIFICITY]])
    shares = nearest_distribution(method.shares(np.array([TAKEN, PEOPLE - TAKEN], float)))
    assert round(float(shares[0]), 5) == 0.17603


def test_intervals_carried_over() -> None:
    # epiR: Clopper-Pearson .1066 to .2647, Blaker .1069421 to .2629214 (which it seeks in steps of
    # 1e-4). The audit's own interval of two categories is Blaker's.
    exact = binomtest(TAKEN, PEOPLE).proportion_ci(method="exact")
    assert _carried(exact.low, exact.high) == pytest.approx([0.1066, 0.2647], abs=5e-5)
    own = simultaneous_intervals(np.array([TAKEN, PEOPLE - TAKEN], float))
    blaker = _carried(float(own.low[0]), float(own.high[0]))
    assert blaker == pytest.approx([0.1069421, 0.2629214], abs=1.5e-4)


def _carried(*bounds: float) -> list[float]:
    youden = SENSITIVITY + SPECIFICITY - 1
    return [(bound + SPECIFICITY - 1) / youden for bound in bounds]


def test_the_melded_interval_of_a_test_that_is_known_exactly() -> None:
    method = _known([[SENSITIVITY, 1 - SENSITIVITY], [1 - SPECIFICITY, SPECIFICITY]], 10**8)
    counts = np.array([TAKEN, PEOPLE - TAKEN], float)
    found = correct(method, counts, np.full(2, 0.5), deadline=NO_DEADLINE).intervals
    assert [found.low[0], found.high[0]] == pytest.approx([0.1066, 0.2647], abs=0.002)
