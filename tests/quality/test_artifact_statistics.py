"""The figures' arithmetic against other ways to the same number."""

from __future__ import annotations

import numpy as np
import pytest
from artifact_statistics import (
    auc_judd,
    auroc,
    auroc_interval,
    bootstrap_auroc,
    correlation,
    mask_overlap,
    rank_correlation,
    rises,
    wilson,
)
from scipy.stats import binomtest, mannwhitneyu


def test_auroc_is_the_statistic_of_mann_and_whitney() -> None:
    rng = np.random.default_rng(0)
    low, high = rng.integers(0, 9, 40), rng.integers(2, 12, 30)  # integers: many ties
    expected = mannwhitneyu(high, low).statistic / (40 * 30)
    assert auroc(low, high) == pytest.approx(expected)
    assert auroc([1.0], [1.0]) == 0.5
    assert np.isnan(auroc([], [1.0]))


@pytest.mark.parametrize("shift", [0.5, 1.0, 2.0])
def test_the_interval_is_about_as_wide_as_one_by_drawing_again(shift: float) -> None:
    rng = np.random.default_rng(1)
    low, high = rng.normal(0, 1, 60), rng.normal(shift, 1, 60)
    value = auroc(low, high)
    closed, drawn = auroc_interval(value, 60, 60), bootstrap_auroc(low, high)
    assert closed[0] < value < closed[1]
    assert closed == pytest.approx(drawn, abs=0.04)


def test_the_interval_at_the_ends_stays_honest() -> None:
    low, high = auroc_interval(1.0, 52, 52)
    assert 0.95 < low < 0.98
    assert high == 1.0
    assert auroc_interval(0.0, 52, 52)[0] == 0.0
    assert auroc_interval(1.0, 5, 5)[0] < low


@pytest.mark.parametrize(("hits", "total"), [(0, 50), (2, 50), (25, 50), (50, 50)])
def test_wilson_is_that_of_scipy(hits: int, total: int) -> None:
    expected = binomtest(hits, total).proportion_ci(method="wilson")
    assert wilson(hits, total) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_maps_against_masks() -> None:
    mask = np.zeros((20, 30), np.bool_)
    mask[5:10, 5:15] = True
    heat = mask.astype(np.float32)
    assert correlation(heat, mask) == pytest.approx(1.0)
    assert auc_judd(heat, mask) == 1.0
    assert auc_judd(np.zeros_like(heat), mask) == 0.5
    assert correlation(np.zeros_like(heat), mask) == 0.0
    assert correlation(-heat, mask) == pytest.approx(-1.0)
    assert mask_overlap(mask, mask) == 1.0
    assert mask_overlap(mask, ~mask) == 0.0


def test_what_rises() -> None:
    assert rises([1, 2, 3])
    assert not rises([1, 2, 2])
    assert rank_correlation([1, 2, 3], [10, 20, 30]) == pytest.approx(1.0)
    assert rank_correlation([1, 2, 3], [5, 5, 5]) == 0.0
