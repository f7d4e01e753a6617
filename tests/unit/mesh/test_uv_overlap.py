"""Faces on each other in texture space: against exact arithmetic, planted, bounded."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from uv_oracle import exact_overlaps, exactly, in_common, laid_out, separate

from gencheck.deadline import Deadline
from gencheck.errors import Cancelled
from gencheck.mesh.uv_overlap import STRIP, Overlaps, find_overlaps


def overlaps(triangles: object, **bounds: int) -> Overlaps:
    layout = laid_out(separate(triangles))
    return find_overlaps(layout, layout.mapped, deadline=Deadline(), **bounds)


def assert_exact(triangles: object) -> None:
    found = overlaps(triangles)
    faces, pairs, area, covered, again = exact_overlaps(triangles)
    assert found.complete
    assert (set(found.faces.tolist()), found.pairs) == (faces, pairs)
    close = {"rel": 1e-9, "abs": 1e-14}
    assert found.area == pytest.approx(float(area), **close)
    assert found.covered == pytest.approx(float(covered), **close)
    assert found.share == pytest.approx(float(again / covered), **close)


def area_of(triangle: object) -> Fraction:
    (a, b), (c, d), (e, f) = exactly(triangle)[0]
    return (c - a) * (f - b) - (d - b) * (e - a)


grid = st.integers(0, 3).map(lambda i: i / 4)
odd = st.floats(0, 1, width=32).map(lambda x: round(x, 3))


def triangles_of(number: st.SearchStrategy[float]) -> st.SearchStrategy[list[object]]:
    corner = st.tuples(number, number)
    # Of area far above what single precision rounds away.
    triangle = st.tuples(corner, corner, corner).filter(lambda t: abs(area_of(t)) > 1e-3)
    return st.lists(triangle, min_size=1, max_size=6)


@settings(max_examples=150, deadline=None)
@given(triangles_of(grid))
def test_on_a_grid_as_by_exact_arithmetic(triangles: list[object]) -> None:
    """Sides on one line, shared corners, equal and mirrored faces."""
    assert_exact(triangles)


@settings(max_examples=100, deadline=None)
@given(triangles_of(odd))
def test_anywhere_as_by_exact_arithmetic(triangles: list[object]) -> None:
    # Coordinates and sides are of the order of 1: slivers below a strip do not count as pairs.
    assume(not any(0 < area < 4 * STRIP for area in in_common(triangles).values()))
    assert_exact(triangles)


def test_a_sliver_below_a_strip_is_no_pair_but_has_its_area() -> None:
    corner = [[(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)], [(0.0, 0.008), (1.0, 0.0), (0.5, 0.0)]]
    found = overlaps(corner)
    ((_, area),) = in_common(corner).items()
    assert 0 < area < STRIP
    assert (found.pairs, found.area) == (0, pytest.approx(float(area), rel=1e-9))


@pytest.mark.parametrize("seed", range(10))
def test_thin_triangles_as_by_exact_arithmetic(seed: int) -> None:
    rng = np.random.default_rng(seed)
    middles, directions = rng.uniform(0.4, 0.6, (12, 1, 2)), rng.normal(size=(12, 3, 2))
    directions[:, :, 1] *= 1e-4
    assert_exact(middles + 0.3 * directions)


def square(u: float = 0.0, v: float = 0.0, size: float = 1.0) -> NDArray[np.float32]:
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * size + [u, v]
    return corners[[[0, 1, 2], [0, 2, 3]]].astype(np.float32)


def cut_up(triangles: NDArray[np.float32], times: int) -> NDArray[np.float32]:
    """Each into four, again and again."""
    for _ in range(times):
        a, b, c = np.moveaxis(triangles, 1, 0)
        d, e, f = (a + b) / 2, (b + c) / 2, (c + a) / 2
        triangles = np.stack([(a, d, f), (d, b, e), (f, e, c), (d, e, f)]).transpose(0, 2, 1, 3)
        triangles = triangles.reshape(-1, 3, 2)
    return triangles


def test_neighbours_do_not_overlap() -> None:
    found = overlaps(np.concatenate([square(), square(1.0), square(0.0, 1.0), square(1.0, 1.0)]))
    assert (found.pairs, found.area, found.share, len(found.faces)) == (0, 0.0, 0.0, 0)
    assert found.covered == 4.0


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_twin_overlaps_wholly(mirrored: bool) -> None:
    twin = square()[:, ::-1] if mirrored else square()
    found = overlaps(np.concatenate([square(), twin]))
    assert (found.pairs, found.area) == (2, 1.0)
    assert (found.covered, found.share) == (1.0, 1.0)
    assert found.faces.tolist() == [0, 1, 2, 3]


def test_a_stack_counts_each_pair_and_the_place_once() -> None:
    found = overlaps(np.concatenate([square()] * 20))
    assert (found.pairs, found.area) == (380, pytest.approx(190.0))
    assert (found.covered, found.share) == (pytest.approx(1.0), pytest.approx(1.0))


def test_a_small_square_inside_a_large_one() -> None:
    found = overlaps(np.concatenate([square(), square(0.25, 0.25, 0.5)]))
    assert (found.covered, found.share, found.area) == (1.0, 0.25, 0.25)


def test_copies_moved_in_single_precision_overlap_their_twins_only() -> None:
    """Where they meet the neighbours of their twins by rounding, that counts for nothing."""
    rng = np.random.default_rng(5)
    fine = cut_up(square(0.1, 0.1, 0.7), 2) + np.float32(0.0)
    corners, where = np.unique(fine.reshape(-1, 2), axis=0, return_inverse=True)
    fine = (corners + rng.uniform(-0.01, 0.01, corners.shape))[where].astype(np.float32)
    moved = ((fine * np.float32(-1.0) + np.float32(1.3)) * np.float32(-1.0)) + np.float32(1.3)
    assert (moved != fine).any()
    found = overlaps(np.concatenate([fine, moved]).reshape(-1, 3, 2))
    assert (found.pairs, len(found.faces)) == (32, 64)
    assert found.share == pytest.approx(1.0, abs=1e-5)


def test_a_face_without_area_takes_no_part() -> None:
    line = np.array([[[0.1, 0.1], [0.5, 0.5], [0.9, 0.9]]])
    assert overlaps(np.concatenate([square(), line])).pairs == 0


def test_what_is_stacked_without_end_is_bounded() -> None:
    stack = np.concatenate([square()] * 3_000)
    found = overlaps(stack, max_pairs=1_000)
    assert not found.complete
    assert found.pairs == 1_000
    assert found.share == 1.0 and found.area > 0.0 and len(found.faces) > 1
    assert not overlaps(stack, max_work=10_000).complete


def test_what_is_not_searched_through_is_told_by_points() -> None:
    """Of four squares one is doubled."""
    squares = [square(), square(), square(1.0), square(0.0, 1.0), square(1.0, 1.0)]
    fine = np.concatenate([cut_up(part, 3) for part in squares])
    exact, told = overlaps(fine), overlaps(fine, max_pairs=2)
    assert exact.complete and not told.complete
    assert exact.share == pytest.approx(0.25)
    assert told.share == pytest.approx(0.25, abs=0.01)
    assert math.isnan(told.covered)


def test_points_tell_of_narrow_faces_askew_to_the_axes() -> None:
    """Of four strips along a diagonal one is doubled."""
    strips = [square() * [1.0, 0.02] + [0.0, 0.03 * i] for i in (0, 0, 1, 2, 3)]
    turn = np.array([[1.0, 1.0], [-1.0, 1.0]])
    askew = np.concatenate([cut_up((strip @ turn).astype(np.float32), 2) for strip in strips])
    assert overlaps(askew, max_pairs=0).share == pytest.approx(0.25, abs=0.03)


def test_a_few_faces_far_apart_are_not_told_by_points() -> None:
    far = np.concatenate([square(size=0.01), square(size=0.01), square(100.0, 100.0, 0.01)])
    assert math.isnan(overlaps(far, max_pairs=0).share)


def test_a_deadline_ends_the_search() -> None:
    stopped = Deadline()
    stopped.cancel()
    with pytest.raises(Cancelled):
        find_overlaps(
            laid_out(separate([square()] * 3)), np.arange(6, dtype=np.int32), deadline=stopped
        )
