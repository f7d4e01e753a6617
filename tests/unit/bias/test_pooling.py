from __future__ import annotations

import numpy as np
import pytest

from gencheck.bias.pooling import pooled_shares

CENTRE = np.array([0.5, 0.3, 0.2])


def test_small_groups_are_drawn_in_more() -> None:
    tables = np.array([[90.0, 5, 5], [9.0, 0, 1], [10.0, 60, 30], [40.0, 40, 20], [0.0, 0, 0]])
    found = pooled_shares(tables, CENTRE)
    assert found.sum(axis=1) == pytest.approx(np.ones(5))
    assert abs(found[0, 0] - 0.9) < 0.1
    assert found[1, 0] < found[0, 0]
    assert found[4] == pytest.approx(CENTRE)


def test_groups_that_are_alike_become_one() -> None:
    tables = np.random.default_rng(1).multinomial(50, CENTRE, size=40).astype(np.float64)
    assert np.abs(pooled_shares(tables, CENTRE) - CENTRE).max() < 0.03


def test_groups_that_differ_keep_their_shares() -> None:
    tables = np.array([[500.0, 0, 0], [0, 500, 0], [0, 0, 500]])
    assert np.abs(pooled_shares(tables, CENTRE) - tables / 500).max() < 0.01


def test_a_category_that_nobody_has() -> None:
    found = pooled_shares(np.array([[3.0, 7, 0]]), np.array([0.5, 0.5, 0.0]))
    assert found[0, 2] == 0


def test_nearer_to_the_truth_than_plain_shares() -> None:
    rng = np.random.default_rng(2)
    truth = rng.dirichlet(20 * CENTRE, 60)
    tables = np.array([rng.multinomial(15, share) for share in truth]).astype(np.float64)
    plain = ((tables / 15 - truth) ** 2).sum()
    pooled = ((pooled_shares(tables, tables.sum(axis=0) / tables.sum()) - truth) ** 2).sum()
    assert pooled < 0.7 * plain
