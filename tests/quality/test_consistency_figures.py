import numpy as np
import pytest
from calibrate_objects import logistic
from consistency_calibrated import _conformal, _error, _weighed
from consistency_detector import _auc, _spread


def test_claims_that_come_true_as_often_as_they_say_have_no_calibration_error() -> None:
    p = np.repeat([0.2, 0.8], 100)
    true = np.array([i % 5 == 0 for i in range(100)] + [i % 5 != 0 for i in range(100)])
    even = np.full(200, 1 / 200)
    assert _error(p, true, even) == pytest.approx(0.0)
    assert _error(p, ~true, even) == pytest.approx(0.6)


def test_right_and_wrong_claims_of_each_number_weigh_the_same() -> None:
    rows = [(0.9, True, 1)] + [(0.1, False, 1)] * 3 + [(0.5, True, 2), (0.5, False, 2)]
    _, true, weight = _weighed(rows)
    assert weight.sum() == pytest.approx(1.0)
    assert weight[true].sum() == pytest.approx(0.5)
    assert weight[1:4].sum() == pytest.approx(weight[0])


def test_conformal_sets_hold_the_truth_as_often_as_they_are_to() -> None:
    random = np.random.default_rng(1)
    true = random.random(4_000) < 0.5
    p = np.where(true, random.beta(4, 2, 4_000), random.beta(2, 4, 4_000))
    half = slice(0, 2_000), slice(2_000, 4_000)
    fitted = (p[half[0]], true[half[0]], np.ones(2_000))
    both, of_right, of_wrong = map(
        float, _conformal(fitted, p[half[1]], true[half[1]]).split(";")[0].split(",")
    )
    for coverage in (both, of_right, of_wrong):
        assert coverage == pytest.approx(0.9, abs=0.03)


def test_area_under_the_curve_counts_ties_as_half() -> None:
    assert _auc(np.array([3.0, 2.0]), np.array([1.0, 0.0])) == 1.0
    assert _auc(np.array([1.0]), np.array([1.0, 2.0])) == 0.25


def test_an_interval_of_photos_that_are_all_alike_has_no_width() -> None:
    assert _spread([[], []], lambda some: float(len(some))) == (2.0, 2.0)


def test_logistic_regression_finds_the_weights_that_made_its_rows() -> None:
    random = np.random.default_rng(2)
    x = random.normal(size=(20_000, 2))
    chance = 1 / (1 + np.exp(-(0.5 + 1.5 * x[:, 0] - x[:, 1])))
    y = random.random(20_000) < chance
    rows = [(list(row), bool(there), 1.0) for row, there in zip(x, y, strict=True)]
    assert logistic(rows) == pytest.approx([0.5, 1.5, -1.0], abs=0.07)
