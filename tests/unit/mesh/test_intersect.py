"""Self-intersection against exact rational arithmetic, and on meshes with a known answer.

The reference shares nothing with the checker: instead of signs of orientation predicates it
computes, in fractions, the intersection of two triangles as a convex set, and asks whether that
set holds a point beyond the shared vertices or edge.
"""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from contact_oracle import count_contacts, touches
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.errors import Cancelled
from gencheck.mesh.bvh import LEAF_PAIRS
from gencheck.mesh.faces import SOUND, classify_faces
from gencheck.mesh.golden import GOLDEN, cube
from gencheck.mesh.intersect import Intersections, find_intersections
from gencheck.mesh.scale import scale_to_unit
from gencheck.mesh.weld import weld


def prepare(
    vertices: NDArray[np.float64], faces: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.uint8]]:
    corners = np.asarray(faces, np.int32)
    scaled = scale_to_unit(np.asarray(vertices, np.float64), corners)
    welded = weld(scaled.vertices, corners, scaled.finite)
    finite = scaled.finite[welded.source]
    return welded.vertices, welded.faces, classify_faces(welded.vertices, finite, welded.faces)


def find(
    vertices: NDArray[np.float64], faces: NDArray[np.int32], max_work: int = 10**8
) -> Intersections:
    state = prepare(vertices, faces)
    return find_intersections(*state, deadline=Deadline(), max_work=max_work)


def assert_agrees(vertices: NDArray[np.float64], faces: NDArray[np.int32]) -> None:
    points, corners, kinds = prepare(vertices, faces)
    sound = corners[kinds == SOUND]
    expected_faces, expected_pairs = count_contacts(points, sound)
    found = find_intersections(points, corners, kinds, deadline=Deadline())
    assert found.pairs == expected_pairs
    assert set(found.faces.tolist()) == {
        int(np.flatnonzero(kinds == SOUND)[i]) for i in expected_faces
    }


def two(offset: tuple[float, float, float]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    first, second = cube(), cube(offset)
    return np.vstack([first[0], second[0]]), np.vstack([first[1], second[1] + 8])


grid = st.integers(0, 3)
triangles = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(0, 7)), min_size=2, max_size=8
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(grid, grid, grid), min_size=8, max_size=8), triangles)
def test_agrees_on_a_small_integer_grid(
    points: list[tuple[int, int, int]], corners: list[tuple[int, int, int]]
) -> None:
    # A grid this coarse makes coplanar, collinear, touching and duplicate faces the common case.
    assert_agrees(np.array(points, np.float64), np.array(corners, np.int32))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(grid, grid), min_size=8, max_size=8), triangles)
def test_agrees_in_a_tilted_plane(
    points: list[tuple[int, int]], corners: list[tuple[int, int, int]]
) -> None:
    # z is an exact dyadic combination, so all faces are coplanar, and no coordinate axis helps.
    flat = np.array(points, np.float64)
    tilted = np.column_stack([flat * 0.1, (flat * 0.1) @ [0.5, 0.25]])
    assert_agrees(tilted, np.array(corners, np.int32))


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 1e-17, 1e-16, 3e-16, 1e-12]))
def test_agrees_within_rounding_of_a_plane(seed: int, noise: float) -> None:
    rng = np.random.default_rng(seed)
    points = rng.uniform(-1.0, 1.0, (9, 3))
    points[:, 2] = points[:, 0] / 3.0 + points[:, 1] / 7.0 + rng.normal(0.0, 1.0, 9) * noise
    assert_agrees(points, rng.integers(0, 9, (7, 3)).astype(np.int32))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1e-300, 1e-9, 1.0, 1e30, 1e300]))
def test_agrees_in_general_position_at_any_scale(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(12, 3)) * scale
    assert_agrees(points, rng.integers(0, 12, (10, 3)).astype(np.int32))


@pytest.mark.parametrize(
    ("offset", "touching"),
    [
        ((3.0, 0.0, 0.0), False),
        ((1.0 + 1e-15, 0.0, 0.0), False),
        ((0.5, 0.5, 0.5), True),
        ((0.5, 0.25, 0.25), True),
        ((1.0, 0.5, 0.0), True),  # coplanar sides overlap
        ((0.0, 0.0, 0.0), True),  # the same cube twice
    ],
)
def test_two_cubes(offset: tuple[float, float, float], touching: bool) -> None:
    vertices, faces = two(offset)
    found = find(vertices, faces)
    assert (found.pairs > 0) is touching
    assert_agrees(vertices, faces)


def test_cubes_that_share_a_whole_side_touch_in_its_two_duplicate_faces() -> None:
    found = find(*two((1.0, 0.0, 0.0)))
    # Both sides are cut along the same or along crossing diagonals; either way 4 faces touch.
    assert len(found.faces) == 4


def test_golden_mesh_agrees() -> None:
    finite = np.where(np.isfinite(GOLDEN.vertices), GOLDEN.vertices, 9.0)
    assert_agrees(finite, GOLDEN.faces)


def test_interpenetrating_spheres_touch_in_a_ring_and_nested_ones_do_not() -> None:
    ball = trimesh.creation.icosphere(subdivisions=3)
    vertices, faces = np.asarray(ball.vertices), np.asarray(ball.faces, np.int32)
    both = np.vstack([faces, faces + len(vertices)])
    ring = find(np.vstack([vertices, vertices * 0.9 + [0.7, 0.1, 0.05]]), both)
    assert 50 < len(ring.faces) < 400
    assert find(np.vstack([vertices, vertices * 0.9]), both).pairs == 0
    assert find(vertices, faces).pairs == 0


def test_every_pair_is_found_whatever_the_order_of_the_faces() -> None:
    rng = np.random.default_rng(5)
    points = rng.normal(size=(180, 3))
    faces = np.arange(180, dtype=np.int32).reshape(60, 3)
    expected = count_contacts(points, faces)[1]
    assert expected > 100
    assert find(points, faces).pairs == expected
    assert find(points, faces[rng.permutation(60)]).pairs == expected


def test_stopping_early_is_said_and_gives_a_lower_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    points = rng.normal(size=(180, 3))
    faces = np.arange(180, dtype=np.int32).reshape(60, 3)
    whole = find(points, faces)
    monkeypatch.setattr("gencheck.mesh.pair_search._ROOM", LEAF_PAIRS)
    part = find(points, faces, max_work=5_000)
    assert whole.complete and not part.complete
    assert 2_500 <= part.work < 5_000 + 2 * 9 * LEAF_PAIRS  # a lane may finish what it has begun
    assert part.tests < whole.tests
    assert 0 < part.pairs < whole.pairs


def test_pairs_that_are_costly_to_tell_count_for_more() -> None:
    rng = np.random.default_rng(6)
    plane = rng.integers(-64, 64, (90, 2)) / 64.0
    faces = np.arange(90, dtype=np.int32).reshape(30, 3)
    cheap = find(np.column_stack([plane, plane[:, 0]]), faces)
    uneven = plane * 2.0 ** -rng.integers(0, 6, (90, 2)) / 3.0
    costly = np.column_stack([uneven, uneven[:, 0]])
    assert_agrees(costly, faces)
    found = find(costly, faces)
    assert cheap.tests > 100 and cheap.pairs > 100
    assert found.work / found.tests > 5 * cheap.work / cheap.tests


def test_going_on_after_a_stop_tests_no_pair_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    points = rng.normal(size=(180, 3))
    faces = np.arange(180, dtype=np.int32).reshape(60, 3)
    whole = find(points, faces)
    monkeypatch.setattr("gencheck.mesh.pair_search._ROOM", LEAF_PAIRS)
    chunked = find(points, faces)
    assert (chunked.pairs, chunked.tests) == (whole.pairs, whole.tests)
    assert chunked.faces.tolist() == whole.faces.tolist()


def test_pairs_are_listed_as_far_as_they_are_wanted() -> None:
    points, corners, kinds = prepare(*two((0.5, 0.5, 0.5)))
    for wanted in (0, 4, 10_000):
        found = find_intersections(points, corners, kinds, deadline=Deadline(), max_listed=wanted)
        listed = {frozenset(pair) for pair in found.listed.tolist()}
        assert len(listed) == len(found.listed)
        assert len(listed) <= found.pairs
        assert len(listed) == found.pairs or len(listed) <= wanted
        assert all(touches(points, corners[f], corners[g]) for f, g in map(sorted, listed))
    assert len(listed) == found.pairs > 4


@pytest.mark.parametrize("seed", range(3))
def test_two_threads_find_what_one_finds(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(3000, 3))
    faces = rng.integers(0, 3000, (1500, 3)).astype(np.int32)
    found = find(points, faces)
    monkeypatch.setattr("gencheck.mesh.pair_search._SMALL", len(faces))
    again = find(points, faces)
    assert found.pairs == again.pairs > 1_000
    assert found.faces.tolist() == again.faces.tolist()


def test_long_thin_faces_askew_to_the_axes_are_paired_by_turned_boxes() -> None:
    cable = trimesh.creation.cylinder(0.002, 1.0, sections=24)
    offsets = [(0.01 * i, 0.01 * j, 0.0) for i in range(6) for j in range(6)] + [(0.001, 0.0, 0.1)]
    turn = trimesh.transformations.random_rotation_matrix(np.array([0.3, 0.5, 0.7]))[:3, :3]
    vertices = np.vstack([np.asarray(cable.vertices) + o for o in offsets])
    faces = np.vstack([np.asarray(cable.faces) + i * len(cable.vertices) for i in range(37)])
    corners = faces.astype(np.int32)
    straight, askew = find(vertices, corners), find(vertices @ turn.T, corners)
    assert askew.tests < 2 * straight.tests
    assert len(askew.faces) == len(straight.faces) > 0
    assert askew.faces.max() // len(cable.faces) == 36


def test_a_caller_who_has_gone_stops_the_search() -> None:
    deadline = Deadline()
    deadline.cancel()
    with pytest.raises(Cancelled):
        find_intersections(*prepare(*two((0.5, 0.5, 0.5))), deadline=deadline)
