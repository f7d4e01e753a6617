"""The whole check: findings on meshes with known defects, statistics, and odd input."""

from __future__ import annotations

import math

import numpy as np
import pytest
import trimesh
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from gencheck.codes import CODES
from gencheck.deadline import Deadline
from gencheck.errors import Cancelled, DeadlineExceeded
from gencheck.findings import Measurement, MeshElements, OutcomeStatus, SkipReason
from gencheck.media.types import Mesh
from gencheck.mesh import check as check_module
from gencheck.mesh.bvh import LEAF_PAIRS
from gencheck.mesh.check import CHECKS, MeshReport, check_mesh, golden, warm_up
from gencheck.mesh.golden import cube
from gencheck.mesh.statistics import MeshCounts
from gencheck.policy import Policy, Thresholds, grade, judge

OF_DOCUMENTS = (
    "mesh.gltf", "mesh.usd", "mesh.scale", "mesh.material", "mesh.texture", "mesh.skin",
    "mesh.animation",
)  # fmt: skip


def run(vertices: object, faces: object) -> MeshReport:
    mesh = Mesh(
        np.asarray(vertices, np.float64).reshape(-1, 3),
        np.asarray(faces, np.int32).reshape(-1, 3),
        "PLY",
        {"lines": 2},
    )
    return check_mesh(mesh, deadline=Deadline())


def of(report: MeshReport, code: str) -> Measurement:
    (found,) = [m for m in report.measurements if m.code == code]
    return found


def status(report: MeshReport, check: str) -> tuple[OutcomeStatus, str]:
    (found,) = [o for o in report.outcomes if o.check == check]
    return found.status, found.reason


def join(*parts: tuple[NDArray[np.float64], NDArray[np.int32]]) -> MeshReport:
    offsets = np.cumsum([0, *(len(v) for v, _ in parts)])
    faces = np.vstack([f + o for (_, f), o in zip(parts, offsets, strict=False)])
    return run(np.vstack([v for v, _ in parts]), faces)


def test_a_cube_is_without_fault() -> None:
    report = run(*cube())
    values = {m.code: m.value for m in report.measurements if m.value}
    assert values == {"BUDGET_EXCEEDED": 12, "BUDGET_VERTICES": 8}
    skipped = {o.check: o.reason for o in report.outcomes if o.status is not OutcomeStatus.JUDGED}
    assert skipped == dict.fromkeys((*OF_DOCUMENTS, "mesh.uv", "mesh.normals"), "NOT_APPLICABLE")
    assert [o.check for o in report.outcomes] == ["mesh", *CHECKS]
    assert report.welded == MeshCounts(
        vertices=8,
        faces=12,
        edges=18,
        components=1,
        boundary_edges=0,
        non_manifold_edges=0,
        non_manifold_vertices=0,
        self_intersecting_faces=0,
        self_intersection_pairs=0,
        euler=2,
        genus=0,
        area=pytest.approx(6.0),  # type: ignore[arg-type]
        volume=pytest.approx(1.0),  # type: ignore[arg-type]
        bounds_min=(0.0, 0.0, 0.0),
        bounds_max=(1.0, 1.0, 1.0),
    )
    assert report.raw.self_intersecting_faces is None
    assert report.notes == {"lines": 2}
    assert {t.stage for t in report.timings} >= {"weld", "topology", "self_intersection"}


def test_unwelded_triangles_are_closed_once_welded() -> None:
    vertices, faces = cube()
    report = run(vertices[faces], np.arange(36))
    assert (report.raw.components, report.raw.boundary_edges, report.raw.volume) == (12, 36, None)
    assert (report.welded.components, report.welded.boundary_edges) == (1, 0)
    assert report.welded.volume == pytest.approx(1.0)
    assert of(report, "DUPLICATE_VERTEX").value == 28
    assert of(report, "BOUNDARY_LOOP").value == 0


def test_a_missing_face_is_a_hole_shown_by_its_neighbours() -> None:
    vertices, faces = cube()
    report = run(vertices, faces[1:])
    hole = of(report, "BOUNDARY_LOOP")
    assert hole.value == 1
    assert isinstance(hole.region, MeshElements)
    assert (hole.region.kind, hole.region.total) == ("loop", 1)
    missing = faces[0].tolist()
    neighbours = [i for i, f in enumerate(faces[1:].tolist()) if len({*f} & {*missing}) == 2]
    assert sorted(hole.region.faces) == neighbours
    assert status(report, "mesh.shell") == (OutcomeStatus.SKIPPED, "NOT_APPLICABLE")


def test_a_flipped_face_clashes_with_its_three_neighbours() -> None:
    vertices, faces = cube()
    faces[5] = faces[5, ::-1]
    report = run(vertices, faces)
    clash = of(report, "INCONSISTENT_WINDING")
    assert clash.value == 3
    assert isinstance(clash.region, MeshElements)
    assert 5 in clash.region.faces
    ends = np.array(clash.region.indices).reshape(-1, 2)
    assert all(set(pair) <= set(faces[5].tolist()) for pair in ends.tolist())
    assert report.welded.volume is None and report.welded.genus is None


def test_a_third_face_at_an_edge_and_a_face_twice() -> None:
    vertices, faces = cube()
    fin = run(np.vstack([vertices, [[2.0, -1.0, 0.5]]]), np.vstack([faces, [[4, 5, 8]]]))
    edge = of(fin, "NON_MANIFOLD_EDGE")
    assert edge.value == 1
    assert isinstance(edge.region, MeshElements)
    assert edge.region.indices == (4, 5)
    assert len(edge.region.faces) == 3
    twice = run(vertices, np.vstack([faces, faces[3][[1, 0, 2]]]))
    assert of(twice, "DUPLICATE_FACE").value == 1
    assert of(twice, "SELF_INTERSECTION").value == 2


def test_faces_without_area() -> None:
    vertices, faces = cube()
    middle = (vertices[0] + vertices[1]) / 2
    report = run(np.vstack([vertices, [middle]]), np.vstack([faces, [[0, 8, 1], [3, 3, 2]]]))
    degenerate = of(report, "DEGENERATE_FACE")
    assert degenerate.value == 2
    assert isinstance(degenerate.region, MeshElements)
    assert degenerate.region.faces == (12, 13)
    assert of(report, "SELF_INTERSECTION").value == 0


def test_a_shell_inside_out_is_found_and_a_cavity_is_not() -> None:
    vertices, faces = cube()
    inside = cube((0.25, 0.25, 0.25), 0.5)
    hollow = (inside[0], inside[1][:, ::-1])
    assert of(run(vertices, faces[:, ::-1]), "INVERTED_SHELL").value == 1
    cavity = join((vertices, faces), hollow)
    assert of(cavity, "INVERTED_SHELL").value == 0
    assert cavity.welded.volume == pytest.approx(1 - 0.125)
    deeper = cube((0.4, 0.4, 0.4), 0.2)
    nested = join((vertices, faces), hollow, (deeper[0], deeper[1][:, ::-1]))
    assert of(nested, "INVERTED_SHELL").value == 1
    beside = join((vertices, faces), (inside[0] + 3.0, inside[1][:, ::-1]))
    assert of(beside, "INVERTED_SHELL").value == 1


def test_a_shell_in_the_bounding_box_but_not_inside_is_no_cavity() -> None:
    ring = trimesh.creation.torus(2.0, 0.2)
    part = cube((-0.05, -0.05, -0.05), 0.1)
    report = join(
        (np.asarray(ring.vertices), np.asarray(ring.faces, np.int32)), (part[0], part[1][:, ::-1])
    )
    assert of(report, "INVERTED_SHELL").value == 1
    assert report.welded.genus == 1


def test_a_sheet_folded_onto_itself_has_no_volume() -> None:
    vertices = [[0, 0, 0.5], [1, 0, 0.5], [1, 1, 0.5], [0, 1, 0.5]]
    report = run(vertices, [[0, 1, 2], [0, 2, 3], [1, 0, 3], [3, 2, 1]])
    assert of(report, "ZERO_VOLUME").value == 1
    assert of(report, "INVERTED_SHELL").value == 0


def test_a_crumb_is_a_floater_and_a_fair_part_is_not() -> None:
    assert of(join(cube(), cube((3.0, 0.0, 0.0), 0.05)), "FLOATER").value == 1
    assert of(join(cube(), cube((3.0, 0.0, 0.0), 0.2)), "FLOATER").value == 0


def test_cubes_that_cut_each_other() -> None:
    report = join(cube(), cube((0.5, 0.5, 0.5)))
    cut = of(report, "SELF_INTERSECTION")
    assert cut.value == report.welded.self_intersecting_faces == 12
    assert str(report.welded.self_intersection_pairs) in cut.detail
    assert "exact" in cut.method.name


@pytest.mark.parametrize("scale", [1e-300, 1e-150, 1.0, 1e150, 1e300, 1.7e308])
def test_findings_do_not_depend_on_scale(scale: float) -> None:
    vertices, faces = cube()
    report = run(vertices * scale, faces[:, ::-1])
    assert of(report, "INVERTED_SHELL").value == 1
    assert of(report, "SELF_INTERSECTION").value == of(report, "ZERO_VOLUME").value == 0
    area = report.welded.area
    assert area == pytest.approx(6 * scale * scale) if scale < 1e154 else math.isinf(area)
    assert report.welded.bounds_max == (scale, scale, scale)


@pytest.mark.parametrize("far", [1e300, -1.7e308, np.inf])
def test_a_stray_vertex_does_not_change_what_is_found(far: float) -> None:
    vertices, faces = cube()
    report = run(np.vstack([vertices, [[far, 0.0, 0.0]]]), faces)
    found = {m.code for m in report.measurements if m.value}
    assert found <= {"BUDGET_EXCEEDED", "BUDGET_VERTICES", "NON_FINITE"}
    assert report.welded.volume == pytest.approx(1.0)


def test_a_mesh_without_faces_is_not_judged() -> None:
    for points in (np.empty((0, 3)), np.zeros((5, 3))):
        report = run(points, np.empty((0, 3)))
        geometry = [o for o in report.outcomes if o.check not in OF_DOCUMENTS]
        assert {o.reason for o in geometry} == {SkipReason.TOO_SMALL.value}
        assert report.welded.faces == report.welded.components == 0
    assert not report.measurements
    assert judge(report.outcomes, [], Policy("p", "1")).verdict.name == "INCONCLUSIVE"


def test_a_mesh_of_nothing_but_nan_is_critical_and_no_accident() -> None:
    vertices, faces = cube()
    report = run(vertices * np.nan, faces)
    assert of(report, "NON_FINITE").value == 8
    assert status(report, "mesh.self_intersection")[1] == "NOT_APPLICABLE"
    assert report.welded.bounds_min == ()
    policy = Policy("p", "1", thresholds={"NON_FINITE": Thresholds(critical=1)})
    findings = grade(report.measurements, policy)
    assert judge(report.outcomes, findings, policy).verdict.name == "FAIL"


def test_one_nan_vertex_leaves_the_rest_judged() -> None:
    vertices, faces = cube()
    vertices[3, 1] = np.nan
    report = run(vertices, faces)
    region = of(report, "NON_FINITE").region
    assert isinstance(region, MeshElements)
    assert region.indices == (3,)
    assert sorted(region.faces) == np.flatnonzero((faces == 3).any(axis=1)).tolist()
    assert report.welded.volume is None or math.isnan(report.welded.volume) is False
    assert math.isfinite(report.welded.area)


def test_every_code_is_published_and_every_region_bounded() -> None:
    rng = np.random.default_rng(3)
    report = run(rng.normal(size=(3000, 3)), np.arange(3000))
    for m in report.measurements:
        assert m.code in CODES and CODES[m.code].check == "mesh"
        assert m.check in CHECKS
        if isinstance(m.region, MeshElements):
            assert len(m.region.indices) <= 1000 and len(m.region.faces) <= 1000
            assert m.region.total == m.value  # THIN_WALL measures lengths, and has no solid here


def test_time_up_and_caller_gone() -> None:
    mesh = Mesh(*cube(), "PLY")
    with pytest.raises(DeadlineExceeded):
        check_mesh(mesh, deadline=Deadline.after(0.0))
    gone = Deadline()
    gone.cancel()
    with pytest.raises(Cancelled):
        check_mesh(mesh, deadline=gone)


def test_a_vertex_that_two_cubes_share_is_no_edge_of_three_faces() -> None:
    touching = join(cube(), cube((1.0, 1.0, 1.0)))
    found = of(touching, "NON_MANIFOLD_VERTEX")
    assert found.value == 1
    assert found.region is not None
    (vertex,) = found.region.indices
    corner = np.argwhere((cube()[0] == 1.0).all(axis=1)).item()
    assert vertex == corner
    at_corner = int((cube()[1] == corner).sum())
    opposite = int((cube()[1] == 0).sum())
    assert len(found.region.faces) == at_corner + opposite
    assert of(touching, "NON_MANIFOLD_EDGE").value == 0
    fin = run(np.vstack([cube()[0], [[2.0, -1.0, 0.5]]]), np.vstack([cube()[1], [[4, 5, 8]]]))
    assert of(fin, "NON_MANIFOLD_EDGE").value == 1
    assert of(fin, "NON_MANIFOLD_VERTEX").value == 0  # the ends of the edge are its own matter


@pytest.mark.parametrize("scale", [1.0, 1e-200, 1e200])
def test_a_finding_says_where_in_the_unit_of_the_file(scale: float) -> None:
    vertices, faces = cube((5.0, 0.0, 0.0))
    report = run(vertices * scale, np.vstack([faces, faces[3]]))
    region = of(report, "DUPLICATE_FACE").region
    assert isinstance(region, MeshElements)
    middle = vertices[faces[3]].mean(axis=0) * scale
    assert region.position == pytest.approx(middle.tolist(), rel=1e-15)
    lost = run([[0, 0, np.nan], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
    region = of(lost, "NON_FINITE").region
    assert isinstance(region, MeshElements)
    assert region.faces == (0,)
    assert region.position == ()


def test_degenerate_faces_are_told_apart() -> None:
    points = [[0, 0, 0], [1, 0, 0], [2, 0, 0], [2, 1e-13, 0], [0, 3, 0]]
    report = run(points, [[0, 1, 2], [0, 2, 3], [0, 1, 4], [1, 1, 4], [4, 0, 4]])
    found = of(report, "DEGENERATE_FACE")
    assert found.value == 4
    assert found.detail == (
        "of 5 faces: 2 name a vertex twice, 1 have two corners in one place (needles), "
        "1 a corner on the opposite edge (caps)"
    )


def test_giving_up_is_an_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    real = check_module.find_intersections
    monkeypatch.setattr(
        check_module, "find_intersections", lambda *a, **k: real(*a, **k, max_work=60)
    )
    monkeypatch.setattr("gencheck.mesh.pair_search._ROOM", LEAF_PAIRS)
    ball = trimesh.creation.icosphere(subdivisions=3)
    vertices, faces = np.asarray(ball.vertices), np.asarray(ball.faces, np.int32)
    clean = run(vertices, faces)
    assert status(clean, "mesh.self_intersection") == (OutcomeStatus.SKIPPED, "UNCERTAIN")
    assert status(clean, "mesh")[1] == "UNCERTAIN"
    assert clean.welded.self_intersecting_faces is None
    twice = run(vertices, np.vstack([faces] * 2))
    assert status(twice, "mesh.self_intersection")[0] is OutcomeStatus.JUDGED
    assert of(twice, "SELF_INTERSECTION").detail.startswith("at least")


def test_golden_notices_a_broken_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    warm_up()
    assert golden()
    monkeypatch.setattr("gencheck.mesh.measure.duplicate_faces", lambda f, e: np.arange(2))
    assert not golden()


@settings(max_examples=100, deadline=None)
@given(
    hnp.arrays(
        np.float64,
        (7, 3),
        elements=st.one_of(
            st.sampled_from([0.0, -0.0, 1.0, 0.5, np.nan, np.inf, 1.7e308, -1e308, 5e-324]),
            st.floats(allow_nan=True, allow_infinity=True),
        ),
    ),
    hnp.arrays(np.int32, st.tuples(st.integers(0, 12), st.just(3)), elements=st.integers(0, 6)),
)
def test_no_geometry_is_an_accident(
    vertices: NDArray[np.float64], faces: NDArray[np.int32]
) -> None:
    report = run(vertices, faces)
    assert all(math.isfinite(m.value) for m in report.measurements)
    for counts in (report.raw, report.welded):
        assert counts.faces == len(faces)
        assert not math.isnan(counts.area)
        assert counts.volume is None or not math.isnan(counts.volume)
    assert report.welded.vertices <= report.raw.vertices


@settings(max_examples=50, deadline=None)
@example(235415230)  # a stray vertex at the place of one that faces use
@given(st.integers(0, 2**32 - 1))
def test_findings_do_not_depend_on_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    vertices = rng.integers(0, 3, (10, 3)).astype(np.float64)
    faces = rng.integers(0, 10, (20, 3)).astype(np.int32)
    names = rng.permutation(10)
    moved = np.empty_like(vertices)
    moved[names] = vertices
    other = names[faces][rng.permutation(20)].astype(np.int32)
    first, second = run(vertices, faces), run(moved, np.roll(other, 1, axis=1))
    assert {m.code: m.value for m in first.measurements} == {
        m.code: m.value for m in second.measurements
    }
