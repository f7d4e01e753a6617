"""What the mesh check says about UV, normals and tangents."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_materials import white
from numpy.typing import NDArray
from uv_oracle import areas, exactly, joined, separate, sheet

from gencheck.deadline import Deadline
from gencheck.findings import Measurement, MeshElements, OutcomeStatus, Verdict
from gencheck.media.appearance import REPEAT, Appearance, Materials, Textures
from gencheck.media.types import Mesh
from gencheck.mesh.check import MeshReport, check_mesh
from gencheck.mesh.golden import GOLDEN
from gencheck.mesh.uv_view import draw_uv_map
from gencheck.policy import grade, judge
from gencheck.policy_file import Policies


def report_of(mesh: Mesh) -> MeshReport:
    return check_mesh(mesh, deadline=Deadline())


def of(report: MeshReport, code: str) -> Measurement:
    (found,) = [m for m in report.measurements if m.code == code]
    return found


def outcome(report: MeshReport, check: str) -> tuple[OutcomeStatus, str, str]:
    (found,) = [o for o in report.outcomes if o.check == check]
    return found.status, found.reason, found.message


def lit(mesh: Mesh, normal: tuple[float, float, float]) -> Mesh:
    assert mesh.appearance is not None
    normals = np.tile(np.array(normal, np.float32), (len(mesh.vertices), 1))
    return replace(mesh, appearance=replace(mesh.appearance, normals=normals))


@pytest.mark.parametrize("length", [0.0, np.nan])
def test_normals_without_a_direction_are_not_judged(length: float) -> None:
    report = report_of(lit(joined(sheet(1, (0.0, 0.0), 1.0)), (0.0, 0.0, length)))
    status, reason, message = outcome(report, "mesh.normals")
    assert (status, reason) == (OutcomeStatus.SKIPPED, "NOT_APPLICABLE")
    assert "no corner" in message
    assert not [m for m in report.measurements if m.check == "mesh.normals"]


def test_overlap_tells_pairs_areas_and_faces() -> None:
    mesh = joined(sheet(1, (0.0, 0.0), 1.0), sheet(2, (0.0, 0.0), 0.5))
    report = report_of(mesh)
    found = of(report, "UV_OVERLAP")
    assert found.value == 0.25
    assert found.detail.startswith("8 pairs of faces, 10 of 10 faces; the pairs have 0.25 in")
    assert isinstance(found.region, MeshElements)
    assert (found.region.kind, found.region.total) == ("face", 10)
    assert found.region.position == pytest.approx((2 / 3, 1 / 3, 0.0))


def test_a_clean_layout_is_measured_and_not_minded() -> None:
    report = report_of(lit(joined(sheet(4, (0.0, 0.0), 1.0)), (0.0, 0.0, -1.0)))
    values = {m.code: m.value for m in report.measurements if m.check == "mesh.uv"}
    assert values.pop("TEXEL_DENSITY") == pytest.approx(1.0)
    assert len(values) == 6 and not any(values.values())
    assert outcome(report, "mesh.uv")[0] is outcome(report, "mesh.normals")[0]
    assert outcome(report, "mesh.uv")[0] is OutcomeStatus.JUDGED


def test_normals_that_point_behind_are_minded() -> None:
    report = report_of(lit(joined(sheet(2, (0.0, 0.0), 1.0)), (0.0, 0.0, 1.0)))
    found = of(report, "NORMAL_MISMATCH")
    assert (found.value, found.detail) == (1.0, "24 of 24 corners")
    (finding,) = [
        f for f in grade(report.measurements, Policies.load().get("")) if "NORMAL" in f.code
    ]
    assert finding.message.startswith("normals that point behind their faces")


def test_without_texture_coordinates_and_normals_nothing_is_judged() -> None:
    mesh = replace(joined(sheet(1, (0.0, 0.0), 1.0)), appearance=None)
    for check in ("mesh.uv", "mesh.normals"):
        assert outcome(report_of(mesh), check)[:2] == (OutcomeStatus.SKIPPED, "NOT_APPLICABLE")
    assert not {m.check for m in report_of(mesh).measurements} & {"mesh.uv", "mesh.normals"}
    assert report_of(mesh).uv is None


def test_a_layout_that_cannot_be_told_is_a_gap() -> None:
    """Very many pairs, on a layout far too sparse to sample."""
    triangle = np.array([[0, 0], [1e-4, 0], [0, 1e-4]])
    mesh = separate(np.concatenate([[triangle] * 1_500, [triangle + 0.9]]))
    mesh.vertices[:] += np.repeat(np.arange(len(mesh.vertices) // 3), 3)[:, None] * 10.0
    report = report_of(mesh)
    status, reason, message = outcome(report, "mesh.uv")
    assert (status, reason) == (OutcomeStatus.SKIPPED, "UNCERTAIN")
    assert "overlap is not told" in message
    assert not [m for m in report.measurements if m.code == "UV_OVERLAP"]
    assert of(report, "UV_DEGENERATE").value == 0


def test_the_golden_overlap_is_exact() -> None:
    report = report_of(GOLDEN)
    assert GOLDEN.appearance is not None and GOLDEN.appearance.uv is not None
    assert report.uv is not None
    mapped = GOLDEN.appearance.uv[GOLDEN.faces[report.uv.layout.mapped]]
    exact = areas(exactly(mapped))
    assert of(report, "UV_OVERLAP").value == pytest.approx(float(exact[2] / exact[1]), rel=1e-12)
    assert report.uv.overlaps.covered == pytest.approx(float(exact[1]), rel=1e-9)


def asking(count: int) -> Materials:
    """Materials with a texture for each set."""
    made = white(count)
    made.texture[:, :2] = 0
    made.uv_set[:, 1] = 1
    return made


@pytest.mark.parametrize("seed", range(30))
def test_odd_numbers_are_judged_all_the_same(seed: int) -> None:
    """NaN, infinities, huge and tiny ones, anywhere: finite values, and a verdict."""
    rng = np.random.default_rng(seed)

    def odd(shape: tuple[int, int]) -> NDArray[np.float32]:
        values = rng.normal(size=shape)
        strange = np.array([np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45, 0.0, -0.0, 1.0])
        some = rng.random(shape) < 0.2
        values[some] = rng.choice(strange, some.sum())
        return values.astype(np.float32)

    n, known = 40, seed % 2 == 1
    textures = Textures(
        wrap=np.full((1, 2), REPEAT, np.int32),
        shape=np.zeros((1, 2), np.int32),
        start=np.zeros(1, np.int64),
        texels=np.zeros((0, 4), np.uint8),
    )
    mesh = Mesh(
        odd((n, 3)).astype(np.float64),
        rng.integers(0, n, (60, 3)).astype(np.int32),
        "GLB",
        appearance=Appearance(
            uv=odd((n, 2)),
            second_uv=odd((n, 2)),
            normals=odd((n, 3)),
            tangents=odd((n, 4)),
            parts=np.array([[0, 0, -1, 0, 0], [1, 0, 1 if known else 7, 13, 20]], np.int32),
            materials=asking(2) if known else None,
            textures=textures,
        ),
    )
    report = report_of(mesh)
    assert all(np.isfinite(m.value) for m in report.measurements)
    policy = Policies.load().get("")
    found = judge(report.outcomes, grade(report.measurements, policy), policy)
    assert isinstance(found.verdict, Verdict)
    if report.uv is not None:
        assert draw_uv_map(report.uv, deadline=Deadline()).shape == (768, 768, 3)
