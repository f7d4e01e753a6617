"""TILING: one tile beside itself, compressed or cut; bricks, cloth and photos are none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from gencheck.artifact.image.tiling import NOTICE, measure_tiling
from tests.unit.artifact.image.pictures import bricks, jpeg, photo, picture, texture, worst


@pytest.mark.parametrize(("across", "down"), [(2, 2), (3, 3), (2.5, 2.5), (2, 1), (1, 4)])
def test_tiles_are_found_after_compression(across: float, down: float) -> None:
    size = round(512 / across), round(512 / down)
    tile = cv2.resize(photo(), size, interpolation=cv2.INTER_AREA)
    tiled = np.tile(tile, (4, 3, 1))[:512, :512]
    reading = measure_tiling(picture(jpeg(np.ascontiguousarray(tiled), 85)))
    assert worst(reading) >= NOTICE
    assert "again after" in reading.measurements[0].detail


def test_the_shift_is_told_in_pixels_of_the_picture() -> None:
    tile = cv2.resize(photo(), (1000, 1200), interpolation=cv2.INTER_CUBIC)
    reading = measure_tiling(picture(np.tile(tile, (1, 2, 1))))
    words = reading.measurements[0].detail.split()
    assert abs(int(words[2]) - 1000) <= 2
    assert int(words[5]) == 0


@pytest.mark.parametrize("wobble", [0, 2])
def test_bricks_are_a_pattern(wobble: int) -> None:
    assert worst(measure_tiling(picture(bricks(wobble)))) < NOTICE


def test_photos_and_flat_pictures_are_no_tiles() -> None:
    for pixels in (photo(), texture(), np.full((200, 300), 80.0)):
        assert worst(measure_tiling(picture(pixels))) < NOTICE / 2


def test_a_shift_found_a_row_higher_is_one_the_other_way() -> None:
    tile = np.random.default_rng(2).normal(128, 30, (384, 200))
    wide = np.hstack([tile, np.roll(tile, -1, axis=0)])
    assert worst(measure_tiling(picture(cv2.GaussianBlur(wide, (0, 0), 1)))) > 0.9
