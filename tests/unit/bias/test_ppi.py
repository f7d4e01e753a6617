"""Against what ppi-python 0.2.3 (the authors' own package) printed for the same people."""

from __future__ import annotations

import numpy as np
import pytest

from gencheck.bias.confusion import Confusion
from gencheck.bias.correction import Corrected, correct
from gencheck.bias.ppi import POWERED, PredictionPowered
from gencheck.deadline import NO_DEADLINE

TWO = ((42, 8), (6, 44)), (700, 300)
THREE = ((110, 25, 5), (12, 100, 8), (3, 7, 130)), (5000, 3000, 2000)
Rows = tuple[tuple[int, ...], ...]


def _method(rows: Rows) -> PredictionPowered:
    counts = tuple(tuple(map(float, row)) for row in rows)
    names = tuple("abcdef"[: len(rows)])
    return PredictionPowered(Confusion("g", names, counts, of_this_set=True))


def _corrected(rows: Rows, counts: tuple[int, ...]) -> Corrected:
    even = np.full(len(counts), 1 / len(counts))
    return correct(_method(rows), np.array(counts, float), even, deadline=NO_DEADLINE)


# ppi_mean_pointestimate(Y, Yhat, Yhat_unlabeled) of one-hot labels
@pytest.mark.parametrize(
    ("rows", "counts", "shares"),
    [
        (*TWO, [0.6652907754010737, 0.33470922459893027]),
        (*THREE, [0.4992133387276275, 0.2761258658035741, 0.22466079546879944]),
        (((5, 15), (16, 4)), (60, 40), [0.5, 0.5]),  # worse than a coin: not trusted
    ],
)
def test_shares(rows: Rows, counts: tuple[int, ...], shares: list[float]) -> None:
    assert _corrected(rows, counts).shares == pytest.approx(shares, abs=1e-12)


# ppi_mean_ci(…, alpha=0.05), for three categories alpha=0.05 / 3
@pytest.mark.parametrize(
    ("rows", "counts", "low", "high"),
    [
        (*TWO, [0.5940079768, 0.2634264260], [0.7365735740, 0.4059920232]),
        (
            *THREE,
            [0.4601899286, 0.2355321118, 0.1956115356],
            [0.5382367489, 0.3167196198, 0.2537100554],
        ),
    ],
)
def test_bounds_are_the_normal_ones_and_a_little_more(
    rows: Rows, counts: tuple[int, ...], low: list[float], high: list[float]
) -> None:
    found = _corrected(rows, counts).intervals
    assert found.method is POWERED
    assert found.low == pytest.approx(low, abs=0.012)
    assert found.high == pytest.approx(high, abs=0.012)
    width = np.array(high) - low
    assert np.all(found.high - found.low > 0.97 * width)
    assert np.all(found.high - found.low < 1.15 * width)


def test_few_labels_keep_room() -> None:
    found = _corrected(((6, 0), (0, 4)), (800, 200))
    assert found.intervals.low[0] < 0.55
    assert found.intervals.high[0] > 0.85


def test_counts_sharpen_what_labels_tell() -> None:
    few, many = (_corrected(TWO[0], counts).intervals for counts in ((7, 3), (7000, 3000)))
    assert many.high[0] - many.low[0] < 0.8 * (few.high[0] - few.low[0])


def test_a_category_that_nobody_has() -> None:
    found = _corrected(((40, 5, 0), (4, 51, 0), (0, 0, 0)), (60, 40, 0))
    assert found.shares[2] == pytest.approx(0, abs=1e-12)
    assert found.intervals.low[2] == 0
    assert 0 < found.intervals.high[2] < 0.2
