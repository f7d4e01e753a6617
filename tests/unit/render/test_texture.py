"""Textures, against a plain reading of the glTF specification."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.jit import lean_kernel
from gencheck.media.appearance import Textures
from gencheck.render.colours import LINEAR, SRGB, srgb_byte, to_linear, to_srgb
from gencheck.render.texture import Pyramids, pyramids_of, sample
from tests.unit.render.scenes import textures

REPEAT, CLAMP, MIRROR = 10497, 33071, 33648
Texels = NDArray[np.uint8]


@lean_kernel
def read(of: Pyramids, u: float, v: float, footprint: float, into: NDArray[np.float64]) -> None:
    into[0], into[1], into[2], into[3] = sample(of, 0, u, v, footprint)


def sampled(
    picture: Texels, u: float, v: float, *, wrap: int = REPEAT, footprint: float = 0.0
) -> NDArray[np.float64]:
    into = np.empty(4)
    read(pyramids_of(textures(picture, wrap=(wrap, wrap)), {0}), u, v, footprint, into)
    return into


def texel(index: int, size: int, wrap: int) -> int:
    """The texel that stands at an index beyond the picture."""
    if wrap == CLAMP:
        return min(max(index, 0), size - 1)
    if wrap == MIRROR:
        index %= 2 * size
        return index if index < size else 2 * size - 1 - index
    return index % size


def bilinear(picture: Texels, u: float, v: float, wrap: int) -> NDArray[np.float64]:
    height, width = picture.shape[:2]
    light = np.dstack([to_linear(picture[:, :, :3]), picture[:, :, 3] / 255.0])
    x, y = u * width - 0.5, v * height - 0.5
    total = np.zeros(4)
    for row in (math.floor(y), math.floor(y) + 1):
        for column in (math.floor(x), math.floor(x) + 1):
            share = (1.0 - abs(x - column)) * (1.0 - abs(y - row))
            total += share * light[texel(row, height, wrap), texel(column, width, wrap)]
    return total


@pytest.mark.parametrize("wrap", [REPEAT, CLAMP, MIRROR])
def test_a_texture_is_read_between_its_texels_in_linear_light(wrap: int) -> None:
    rng = np.random.default_rng(wrap)
    picture = rng.integers(0, 256, (5, 7, 4)).astype(np.uint8)
    for u, v in rng.uniform(-2.5, 2.5, (40, 2)).tolist():
        found = sampled(picture, u, v, wrap=wrap)
        np.testing.assert_allclose(found, bilinear(picture, u, v, wrap), atol=1e-6)


@pytest.mark.parametrize("wrap", [REPEAT, CLAMP, MIRROR, -5])
@pytest.mark.parametrize("far", [1e30, -1e30, 1e300, -1e-300, 1.0, 0.0, -0.0])
def test_no_place_is_outside(wrap: int, far: float) -> None:
    picture = np.full((3, 2, 4), 200, np.uint8)
    for footprint in (0.0, math.inf, math.nan):
        found = sampled(picture, far, -far, wrap=wrap, footprint=footprint)
        np.testing.assert_allclose(found, [LINEAR[200]] * 3 + [200 / 255.0], rtol=1e-2)


def test_seen_from_afar_a_texture_is_its_average_in_linear_light() -> None:
    picture = np.zeros((64, 64, 4), np.uint8)
    picture[:, :, 3] = 255
    picture[::2, ::2, :3] = picture[1::2, 1::2, :3] = 255  # a chessboard: half of the light
    near, far = (sampled(picture, 0.5, 0.5, footprint=share) for share in (1 / 64**2, 1 / 16))
    assert far[0] == pytest.approx(0.5, abs=0.01)
    np.testing.assert_allclose(near[:3], bilinear(picture, 0.5, 0.5, REPEAT)[:3], atol=1e-6)


def test_what_is_transparent_lends_no_colour() -> None:
    picture = np.zeros((2, 2, 4), np.uint8)
    picture[0, 0] = (255, 128, 0, 255)
    found = sampled(picture, 0.5, 0.5, footprint=1.0)
    np.testing.assert_allclose(found, [1.0, LINEAR[128], 0.0, 0.25], atol=0.02)


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (7, 3), (16, 16)])
def test_a_pyramid_ends_in_one_texel(size: tuple[int, int]) -> None:
    made = pyramids_of(textures(np.full((*size, 4), 90, np.uint8)), {0})
    levels = [tuple(shape) for shape in made.shape[0].tolist() if shape[0]]
    assert levels[0] == size and levels[-1] == (1, 1)
    assert len(made.texels) == sum(h * w for h, w in levels)
    np.testing.assert_allclose(made.texels.astype(int), 90, atol=1)


@pytest.mark.parametrize(
    ("shape", "start"),
    [((2, 2), -1), ((2, 2), 1), ((2, 3), 0), ((-2, -2), 0), ((0, 4), 0), ((1 << 30, 1 << 30), 0)],
)
def test_a_texture_out_of_bounds_is_left_out(shape: tuple[int, int], start: int) -> None:
    wrong = Textures(
        wrap=np.full((1, 2), REPEAT, np.int32),
        shape=np.array([shape], np.int32),
        start=np.array([start], np.int64),
        texels=np.zeros((4, 4), np.uint8),
    )
    assert not pyramids_of(wrong, {0}).shape.any()


def test_only_textures_in_use_are_made_ready() -> None:
    both = textures(np.zeros((2, 2, 4), np.uint8), np.zeros((4, 4, 4), np.uint8))
    assert [bool(shape.any()) for shape in pyramids_of(both, {-1, 1, 9}).shape] == [False, True]
    assert len(pyramids_of(None, {0}).shape) == 0


def test_srgb_goes_to_light_and_back() -> None:
    values = np.arange(256.0)
    np.testing.assert_allclose(to_srgb(to_linear(values)), values, atol=1e-9)
    assert LINEAR[188] == pytest.approx(0.5029, abs=1e-4)  # IEC 61966-2-1
    for light in np.linspace(0.0, 1.0, 500).tolist():
        assert abs(srgb_byte(SRGB, light) - float(to_srgb(np.array(light)))) <= 1.0
    assert srgb_byte(SRGB, 50.0) == 255 and srgb_byte(SRGB, -1.0) == 0
