"""Faces inside, and the thickness of walls: planted, against brute force, bounded."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.errors import Cancelled
from gencheck.findings import MeshElements, OutcomeStatus
from gencheck.media.types import Mesh
from gencheck.mesh.check import MeshReport, check_mesh
from gencheck.mesh.golden import cube
from gencheck.mesh.intersect import find_intersections
from gencheck.mesh.measure import of_walls
from gencheck.mesh.scale import scale_to_unit
from gencheck.mesh.survey import Survey, survey
from gencheck.mesh.walls import Walls, find_walls

Part = tuple[NDArray[np.float64], NDArray[np.int32]]


def joined(*parts: Part) -> Part:
    offsets = np.cumsum([0, *(len(v) for v, _ in parts)])
    faces = np.vstack([f + o for (_, f), o in zip(parts, offsets, strict=False)])
    return np.vstack([v for v, _ in parts]), faces.astype(np.int32)


def surveyed(part: Part) -> Survey:
    return survey(scale_to_unit(*part), part[1], Deadline())


def walls_of(*parts: Part, **limits: int) -> Walls:
    walls = find_walls(surveyed(joined(*parts)), Deadline(), **limits)
    assert walls is not None
    return walls


def report_of(*parts: Part) -> MeshReport:
    return check_mesh(Mesh(*joined(*parts), "PLY"), deadline=Deadline())


def values(report: MeshReport) -> dict[str, float]:
    return {m.code: m.value for m in report.measurements}


def inside_out(part: Part) -> Part:
    return part[0], part[1][:, ::-1]


def ball(size: float = 1.0, at: tuple[float, float, float] = (0, 0, 0), fine: int = 1) -> Part:
    made = trimesh.creation.icosphere(subdivisions=fine)
    return np.asarray(made.vertices) * size + np.array(at), np.asarray(made.faces, np.int32)


def slab(rng: np.random.Generator, thickness: float) -> Part:
    """A plate of unit size, turned anyhow."""
    vertices, faces = cube((-0.5, -0.5, -0.5))
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    if np.linalg.det(turn) < 0.0:
        turn[0] *= -1.0
    return vertices * [1.0, 1.0, thickness] @ turn + rng.uniform(-2.0, 2.0, 3), faces


def test_a_box_in_a_box_is_inside_and_a_cavity_is_not() -> None:
    inner = cube((0.25, 0.25, 0.25), 0.5)
    assert walls_of(cube(), inner).interior.tolist() == list(range(12, 24))
    hollow = walls_of(cube(), inside_out(inner))
    assert not len(hollow.interior)
    assert hollow.thinnest / hollow.diagonal == pytest.approx(0.25 / math.sqrt(3.0))
    clapper = walls_of(cube(), inside_out(inner), cube((0.4, 0.4, 0.4), 0.2))
    assert not len(clapper.interior)
    assert walls_of(inside_out(cube()), inside_out(inner)).interior.tolist() == list(range(12, 24))
    assert not len(walls_of(cube(), cube((2.0, 0.0, 0.0))).interior)


def test_an_open_sheet_inside_a_solid_is_inside() -> None:
    triangle = np.array([[0.2, 0.2, 0.3], [0.7, 0.2, 0.4], [0.3, 0.8, 0.5]])
    one = np.array([[0, 1, 2]], np.int32)
    assert walls_of(cube(), (triangle, one)).interior.tolist() == [12]
    assert walls_of(cube(), inside_out((triangle, one))).interior.tolist() == [12]
    assert not len(walls_of(cube(), (triangle + 1.0, one)).interior)


def test_a_face_that_is_cut_is_no_interior_one() -> None:
    """The tip goes through the middle of a face, whose corners are outside."""
    spike = np.array([[0.6, 0.3, -0.2], [0.7, 0.3, -0.2], [0.65, 0.4, -0.2], [2 / 3, 1 / 3, 0.2]])
    sides = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]], np.int32)
    spike = np.vstack([spike, spike[:, [0, 1, 2]] - [1 / 3, -1 / 3, 0.0]])
    both = spike, np.vstack([sides, sides + 4])
    assert len(walls_of(cube(), both).interior) == 2
    report = report_of(cube(), both)
    assert values(report)["INTERIOR_FACES"] == 0 and values(report)["SELF_INTERSECTION"] == 8


def test_nothing_is_inside_where_nothing_is_solid() -> None:
    vertices, faces = cube()
    assert find_walls(surveyed((vertices, faces[1:])), Deadline()) is None
    report = report_of((vertices, faces[1:]))
    for check in ("mesh.interior", "mesh.thickness"):
        (found,) = [o for o in report.outcomes if o.check == check]
        assert (found.status, found.reason) == (OutcomeStatus.SKIPPED, "NOT_APPLICABLE")
    assert not values(report).keys() & {"INTERIOR_FACES", "THIN_WALL"}


@pytest.mark.parametrize("seed", range(200))
def test_a_slab_is_as_thick_as_it_was_made(seed: int) -> None:
    rng = np.random.default_rng(seed)
    thickness = 10.0 ** rng.uniform(-6.0, -2.4)
    state = surveyed(slab(rng, thickness))
    walls = find_walls(state, Deadline())
    assert walls is not None
    made = math.ldexp(thickness, -state.scaled.exponent)
    assert walls.thinnest == pytest.approx(made, rel=1e-9)
    flat = np.ptp(cube()[0][cube()[1]][:, :, 2], axis=1) == 0.0
    assert sorted(walls.thin.tolist()) == np.flatnonzero(flat).tolist()
    assert not len(walls.interior) and walls.unclear == 0


def test_a_thin_wall_is_measured_in_diagonals_and_told_in_the_unit_of_the_file() -> None:
    vertices, faces = cube()
    report = report_of((vertices * [100.0, 100.0, 0.25], faces))
    (thin,) = [m for m in report.measurements if m.code == "THIN_WALL"]
    assert thin.value == pytest.approx(math.hypot(100.0, 100.0, 0.25) / 0.25)
    assert thin.detail.startswith("the thinnest is 0.25;")
    assert isinstance(thin.region, MeshElements) and thin.region.total == 4
    assert thin.region.position[2] in {0.0, 0.25}
    assert values(report_of((vertices * [100.0, 100.0, 0.75], faces)))["THIN_WALL"] == 0


def test_a_sharp_edge_is_no_wall() -> None:
    wedge = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 0.7], [0, 1, 0.7]], float)
    sides = [[0, 2, 1], [0, 3, 2], [0, 1, 4], [3, 5, 2], [0, 4, 5], [0, 5, 3], [1, 2, 5], [1, 5, 4]]
    made = trimesh.Trimesh(wedge, sides, process=False)
    for _ in range(5):
        made = made.subdivide()
    assert made.is_watertight and made.volume > 0
    walls = walls_of((np.asarray(made.vertices), np.asarray(made.faces, np.int32)))
    assert not len(walls.thin)


def test_rays_through_vertices_and_edges_count_once() -> None:
    """The middle of each cap of the prism is right below an apex, and beside four edges."""
    tent = np.array(
        [[-9, -9, 0], [9, -9, 0], [9, 9, 0], [-9, 9, 0], [1, 1, 30], [1, 1, -30]], float
    )
    sides = [[0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4], [1, 0, 5], [2, 1, 5], [3, 2, 5], [0, 3, 5]]
    prism = np.array([[x, y, z] for z in (-1, 2) for x, y in ((0, 0), (3, 0), (0, 3))], float)
    caps = [[0, 2, 1], [3, 4, 5], [0, 1, 4], [0, 4, 3], [1, 2, 5], [1, 5, 4], [2, 0, 3], [2, 3, 5]]
    walls = walls_of((tent, np.array(sides, np.int32)), (prism, np.array(caps, np.int32)))
    assert walls.interior.tolist() == list(range(8, 16))
    assert walls.unclear == 0


def solid_angles(part: Part, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Winding number of a closed part at each point (Van Oosterom and Strackee, 1983)."""
    a, b, c = np.moveaxis(part[0][part[1]][None] - at[:, None, None], 2, 0)
    la, lb, lc = (np.linalg.norm(x, axis=2) for x in (a, b, c))
    above = np.einsum("nfi,nfi->nf", a, np.cross(b, c))
    below = la * lb * lc + (a * b).sum(2) * lc + (b * c).sum(2) * la + (c * a).sum(2) * lb
    turns: NDArray[np.float64] = np.arctan2(above, below).sum(axis=1) / (2.0 * np.pi)
    return turns


@pytest.mark.parametrize("seed", range(20))
def test_inside_is_what_solid_angles_say(seed: int) -> None:
    rng = np.random.default_rng(seed)
    parts = [ball(s, tuple(rng.uniform(-0.7, 0.7, 3))) for s in rng.uniform(0.2, 1.0, 4)]
    parts[1] = inside_out(parts[1])
    vertices, faces = joined(*parts)
    walls = walls_of(*parts)
    a, b, c = np.moveaxis(vertices[faces], 1, 0)
    normals = np.cross(b - a, c - a)
    normals *= 1e-6 / np.linalg.norm(normals, axis=1, keepdims=True)
    middles = (a + b + c) / 3.0
    sides = [
        np.rint(sum(solid_angles(part, middles + shift) for part in parts)) != 0
        for shift in (normals, -normals)
    ]
    assert walls.interior.tolist() == np.flatnonzero(sides[0] & sides[1]).tolist()
    assert walls.unclear == 0


def test_thickness_is_what_brute_force_says() -> None:
    """Of a bumpy ball with a cavity, by the ray and triangle test of Möller and Trumbore, 1997."""
    rng = np.random.default_rng(5)
    outer, inner = ball(fine=2), ball(0.97, fine=2)
    bumps = rng.uniform(0.99, 1.01, (len(outer[0]), 1))
    vertices, faces = joined((outer[0] * bumps, outer[1]), inside_out(inner))
    state = surveyed((vertices, faces))
    walls = find_walls(state, Deadline())
    assert walls is not None
    a, b, c = np.moveaxis(state.scaled.vertices[faces], 1, 0)
    normals = np.cross(b - a, c - a)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    shortest = np.inf
    for f in range(len(faces)):
        p = np.cross(-normals[f], c - a)
        scale = ((b - a) * p).sum(1)
        offset = (a[f] + b[f] + c[f]) / 3.0 - a
        u, q = (offset * p).sum(1) / scale, np.cross(offset, b - a)
        v, t = (q * -normals[f]).sum(1) / scale, (q * (c - a)).sum(1) / scale
        hit = (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 1e-9)
        nearest = np.flatnonzero(hit)[np.argmin(t[hit])]
        if normals[f] @ normals[nearest] <= -math.sqrt(0.75):
            shortest = min(shortest, t[nearest])
    assert walls.thinnest == pytest.approx(shortest, rel=1e-9)


def test_faces_in_one_place_are_not_told() -> None:
    base, on_top = cube(), cube((0.25, 0.25, 1.0), 0.5)
    walls = walls_of(base, on_top)
    assert walls.unclear > 0 and not len(walls.interior)
    (inside,) = [m for m in report_of(base, on_top).measurements if m.code == "INTERIOR_FACES"]
    assert inside.value == 0


def test_the_work_is_bounded_and_said_so() -> None:
    parts = (ball(fine=3), ball(0.5, fine=3), ball(0.01, (3, 3, 3), fine=0))
    whole = walls_of(*parts)
    assert (whole.asked, whole.faces) == (2580, 2580)
    some = walls_of(*parts, max_rays=50)
    assert some.asked <= 50 and set(some.interior) < set(whole.interior)
    assert len(some.interior) >= 2  # the first face of each component, and more
    assert 0 < walls_of(*parts, max_work=1000).asked < 2580
    gone = Deadline()
    gone.cancel()
    with pytest.raises(Cancelled):
        find_walls(surveyed(joined(*parts)), gone)


def test_a_sample_is_called_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find_walls, "__kwdefaults__", {"max_rays": 100, "max_work": 10**6})
    report = report_of(ball(fine=2), ball(0.5, fine=2))
    (inside,) = [m for m in report.measurements if m.code == "INTERIOR_FACES"]
    assert inside.detail.startswith("at least, of") and inside.detail.endswith("out of 640")


def test_a_sample_in_which_nothing_is_found_is_called_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find_walls, "__kwdefaults__", {"max_rays": 100, "max_work": 10**6})
    for measured in report_of(ball(fine=2)).measurements:
        if measured.code in {"INTERIOR_FACES", "THIN_WALL"}:
            assert measured.value == 0 and measured.detail.endswith("faces asked out of 320")


def test_faces_are_inside_in_part_maybe_where_not_all_touches_were_found() -> None:
    state = surveyed(joined(ball(), ball(0.5)))
    walls = find_walls(state, Deadline())
    assert walls is not None
    found = find_intersections(state.scaled.vertices, state.faces, state.kinds, deadline=Deadline())
    assert "in part" not in of_walls(state, walls, found)[0].detail
    part = replace(found, complete=False)
    assert "some may be inside in part only" in of_walls(state, walls, part)[0].detail


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(-200, 200))
def test_neither_order_nor_a_power_of_two_changes_it(seed: int, power: int) -> None:
    rng = np.random.default_rng(seed)
    parts = [cube(tuple(rng.uniform(0.0, 1.0, 3)), rng.uniform(0.1, 1.0)) for _ in range(4)]
    vertices, faces = joined(*parts, slab(rng, 0.003))
    first = walls_of((vertices, faces))
    to, place = rng.permutation(len(faces)), rng.permutation(len(vertices))
    moved, other = np.empty_like(vertices), np.empty_like(faces)
    moved[place] = np.ldexp(vertices, power)
    other[to] = np.roll(place[faces], int(rng.integers(3)), axis=1)
    second = walls_of((moved, other))
    assert sorted(to[first.interior]) == second.interior.tolist()
    assert sorted(to[first.thin]) == sorted(second.thin)
    assert (first.thinnest, first.unclear) == (second.thinnest, second.unclear)
