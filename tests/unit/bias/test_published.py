"""Figures that papers and other packages print: of the audit, and of the peers beside it."""

from __future__ import annotations

import numpy as np
import pytest
from bias_peers import goodman, sison_glaz
from statsmodels.stats.proportion import multinomial_proportions_confint

from gencheck.bias.power import needed_people


def test_goodman() -> None:
    # R package scimple, README.
    low, high = goodman(np.array([44.0, 55, 43, 32, 67, 78]))
    assert (low[0], high[0]) == pytest.approx((0.09468368, 0.1966413), abs=1e-7)


def test_sison_glaz() -> None:
    # Sison and Glaz 1995, example 1, by the R package MultinomialCI; the paper prints three
    # decimals, and implementations differ in the fifth of the upper end.
    low, high = sison_glaz(np.array([56.0, 72, 73, 59, 62, 87, 58]))
    assert (low[0], high[0]) == pytest.approx((0.07922912, 0.1643361), abs=5e-5)
    assert low == pytest.approx(
        [0.07922912, 0.11349036, 0.11563169, 0.08565310, 0.09207709, 0.14561028, 0.08351178],
        abs=5e-9,
    )


@pytest.mark.parametrize("counts", [[3, 1, 0, 4], [40, 30, 20, 10], [5] * 20, [90, 5, 3, 2]])
def test_peers_equal_statsmodels(counts: list[int]) -> None:
    for method, name in ((sison_glaz, "sison-glaz"), (goodman, "goodman")):
        expected = multinomial_proportions_confint(counts, 0.05, method=name)
        assert np.column_stack(method(np.array(counts, np.float64))) == pytest.approx(expected)


@pytest.mark.parametrize(("w", "n"), [(0.3, 174), (0.2, 392), (0.1, 1565)])
def test_people_needed_by_a_test_of_fit(w: float, n: int) -> None:
    # Cohen 1988, by statsmodels' GofChisquarePower: ten bins, power 0.8. The distance is w / 2.
    assert needed_people(10, w / 2) == n
