"""Base colours where faces are, against each point by itself."""

import math

import numpy as np
import pytest
from made_materials import white
from numpy.typing import NDArray

from gencheck.media.appearance import CLAMP, MIRROR, REPEAT, Appearance, Textures
from gencheck.media.types import Mesh
from gencheck.mesh.sampling import faces_of, sample

RNG = np.random.default_rng(11)


def one_texture(pixels: NDArray[np.uint8], wrap: tuple[int, int] = (REPEAT, REPEAT)) -> Textures:
    """A texture behind five texels of another."""
    rows = np.vstack([np.zeros((5, 4), np.uint8), pixels.reshape(-1, 4)])
    shape = np.array([[0, 0], pixels.shape[:2]], np.int32)
    return Textures(np.array([[REPEAT] * 2, wrap], np.int32), shape, np.array([0, 5]), rows)


def wrapped(value: float, how: int) -> float:
    if how == CLAMP:
        return min(max(value, 0.0), 1.0)
    if how == MIRROR:
        whole = math.floor(value)
        return value - whole if whole % 2 == 0 else 1 - (value - whole)
    return value - math.floor(value)


@pytest.mark.parametrize("wrap", [(REPEAT, CLAMP), (MIRROR, REPEAT), (CLAMP, MIRROR)])
def test_texels_at_the_middle_of_faces(wrap: tuple[int, int]) -> None:
    count = 200
    uv = RNG.uniform(-3, 3, (3 * count, 2)).astype(np.float32)
    faces = RNG.permutation(3 * count).reshape(-1, 3).astype(np.int32)
    pixels = RNG.integers(0, 256, (5, 9, 4), dtype=np.uint8)
    made = white()
    made.texture[0, 0] = 1
    made.uv_transform[0, 0] = [[0.5, 0.25, 0.1], [-0.25, 2.0, -0.3]]
    made.base_colour[0] = [0.5, 1, 0.25, 0.75]
    colours = RNG.random((3 * count, 4)).astype(np.float32)
    parts = np.array([[0, 0, 0, 0, 0]], np.int32)
    appearance = Appearance(
        uv=uv, colours=colours, parts=parts, materials=made, textures=one_texture(pixels, wrap)
    )
    found = sample(Mesh(np.zeros((3 * count, 3)), faces, "GLB"), appearance, 0, count)
    assert found is not None
    for face, colour in zip(faces, found, strict=True):
        u, v = made.uv_transform[0, 0].astype(float) @ [*uv[face].astype(float).mean(axis=0), 1]
        column = min(int(wrapped(u, wrap[0]) * 9), 8)
        row = min(int(wrapped(v, wrap[1]) * 5), 4)
        texel = pixels[row, column] / 255
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in texel[:3]]
        factor = np.array([0.5, 1, 0.25, 0.75]) * colours[face].astype(float).mean(axis=0)
        np.testing.assert_allclose(colour, factor * [*linear, texel[3]], rtol=1e-6)


def test_points_are_spread_over_few_faces() -> None:
    """The share of a triangle's points under a line is the share of its area."""
    pixels = np.zeros((100, 100, 4), np.uint8)
    pixels[:, :50] = 255
    made = white()
    made.texture[0, 0] = 1
    uv = np.array([[0, 0], [1, 0], [0, 1]], np.float32)
    appearance = Appearance(
        uv=uv,
        parts=np.array([[0, 0, 0, 0, 0]], np.int32),
        materials=made,
        textures=one_texture(pixels),
    )
    mesh = Mesh(np.zeros((3, 3)), np.array([[0, 1, 2]], np.int32), "GLB")
    found = sample(mesh, appearance, 0, 10_000)
    assert found is not None
    assert len(found) == 2_500
    assert found[:, 3].mean() == pytest.approx(0.75, abs=0.02)


def test_what_is_not_there_to_be_looked_at() -> None:
    made = white(2)
    parts = np.array([[0, 0, 0, 0, 0]], np.int32)
    mesh = Mesh(np.zeros((3, 3)), np.array([[0, 1, 2]], np.int32), "GLB")
    assert sample(mesh, Appearance(parts=parts, materials=made), 1, 10) is None  # no face
    plain = sample(mesh, Appearance(parts=parts, materials=made), 0, 10)
    assert plain is not None
    assert (plain == 1).all()
    made.texture[0, 0] = 1
    textures = one_texture(np.zeros((1, 1, 4), np.uint8))
    without_uv = Appearance(parts=parts, materials=made, textures=textures)
    assert sample(mesh, without_uv, 0, 10) is None
    lost = Appearance(
        uv=np.full((3, 2), np.nan, np.float32), parts=parts, materials=made, textures=textures
    )
    assert sample(mesh, lost, 0, 10) is None
    made.texture[0, 0] = 0  # whose texels are not kept
    assert sample(mesh, without_uv, 0, 10) is None


def test_uv_and_colours_that_are_no_numbers_are_left_out() -> None:
    signalling = np.array([0x7F800001] * 3, np.uint32).view(np.float32)
    made = white()
    made.texture[0, 0] = 1
    appearance = Appearance(
        uv=np.stack([signalling, np.full(3, np.inf, np.float32)], axis=1),
        colours=np.full((3, 4), 3e38, np.float32),
        parts=np.array([[0, 0, 0, 0, 0]], np.int32),
        materials=made,
        textures=one_texture(np.zeros((1, 1, 4), np.uint8)),
    )
    mesh = Mesh(np.zeros((3, 3)), np.array([[0, 1, 2]], np.int32), "GLB")
    assert sample(mesh, appearance, 0, 10) is None


def test_the_second_set_and_corners_of_their_own() -> None:
    pixels = np.array([[[10] * 4, [200] * 4]], np.uint8)
    made = white()
    made.texture[0, 0] = 1
    left, right = np.zeros((3, 2), np.float32), np.full((3, 2), 0.75, np.float32)
    mesh = Mesh(np.zeros((3, 3)), np.array([[0, 1, 2]], np.int32), "GLB")
    appearance = Appearance(
        uv=np.vstack([left, right]),
        uv_faces=np.array([[3, 4, 5]], np.int32),
        second_uv=left,
        parts=np.array([[0, 0, 0, 0, 0]], np.int32),
        materials=made,
        textures=one_texture(pixels),
    )
    for number, level in ((0, 200), (1, 10)):
        made.uv_set[0, 0] = number
        found = sample(mesh, appearance, 0, 1)
        assert found is not None
        assert found[0, 3] == pytest.approx(level / 255)


@pytest.mark.parametrize("most", [1, 7, 30, 99])
def test_faces_are_chosen_evenly_from_all_parts_of_a_material(most: int) -> None:
    starts = np.array([0, 10, 10, 25, 40])
    parts = np.zeros((5, 5), np.int32)
    parts[:, 4], parts[:, 2] = starts, [0, 0, 1, 1, 0]
    mesh = Mesh(np.zeros((1, 3)), np.zeros((50, 3), np.int32), "GLB")
    mine = [*range(10), *range(40, 50)]
    found = faces_of(mesh, Appearance(parts=parts), 0, most).tolist()
    assert found == sorted(set(found))
    assert len(found) == min(most, 20)
    assert set(found) <= set(mine)
    if most > 1:
        assert (found[0], found[-1]) == (0, 49)
