"""What outlines prove: never that nothing overlaps where something does."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from uv_oracle import Made, exact_overlaps, joined, laid_out, separate, sheet, surveyed

from gencheck.deadline import Deadline
from gencheck.media.types import Mesh
from gencheck.mesh.uv import look_at_uv
from gencheck.mesh.uv_gutter import find_gutters, reach_of
from gencheck.mesh.uv_islands import find_islands
from gencheck.mesh.uv_layout import lay_out
from gencheck.mesh.uv_outline import find_outlines, unproven_spaces
from gencheck.mesh.uv_overlap import find_overlaps


def is_proven(mesh: Mesh) -> bool:
    state = surveyed(mesh)
    layout = lay_out(mesh, state)
    assert layout is not None
    islands = find_islands(layout, state)
    outlines = find_outlines(layout, islands.edges, reach_of(layout))
    gutters = find_gutters(layout, islands, outlines, deadline=Deadline())
    return not unproven_spaces(layout, outlines, gutters.touching).any()


def pairs(mesh: Mesh) -> int:
    layout = laid_out(mesh)
    return find_overlaps(layout, layout.mapped, deadline=Deadline()).pairs


def mirrored(part: Made) -> Made:
    return part[0], part[1][:, ::-1], part[2]


def test_islands_with_a_gutter_are_proven() -> None:
    grid = [sheet(3, (i / 4, j / 4), 0.2) for i in range(4) for j in range(4)]
    assert is_proven(joined(*grid))
    assert is_proven(joined(*grid[:8], *map(mirrored, grid[8:])))


def test_a_hole_is_proven_and_so_is_an_island_in_it() -> None:
    vertices, faces, uv = sheet(5, (0.0, 0.0), 1.0)
    middle = np.abs(uv[faces].mean(axis=1) - 0.5).max(axis=1) > 0.1
    ring = vertices, faces[middle], uv
    assert 0 < middle.sum() < len(faces)
    assert is_proven(joined(ring))
    assert is_proven(joined(ring, sheet(2, (0.45, 0.45), 0.1)))
    assert not is_proven(joined(ring, sheet(2, (0.05, 0.05), 0.1)))


def ring(middle: tuple[float, float], inner: float, outer: float, turn: float) -> Made:
    """A hexagon with a hexagonal hole."""
    angles = turn + np.arange(6) * np.pi / 3.0
    rim = np.column_stack([np.cos(angles), np.sin(angles)])
    i, j = np.arange(6), (np.arange(6) + 1) % 6
    faces = np.vstack([np.column_stack([i, i + 6, j + 6]), np.column_stack([i, j + 6, j])])
    uv = np.vstack([rim * inner, rim * outer]) + middle
    return np.column_stack([uv, np.zeros(12)]), faces.astype(np.int32), uv.astype(np.float32)


@pytest.mark.parametrize("seed", range(8))
def test_rings_in_rings_are_proven_unless_one_lies_on_another(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rings = []
    for i, j in np.ndindex(4, 4):
        bounds = np.sort(rng.choice(np.arange(3, 20), 6, replace=False)) * 0.005
        middle, turn = (0.25 * i, 0.25 * j), rng.uniform(0, 7)
        rings += [ring(middle, bounds[k], bounds[k + 1], turn) for k in (0, 2, 4)]
    rng.shuffle(rings)
    assert pairs(joined(*rings)) == 0 and is_proven(joined(*rings))
    astray = ring((0.25, 0.5), 0.005, 0.012, 0.0), ring((0.25, 0.5), 0.099, 0.1, 1.0)
    rings += [astray[0], astray[1], sheet(1, (0.249, 0.499), 0.002)]
    assert is_proven(joined(*rings))
    wide = ring((0.25, 0.5), 0.001, 0.11, 1.0)
    assert pairs(joined(*rings, wide)) and not is_proven(joined(*rings, wide))


@pytest.mark.parametrize("turned", [False, True])
def test_an_island_on_another_is_not_proven(turned: bool) -> None:
    inner = sheet(2, (0.3, 0.3), 0.2)
    mesh = joined(sheet(1, (0.0, 0.0), 1.0), mirrored(inner) if turned else inner)
    assert pairs(mesh) and not is_proven(mesh)
    twin = sheet(3, (0.0, 0.0), 1.0)
    assert not is_proven(joined(twin, mirrored(twin) if turned else twin))


def test_islands_that_touch_are_not_proven_though_nothing_overlaps() -> None:
    mesh = joined(sheet(2, (0.0, 0.0), 0.5), sheet(2, (0.5, 0.0), 0.5))
    assert not pairs(mesh) and not is_proven(mesh)


def on_its_corner(lower: tuple[float, float], size: float) -> Made:
    """A square island turned by 45 degrees, whose sides' boxes are squares."""
    vertices, faces, uv = sheet(1, (0.0, 0.0), size)
    turned = np.column_stack([uv[:, 0] - uv[:, 1], uv[:, 0] + uv[:, 1]]) + lower
    return vertices, faces, turned.astype(np.float32)


def test_islands_on_their_corners_that_cross_touch() -> None:
    grid = [on_its_corner((i / 4, j / 4), 0.08) for i in range(4) for j in range(4)]
    assert is_proven(joined(*grid))
    crossing = joined(*grid, on_its_corner((0.31, 0.26), 0.08))
    found = look_at_uv(crossing, surveyed(crossing), Deadline())
    assert found is not None
    assert found.gutters.narrowest == 0.0
    assert set(found.gutters.islands.tolist()) == {5, 16}
    assert found.overlaps.share > 0.0


def test_a_face_folded_over_is_not_proven() -> None:
    vertices, faces, uv = sheet(4, (0.0, 0.0), 1.0)
    uv = uv.copy()
    uv[12] += 0.3  # a corner in the middle, beyond its neighbours
    mesh = joined((vertices, faces, uv))
    assert pairs(mesh) and not is_proven(mesh)


def test_a_branch_point_is_not_proven() -> None:
    """Faces go twice around one corner: no side crosses another, each is turned the same way."""
    angles = np.linspace(0.0, 4.0 * np.pi, 13)[:-1]
    radius = np.linspace(1.0, 2.0, 12)
    rim = np.column_stack([np.cos(angles), np.sin(angles)]) * radius[:, None] / 8.0 + 0.5
    uv = np.vstack([[[0.5, 0.5]], rim]).astype(np.float32)
    faces = np.array([[0, i, i % 12 + 1] for i in range(1, 13)], np.int32)
    vertices = np.random.default_rng(2).normal(size=(13, 3))
    mesh = joined((vertices, faces, uv))
    assert pairs(mesh) and not is_proven(mesh)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 40)] * 6), min_size=1, max_size=5))
def test_what_is_proven_does_not_overlap_by_exact_arithmetic(numbers: list[tuple[int]]) -> None:
    triangles = np.array(numbers, np.float32).reshape(-1, 3, 2) / 41.0
    a, b = np.moveaxis(triangles[:, 1:] - triangles[:, :1], 1, 0)
    triangles = triangles[abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) > 1e-6]
    if not len(triangles):
        return
    overlapping = exact_overlaps(triangles)[1] > 0
    if is_proven(separate(triangles)):
        assert not overlapping
    elif not overlapping:
        assert touches(triangles)


def touches(triangles: NDArray[np.float32]) -> bool:
    """Whether some triangles grown by a little overlap."""
    middle = triangles.mean(axis=1, keepdims=True)
    grown = middle + (triangles - middle) * 1.01
    return any(exact_overlaps(np.stack(two))[1] for two in itertools.combinations(grown, 2))


def test_nothing_is_proven_where_that_is_too_much_work() -> None:
    mesh = joined(*[sheet(1, (i / 10, 0.0), 0.05) for i in range(10)])
    state = surveyed(mesh)
    layout = lay_out(mesh, state)
    assert layout is not None
    islands = find_islands(layout, state)
    outlines = find_outlines(layout, islands.edges, reach_of(layout))
    quiet = np.zeros(len(outlines.sides), np.bool_)
    assert not unproven_spaces(layout, outlines, quiet).any()
    assert unproven_spaces(layout, outlines, quiet, max_work=3).any()
