"""Figures that others published, of prevalences by imperfect tests."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from gencheck.bias.confusion import Confusion
from gencheck.bias.correction import correct, nearest_distribution
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


def test_the_clopper_pearson_interval_carried_over() -> None:
    found = binomtest(TAKEN, PEOPLE).proportion_ci(0.95, method="exact")
    youden = SENSITIVITY + SPECIFICITY - 1
    carried = [(bound + SPECIFICITY - 1) / youden for bound in found]
    assert [round(float(bound), 4) for bound in carried] == [0.1066, 0.2647]
    method = _known([[SENSITIVITY, 1 - SENSITIVITY], [1 - SPECIFICITY, SPECIFICITY]], 10**8)
    counts = np.array([TAKEN, PEOPLE - TAKEN], float)
    ours = correct(method, counts, np.full(2, 0.5), deadline=NO_DEADLINE).intervals
    assert [ours.low[0], ours.high[0]] == pytest.approx(carried, abs=0.002)
