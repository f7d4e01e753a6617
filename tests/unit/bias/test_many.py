from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from gencheck.bias.goodness import EXACT, NO_TEST, Fit
from gencheck.bias.many import benjamini_hochberg, holm


def test_holm_by_hand() -> None:
    fits = [Fit(0.01, EXACT, 0.0), Fit(0.04, EXACT, 0.0), Fit(0.03, EXACT, 0.0)]
    assert holm(fits) == pytest.approx([0.03, 0.06, 0.06])


def test_holm_equals_statsmodels() -> None:
    values = np.random.default_rng(5).beta(0.3, 1, 40)
    expected = multipletests(values, method="holm")[1]
    assert holm([Fit(float(p), EXACT, 0.0) for p in values]) == pytest.approx(list(expected))


def test_hopeless_tests_do_not_weaken_others() -> None:
    real = Fit(0.02, EXACT, 1e-6)
    hopeless = Fit(1.0, EXACT, 0.5)
    assert holm([real] + [hopeless] * 1000 + [Fit(None, NO_TEST)]) == pytest.approx(
        [0.02] + [1.0] * 1000 + [None]
    )


def test_benjamini_hochberg_equals_statsmodels() -> None:
    values = np.random.default_rng(6).beta(0.3, 1, 40)
    expected = multipletests(values, method="fdr_bh")[1]
    fits = [Fit(float(p), EXACT, 0.0) for p in values]
    assert benjamini_hochberg(fits) == pytest.approx(list(expected))


def test_exploration_sees_no_less_than_a_verdict() -> None:
    fits = [Fit(p, EXACT, 0.0) for p in (0.001, 0.02, 0.03, 0.2)] + [Fit(None, NO_TEST)]
    for strict, loose in zip(holm(fits), benjamini_hochberg(fits), strict=True):
        assert (strict is None) == (loose is None)
        assert strict is None or loose is None or loose <= strict
