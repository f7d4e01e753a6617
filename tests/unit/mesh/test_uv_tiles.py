"""Islands in other tiles of a texture that repeats."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_materials import white
from uv_oracle import Made, exact_overlaps, joined, sheet, surveyed

from gencheck.deadline import Deadline
from gencheck.findings import Measurement
from gencheck.media.appearance import CLAMP, MIRROR, REPEAT, Appearance, Textures
from gencheck.media.types import Mesh
from gencheck.mesh.looks import look_at
from gencheck.mesh.uv import look_at_uv
from gencheck.mesh.uv_tiles import Tiles


def textured(wrap: tuple[int, int], *parts: Made) -> Mesh:
    """All with one texture."""
    mesh = joined(*parts)
    made = white(1)
    made.texture[:, 0] = 0
    textures = Textures(
        wrap=np.array([wrap], np.int32),
        shape=np.zeros((1, 2), np.int32),
        start=np.zeros(1, np.int64),
        texels=np.zeros((0, 4), np.uint8),
    )
    assert mesh.appearance is not None
    rows = np.zeros((1, 5), np.int32)
    looks = replace(mesh.appearance, parts=rows, materials=made, textures=textures)
    return replace(mesh, appearance=looks)


def tiles_of(mesh: Mesh) -> Tiles | None:
    found = look_at_uv(mesh, surveyed(mesh), Deadline())
    assert found is not None
    return found.tiles


def told(mesh: Mesh) -> dict[str, Measurement]:
    return {m.code: m for m in look_at(mesh, surveyed(mesh), Deadline()).measurements}


BOTH = (REPEAT, REPEAT)


def test_a_copy_in_another_tile_uses_the_same_texels() -> None:
    here, there = sheet(2, (0.25, 0.25), 0.5), sheet(2, (3.25, -1.75), 0.5)
    found = told(textured(BOTH, here, there, sheet(1, (0.0, 0.0), 0.125)))
    assert found["UV_OVERLAP"].value == 0.0
    assert found["UV_TILE_OVERLAP"].value == 0.25 / (0.25 + 0.125**2)
    detail = found["UV_TILE_OVERLAP"].detail
    assert detail.startswith("8 pairs of faces, 16 of 18 faces; the pairs have 0.25 in common")
    assert detail.endswith("; 1 island outside of 0..1")


@pytest.mark.parametrize("seed", range(4))
def test_as_by_exact_arithmetic_of_what_is_left_of_whole_numbers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    corners = rng.integers(1, 2**18, (6, 3, 2)) / 2**18  # exact in single precision, moved or not
    tile = rng.integers(-3, 4, (6, 1, 2))
    tile[0] = 1
    uv = (corners + tile).astype(np.float32)
    parts = [(np.column_stack([t, np.zeros(3)]), np.array([[0, 1, 2]]), t) for t in uv]
    found = tiles_of(textured(BOTH, *parts))
    faces, pairs, area, covered, again = exact_overlaps(uv.astype(np.float64) - tile)
    assert found is not None and pairs
    assert (set(found.overlaps.faces.tolist()), found.overlaps.pairs) == (faces, pairs)
    assert found.overlaps.area == pytest.approx(float(area), rel=1e-9)
    assert found.overlaps.share == pytest.approx(float(again / covered), rel=1e-9)


def test_what_does_not_repeat_is_not_moved() -> None:
    here, there = sheet(2, (0.25, 0.25), 0.5), sheet(2, (1.25, 0.25), 0.5)
    above = sheet(2, (0.25, 1.25), 0.5)
    for wrap in ((CLAMP, REPEAT), (MIRROR, REPEAT), (CLAMP, CLAMP)):
        assert tiles_of(textured(wrap, here, there)) is None
    found = tiles_of(textured((CLAMP, REPEAT), here, there, above))
    assert found is not None and (found.moved, found.overlaps.pairs) == (1, 8)
    plain = joined(here, there)
    assert tiles_of(plain) is None
    assert tiles_of(replace(plain, appearance=replace(here_looks(plain), textures=None))) is None


def here_looks(mesh: Mesh) -> Appearance:
    assert mesh.appearance is not None
    return replace(mesh.appearance, materials=white(1), parts=np.zeros((1, 5), np.int32))


def test_what_tiles_on_purpose_is_left_out_and_counted() -> None:
    floor, here, there = sheet(4, (0.0, 0.0), 4.0), sheet(1, (0.0, 0.0), 0.5), sheet(1, (1, 0), 1.0)
    assert tiles_of(textured(BOTH, floor, here)) is None
    found = told(textured(BOTH, floor, here, there))["UV_TILE_OVERLAP"]
    assert found.value == 0.25
    assert found.detail.endswith(
        "1 island outside of 0..1, 1 more spread over several and left out"
    )


def test_where_all_lie_in_one_tile_there_is_nothing_more_to_tell() -> None:
    away = sheet(2, (2.0, -1.0), 0.5), sheet(2, (2.5, -0.5), 0.5)
    assert tiles_of(textured(BOTH, *away)) is None
    found = tiles_of(textured(BOTH, *away, sheet(2, (3.5, -0.5), 0.5)))
    assert found is not None and (found.moved, found.overlaps.pairs) == (3, 8)


def test_a_border_may_be_off_by_what_counts_for_nothing() -> None:
    grown = sheet(1, (1.0 - 2.0**-18, -(2.0**-18)), 1.0 + 2.0**-17)
    found = tiles_of(textured(BOTH, sheet(1, (0.0, 0.0), 1.0), grown))
    assert found is not None and (found.moved, found.spread, found.overlaps.pairs) == (1, 0, 2)
