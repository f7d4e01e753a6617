"""ALIASING: repeated pixels at whole and broken factors; JPEG, prints and drawings have none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.artifact.image.aliasing import NOTICE, aliasing_ratio, is_drawn, measure_aliasing
from tests.unit.artifact.image.pictures import Pixels, jpeg, photo, picture, worst


def enlarged(factor: float, way: int = cv2.INTER_NEAREST) -> Pixels:
    side = round(512 / factor)
    small = cv2.resize(photo(), (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (512, 512), interpolation=way), np.uint8)


@pytest.mark.parametrize("factor", [1.5, 2, 2.5, 3, 4, 8])
def test_nearest_neighbour_is_found(factor: float) -> None:
    assert worst(measure_aliasing(picture(enlarged(factor)))) > 2 * NOTICE
    assert worst(measure_aliasing(picture(jpeg(enlarged(factor), 90)))) > NOTICE


@pytest.mark.parametrize("way", [cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4])
def test_filters_leave_none(way: int) -> None:
    assert worst(measure_aliasing(picture(enlarged(2, way)))) < NOTICE


def test_photos_and_their_jpegs_have_none() -> None:
    for pixels in (photo(), jpeg(photo(), 50), jpeg(photo(), 80)):
        assert worst(measure_aliasing(picture(pixels))) < NOTICE


def test_drawings_are_told_from_photos() -> None:
    edges = cv2.Canny(photo(), 60, 140)
    assert is_drawn(edges[::2, ::2].repeat(2, 0).repeat(2, 1))
    assert not is_drawn(photo()[:, :, 1])


def test_stripes_one_way_are_no_stairs() -> None:
    doubled: NDArray[np.uint8] = photo()[:, ::2].repeat(2, axis=1)
    assert worst(measure_aliasing(picture(doubled))) < NOTICE


def test_the_ratio_of_an_exact_hold_is_one() -> None:
    values = np.random.default_rng(0).integers(0, 256, (120, 120), dtype=np.uint8)
    held = values.repeat(2, axis=0).repeat(2, axis=1)
    assert aliasing_ratio(held) == pytest.approx(1.0, abs=0.01)
    assert aliasing_ratio(held[:100]).size == 0
