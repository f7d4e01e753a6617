"""The second set of texture coordinates: looked at where a texture asks for it, and only there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_materials import white
from numpy.typing import NDArray
from uv_oracle import Made, joined, sheet, surveyed

from gencheck.deadline import Deadline
from gencheck.findings import Measurement
from gencheck.media.appearance import CLAMP, Slot, Textures
from gencheck.media.types import Mesh
from gencheck.mesh.looks import UV, look_at
from gencheck.mesh.uv_second import second_set

FIRST = sheet(2, (0.0, 0.0), 0.4), sheet(3, (0.5, 0.0), 0.4)
APART = sheet(2, (0.1, 0.5), 0.4)[2], sheet(3, (0.55, 0.5), 0.4)[2]
OVER = sheet(2, (0.2, 0.5), 0.4)[2], sheet(3, (0.2, 0.5), 0.4)[2]


def lit(
    second: tuple[NDArray[np.float32], ...] | None,
    asking: tuple[int, ...] = (0, 1),
    parts: tuple[Made, Made] = FIRST,
) -> Mesh:
    """Two parts, with a base colour of the first set, and occlusion of the second where asked."""
    mesh = joined(*parts)
    made = white(2)
    made.texture[:, Slot.BASE_COLOUR] = 0
    made.texture[list(asking), Slot.OCCLUSION] = 1
    made.uv_set[:, Slot.OCCLUSION] = 1
    textures = Textures(
        wrap=np.full((2, 2), CLAMP, np.int32),
        shape=np.zeros((2, 2), np.int32),
        start=np.zeros(2, np.int64),
        texels=np.zeros((0, 4), np.uint8),
    )
    rows = [[0, 0, 0, 0, 0], [0, 1, 1, len(parts[0][0]), len(parts[0][1])]]
    assert mesh.appearance is not None
    looks = replace(
        mesh.appearance,
        second_uv=None if second is None else np.vstack(second),
        parts=np.array(rows, np.int32),
        materials=made,
        textures=textures,
    )
    return replace(mesh, appearance=looks)


def told(mesh: Mesh) -> tuple[dict[str, Measurement], dict[str, Measurement]]:
    """What was measured of the first set, and of the second."""
    found = look_at(mesh, surveyed(mesh), Deadline()).measurements
    second = {m.code: m for m in found if m.detail.startswith("second set, which a texture of ")}
    return {m.code: m for m in found if m not in second.values()}, second


def test_where_no_texture_asks_for_it_there_is_no_second_look() -> None:
    assert second_set(lit(APART, ())) is None
    assert not told(lit(APART, ()))[1]
    without = lit(APART)
    assert without.appearance is not None
    assert second_set(replace(without, appearance=None)) is None
    assert (
        second_set(replace(without, appearance=replace(without.appearance, materials=white(0))))
        is None
    )


def test_a_light_map_without_overlap_has_none() -> None:
    first, second = told(lit(APART))
    assert set(second) == set(first)
    assert not any(m.value for code, m in second.items() if code != "TEXEL_DENSITY")
    assert "a texture of 26 faces asks for: 0 pairs of faces" in second["UV_OVERLAP"].detail


def test_what_overlaps_in_the_second_set_only_is_told_of_it() -> None:
    first, second = told(lit(OVER))
    assert first["UV_OVERLAP"].value == 0.0
    assert second["UV_OVERLAP"].value == pytest.approx(1.0, abs=1e-6)


def test_parts_whose_textures_do_not_ask_are_left_out() -> None:
    _, second = told(lit(OVER, (1,)))
    assert second["UV_OVERLAP"].value == second["UV_MISSING"].value == 0.0
    assert (
        "a texture of 18 faces asks for: 0 pairs of faces, 0 of 18" in second["UV_OVERLAP"].detail
    )
    assert second["UV_MISSING"].detail.endswith("; 0 have no texture coordinates")


def test_a_light_map_that_reaches_out_of_its_texture_is_told() -> None:
    first, second = told(lit((APART[0], APART[1] + np.array([0.2, 0.0], np.float32))))
    assert (first["UV_OUT_OF_RANGE"].value, second["UV_OUT_OF_RANGE"].value) == (0, 12)
    assert second["UV_OUT_OF_RANGE"].region is not None


@pytest.mark.parametrize("some", [False, True])
def test_a_second_set_that_is_asked_for_and_not_there_is_missing(some: bool) -> None:
    absent = np.full_like(APART[1], np.nan)
    mesh = lit((APART[0], absent) if some else None, (1,))
    first, second = told(mesh)
    assert (first["UV_MISSING"].value, second["UV_MISSING"].value) == (0, 18)
    (outcome,) = [o for o in look_at(mesh, surveyed(mesh), Deadline()).outcomes if o.check == UV]
    assert not outcome.reason
