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


def test_the_dots_of_a_print_are_no_stairs() -> None:
    grey = cv2.GaussianBlur(cv2.cvtColor(photo(), cv2.COLOR_RGB2GRAY), (0, 0), 2)
    y, x = np.mgrid[:512, :512] * (2 * np.pi / 5)
    ink = np.where(grey > 128 + 60 * (np.cos(x) + np.cos(y)), 230.0, 40.0)
    assert worst(measure_aliasing(picture(cv2.GaussianBlur(ink, (0, 0), 0.8)))) < NOTICE


def test_fields_and_lines_in_steps_of_four_are_no_stairs() -> None:
    rng = np.random.default_rng(1)
    sheet = np.full((480, 640), 250.0) + np.arange(640) // 16
    for y in range(0, 480, 24):
        for x in range(0, 640, 48):
            sheet[y : y + 20, x : x + 40] = rng.integers(30, 220)
    assert worst(measure_aliasing(picture(sheet))) < NOTICE


def test_stripes_one_way_are_no_stairs() -> None:
    doubled: NDArray[np.uint8] = photo()[:, ::2].repeat(2, axis=1)
    assert worst(measure_aliasing(picture(doubled))) < NOTICE


def test_the_ratio_of_an_exact_hold_is_one() -> None:
    values = np.random.default_rng(0).integers(0, 256, (120, 120), dtype=np.uint8)
    held = values.repeat(2, axis=0).repeat(2, axis=1)
    assert aliasing_ratio(held) == pytest.approx(1.0, abs=0.01)
    assert aliasing_ratio(held[:100]).size == 0
