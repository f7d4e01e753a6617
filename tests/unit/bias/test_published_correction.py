"""Figures that others published, of prevalences by imperfect tests."""

from __future__ import annotations

import numpy as np

from gencheck.bias.confusion import Confusion
from gencheck.bias.correction import nearest_distribution
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


def test_the_clopper_pearson_interval_carried_over() -> None:
    found = simultaneous_intervals(np.array([TAKEN, PEOPLE - TAKEN], float))
    assert round(float(found.low[0]), 4) == 0.1049
    youden = SENSITIVITY + SPECIFICITY - 1
    carried = [(bound + SPECIFICITY - 1) / youden for bound in (found.low[0], found.high[0])]
    assert [round(float(bound), 4) for bound in carried] == [0.1066, 0.2647]
