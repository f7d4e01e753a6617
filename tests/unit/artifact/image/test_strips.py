"""Where a strip of rows ends leaves no trace in what is measured."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.artifact.image.banding import flat_pixels
from gencheck.artifact.image.blocking import grid_ratio
from gencheck.artifact.image.blur import _detail, blur_ratio
from gencheck.artifact.image.grid import best_phase
from gencheck.artifact.image.noise import colour_sigma, noise_sigma
from gencheck.artifact.image.panel import run_panel
from gencheck.artifact.image.picture import CACHED, prepare, strips
from gencheck.artifact.image.ringing import _fine
from gencheck.deadline import NO_DEADLINE
from gencheck.media.types import Image

Pixels = NDArray[np.uint8]
SHIFT = 96  # rows: of a height that strips do not have, and a multiple of every tile


def picture() -> Pixels:
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:1280, :256]
    smooth = 120 + 60 * np.sin(y / 37) * np.cos(x / 23)
    flat = np.where((y // 40 + x // 40) % 3 == 0, 90, smooth + rng.normal(0, 3, smooth.shape))
    return np.clip(np.rint(flat), 0, 255).astype(np.uint8)


def colours() -> Pixels:
    return np.stack([picture(), picture()[::-1], picture()[:, ::-1]], axis=2)


def test_the_picture_has_several_strips() -> None:
    assert len(list(strips(picture().shape, pixels=CACHED))) == 3


@pytest.mark.parametrize(
    ("measure", "pixels", "tile"),
    [
        (noise_sigma, picture(), 32),
        (colour_sigma, colours(), 32),
        (lambda grey: blur_ratio(grey)[0], picture(), 32),
        (lambda grey: blur_ratio(grey)[1], picture(), 32),
        (lambda grey: _detail(grey)[0], picture(), 16),
        (lambda grey: _detail(grey)[1], picture(), 16),
        (flat_pixels, picture(), 1),
        (_fine, picture(), 1),
        (grid_ratio, picture(), 32),
    ],
)
def test_the_rows_above_do_not_matter(
    measure: Callable[[Pixels], NDArray[Any]], pixels: Pixels, tile: int
) -> None:
    whole, part = measure(pixels), measure(np.ascontiguousarray(pixels[SHIFT:]))
    rim = -(-64 // tile)  # what filters and smoothing reach beyond the upper end
    np.testing.assert_allclose(whole[SHIFT // tile + rim :], part[rim:], rtol=1e-4, atol=1e-5)


def test_the_phase_of_a_grid_does_not_depend_on_strips() -> None:
    blocks = np.random.default_rng(0).integers(0, 255, (140, 40), np.uint8)
    grey = np.repeat(np.repeat(blocks, 8, axis=0), 8, axis=1)
    assert best_phase(grey) == (0, 0)
    assert best_phase(np.ascontiguousarray(grey[3:, 5:])) == (5, 3)


@pytest.mark.parametrize("rows", [513, 1025])
def test_the_last_strip_may_be_one_row(rows: int) -> None:
    pixels = np.ascontiguousarray(np.tile(colours(), (1, 2, 1))[:rows])
    assert [len(range(rows)[strip]) for strip in strips(pixels.shape, pixels=CACHED)][-1] == 1
    result = run_panel(prepare(Image(pixels, None, "PNG")), NO_DEADLINE)
    assert "artifact.ringing" in {timing.stage for timing in result.timings}
