"""Layouts: welding, textures, placements; islands, density and range on them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_materials import white
from numpy.typing import NDArray
from uv_oracle import Made, joined, laid_out, separate, sheet, surveyed

from gencheck.deadline import Deadline
from gencheck.media.appearance import CLAMP, REPEAT, Appearance, Materials, Textures
from gencheck.media.types import Mesh
from gencheck.mesh.uv import UvMap, look_at_uv
from gencheck.mesh.uv_density import measure_density
from gencheck.mesh.uv_layout import AGAIN, FLAT, MAPPED, MISSING, UNSEEN


def uv_of(mesh: Mesh) -> UvMap:
    found = look_at_uv(mesh, surveyed(mesh), Deadline())
    assert found is not None
    return found


def with_looks(mesh: Mesh, **looks: object) -> Mesh:
    assert mesh.appearance is not None
    return replace(mesh, appearance=replace(mesh.appearance, **looks))  # type: ignore[arg-type]


def materials(textures: list[int], uv_set: int = 0) -> Materials:
    """Materials with a base colour texture each; -1 for none."""
    made = white(len(textures))
    made.texture[:, 0] = textures
    made.uv_set[:] = uv_set
    return made


def textures(wraps: list[tuple[int, int]]) -> Textures:
    n = len(wraps)
    return Textures(
        wrap=np.array(wraps, np.int32),
        shape=np.zeros((n, 2), np.int32),
        start=np.zeros(n, np.int64),
        texels=np.zeros((0, 4), np.uint8),
    )


def two_parts(first: Made, second: Made, material: tuple[int, int] = (0, 1)) -> Mesh:
    """Each a primitive with a material of its own."""
    parts = [[0, 0, material[0], 0, 0], [0, 1, material[1], len(first[0]), len(first[1])]]
    return with_looks(joined(first, second), parts=np.array(parts, np.int32))


def test_a_mesh_without_texture_coordinates_has_no_layout() -> None:
    mesh = replace(joined(sheet(1, (0.0, 0.0), 1.0)), appearance=None)
    assert look_at_uv(mesh, surveyed(mesh), Deadline()) is None
    assert look_at_uv(replace(mesh, appearance=Appearance()), surveyed(mesh), Deadline()) is None


def test_faces_are_sorted_by_what_they_have() -> None:
    mesh = separate([[[0, 0], [1, 0], [0, 1]]] * 5)
    assert mesh.appearance is not None and mesh.appearance.uv is not None
    mesh.appearance.uv[3:6] = [[0.1, 0.1], [0.4, 0.4], [0.7, 0.7]]
    mesh.appearance.uv[6] = np.nan
    mesh.appearance.uv[9] = np.inf
    mesh.vertices[12:15] = mesh.vertices[12]
    assert laid_out(mesh).kinds.tolist() == [MAPPED, FLAT, MISSING, MISSING, UNSEEN]


def test_what_rounding_leaves_of_a_line_has_no_area() -> None:
    rng = np.random.default_rng(3)
    start, along = rng.uniform(-5, 5, (200, 1, 2)), rng.normal(size=(200, 1, 2))
    line = start + along * rng.uniform(0, 1, (200, 3, 1))
    assert (laid_out(separate(line)).kinds == FLAT).all()
    tiny = start + 1e-4 * np.array([[0, 0], [1, 0], [0, 1]])
    assert (laid_out(separate(tiny)).kinds == MAPPED).all()


def test_normal_seams_are_none_in_the_texture() -> None:
    """Each face with vertices of its own: one island all the same, and nothing overlaps."""
    vertices, faces, uv = sheet(4, (0.0, 0.0), 1.0)
    split = Mesh(
        vertices[faces].reshape(-1, 3),
        np.arange(faces.size, dtype=np.int32).reshape(-1, 3),
        "GLB",
        appearance=Appearance(uv=uv[faces].reshape(-1, 2)),
    )
    by_corner = Mesh(vertices, faces, "OBJ", appearance=Appearance(uv=uv, uv_faces=faces))
    whole = uv_of(joined((vertices, faces, uv)))
    for mesh in (split, by_corner):
        state = surveyed(joined((vertices, faces, uv)))
        found = look_at_uv(mesh, state, Deadline())
        assert found is not None
        assert (found.islands.count, found.overlaps.pairs) == (1, 0)
        assert len(found.outlines.sides) == len(whole.outlines.sides) == 16


def test_textures_are_looked_at_apart() -> None:
    same = sheet(2, (0.0, 0.0), 1.0)
    assert uv_of(two_parts(same, same, (0, 0))).overlaps.pairs == 8
    assert uv_of(two_parts(same, same)).overlaps.pairs == 0
    one = materials([0, 0])
    assert uv_of(with_looks(two_parts(same, same), materials=one)).overlaps.pairs == 8
    two = materials([0, 1])
    assert uv_of(with_looks(two_parts(same, same), materials=two)).overlaps.pairs == 0


def test_parts_of_a_file_without_materials_have_layouts() -> None:
    mesh = two_parts(sheet(2, (0.0, 0.0), 0.5), sheet(2, (0.5, 0.0), 0.5), (-1, 3))
    found = uv_of(with_looks(mesh, materials=materials([])))
    assert len(found.layout.mapped) == 16
    assert len(set(found.layout.space.tolist())) == 2


def test_a_transform_moves_the_faces_of_its_part() -> None:
    looks = materials([0, 0])
    looks.uv_transform[1, 0] = [[0.5, 0.0, 1.0], [0.0, 0.5, 0.0]]
    same = sheet(2, (0.0, 0.0), 1.0)
    found = uv_of(with_looks(two_parts(same, same), materials=looks))
    assert (found.overlaps.pairs, found.overlaps.covered) == (0, 1.25)


def test_a_part_that_is_placed_again_does_not_overlap_itself() -> None:
    same = sheet(2, (0.0, 0.0), 1.0)
    mesh = two_parts(same, same, (0, 0))
    assert mesh.appearance is not None
    mesh.appearance.parts[1, 1] = 0
    found = uv_of(mesh)
    assert found.overlaps.pairs == 0
    assert (found.layout.kinds[8:] == AGAIN).all() and (found.layout.kinds[:8] == MAPPED).all()


def turned(part: Made) -> Made:
    """Mirrored in the texture only."""
    vertices, faces, uv = part
    return vertices, faces, np.column_stack([uv[:, 0].max() + uv[:, 0].min() - uv[:, 0], uv[:, 1]])


def test_mirrored_islands_are_told_from_folded_faces() -> None:
    found = uv_of(joined(sheet(3, (0.0, 0.0), 0.4), turned(sheet(3, (0.5, 0.5), 0.4)))).islands
    assert found.count == 2
    assert sorted(found.mirrored.tolist()) == [False, True]
    assert not len(found.folded)
    vertices, faces, uv = sheet(4, (0.0, 0.0), 1.0)
    uv[12] = [0.95, 0.5]  # the corner in the middle, beyond the next to the right
    folded = uv_of(joined((vertices, faces, uv))).islands
    assert (folded.count, len(folded.folded)) == (1, 2)
    assert all(12 in faces[f] for f in folded.folded)


def test_v_grows_downwards() -> None:
    """Seen from outside, u to the right and v down: as the picture is, not mirrored."""
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float64)
    uv = np.array([[0, 1], [1, 1], [0, 0]], np.float32)
    upright = Mesh(vertices, np.array([[0, 1, 2]], np.int32), "GLB", appearance=Appearance(uv=uv))
    assert not uv_of(upright).islands.mirrored.any()


def test_the_spread_of_texels_is_that_of_the_sizes() -> None:
    vertices, faces, uv = sheet(10, (0.0, 0.0), 0.4)
    small = vertices, faces, (uv / 3.0 + 0.5).astype(np.float32)
    even = uv_of(joined((vertices, faces, uv), sheet(10, (0.5, 0.5), 0.4))).density
    assert even is not None
    assert even.spread == pytest.approx(1.0, abs=1e-4)
    found = uv_of(joined((vertices, faces, uv), small)).density
    assert found is not None
    assert found.spread == pytest.approx(3.0, rel=1e-4)
    apart = uv_of(two_parts((vertices, faces, uv), small)).density
    assert apart is not None
    assert apart.spread == pytest.approx(1.0, abs=1e-4)  # each texture by itself


def test_density_is_for_a_unit_of_length() -> None:
    mesh = joined(sheet(4, (0.0, 0.0), 0.5))
    state = surveyed(replace(mesh, vertices=mesh.vertices * 1e6))
    found = look_at_uv(mesh, state, Deadline())
    assert found is not None and found.density is not None
    assert np.ldexp(found.density.median, -state.scaled.exponent) == pytest.approx(1e-6)


def test_density_leaves_out_what_has_no_area_in_double_precision() -> None:
    whole = joined(sheet(1, (0.0, 0.0), 1.0), sheet(1, (0.0, 0.0), 1.0))
    whole.vertices[4:] = whole.vertices[:4] * 1e-85
    state = surveyed(whole)
    density = measure_density(laid_out(whole), state)
    assert density is not None and (density.spread, density.measured) == (1.0, 2)
    assert whole.appearance is not None and whole.appearance.uv is not None
    whole.appearance.uv[:4] = np.nan
    assert measure_density(laid_out(whole), surveyed(whole)) is None


def outside(wraps: list[tuple[int, int]] | None, first: Made) -> tuple[int, int, int]:
    mesh = two_parts(first, sheet(1, (0.0, 0.0), 0.1))
    if wraps is not None:
        mesh = with_looks(mesh, materials=materials([0, 1]), textures=textures(wraps))
    found = uv_of(mesh).range
    return len(found.outside), found.clamped, found.repeated


def test_out_of_range_is_a_matter_of_how_the_texture_wraps() -> None:
    tiled = sheet(2, (0.25, 0.0), 1.0)  # half of it beyond u = 1
    assert outside(None, tiled) == (4, 0, 0)
    assert outside([(REPEAT, CLAMP), (CLAMP, CLAMP)], tiled) == (0, 0, 4)
    assert outside([(CLAMP, REPEAT), (CLAMP, CLAMP)], tiled) == (4, 4, 0)
    assert outside(None, sheet(2, (1e-6, 0.0), 1.0)) == (0, 0, 0)


def test_faces_with_a_texture_need_texture_coordinates() -> None:
    mesh = two_parts(sheet(1, (0.0, 0.0), 1.0), sheet(2, (0.0, 0.0), 1.0))
    assert mesh.appearance is not None and mesh.appearance.uv is not None
    mesh.appearance.uv[4:] = np.nan
    assert (len(uv_of(mesh).range.bare), uv_of(mesh).range.missing) == (0, 8)
    bare = uv_of(with_looks(mesh, materials=materials([0, 0]))).range.bare
    assert bare.tolist() == list(range(2, 10))
    assert not len(uv_of(with_looks(mesh, materials=materials([0, -1]))).range.bare)
    assert not len(uv_of(with_looks(mesh, materials=materials([0, 0], uv_set=1))).range.bare)


@pytest.mark.parametrize("scale", [1e-38, 1e-6, 1e6, 1e37])
def test_any_size_of_texture_coordinates(scale: float) -> None:
    uv: NDArray[np.float32] = sheet(3, (0.0, 0.0), 1.0)[2]
    vertices, faces, _ = sheet(3, (0.0, 0.0), 1.0)
    part = vertices, faces, (uv * scale).astype(np.float32)
    found = uv_of(joined(part, part))
    assert found.overlaps.pairs == 18 and found.overlaps.share == 1.0
    assert found.overlaps.covered == pytest.approx(scale**2, rel=1e-5)
