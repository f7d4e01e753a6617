"""Welding by a hash table in several lanes, against sorting."""

from __future__ import annotations

import numpy as np
import pytest

from gencheck.mesh.weld import first_of_equal, weld


@pytest.mark.parametrize("n", [0, 1, 1_000, 50_000])
def test_the_first_of_equal_rows_is_found(n: int) -> None:
    rows = np.random.default_rng(n).integers(-9, 9, (n, 3)).astype(np.int64)
    _, first, of_row = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    assert first_of_equal(rows).tolist() == first[of_row.ravel()].tolist()


def test_rows_without_an_equal_are_their_own_first() -> None:
    rows = np.arange(120_000, dtype=np.int64).reshape(-1, 3)
    assert first_of_equal(rows).tolist() == list(range(40_000))


def test_zeros_of_either_sign_are_one_and_nothing_else_is() -> None:
    vertices = np.array([[0.0, 1, 2], [-0.0, 1, 2], [0, 1, np.nan], [0, 1, np.nan], [0, 1, 2.5]])
    faces = np.array([[0, 1, 2], [3, 4, 1]], np.int32)
    welded = weld(vertices, faces, np.isfinite(vertices).all(axis=1))
    assert welded.source.tolist() == [0, 2, 3, 4]
    assert welded.faces.tolist() == [[0, 0, 1], [2, 3, 0]]
