"""CHECKERBOARD: found at every period, located; JPEG, bricks and prints are none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.artifact.image.checkerboard import NOTICE, PERIODS, look, measure_checkerboard
from gencheck.findings import Box
from tests.unit.artifact.image.pictures import (
    bricks,
    iou,
    jpeg,
    photo,
    picture,
    texture,
    to_bytes,
    worst,
)


def squares(period: int, shape: tuple[int, int] = (512, 512)) -> NDArray[np.float64]:
    """A checkerboard of that period, -1 and 1; stripes of one pixel where half is none."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    half = max(1, period // 2)
    if period == 3:
        return np.cos(2 * np.pi * x / 3) + np.cos(2 * np.pi * y / 3)
    return np.where((x // half + y // half) % 2, 1.0, -1.0)


@pytest.mark.parametrize("period", PERIODS)
def test_every_period_is_found_on_a_photo(period: int) -> None:
    damaged = photo() + 4 * squares(period)[:, :, None]
    reading = measure_checkerboard(picture(damaged))
    assert worst(reading) > NOTICE
    assert f"period {period} " in reading.measurements[0].detail
    assert worst(measure_checkerboard(picture(photo()))) < 0.75 * NOTICE


def test_a_stronger_pattern_measures_more() -> None:
    values = [
        worst(measure_checkerboard(picture(texture() + amplitude * squares(8))))
        for amplitude in (0, 1, 2, 4, 8)
    ]
    assert values == sorted(values)


def test_a_pattern_on_a_part_is_located() -> None:
    damaged = texture(side=768)
    damaged[192:576, 192:576] += 5 * squares(4, (384, 384))
    reading = measure_checkerboard(picture(damaged))
    assert worst(reading) > NOTICE
    boxes = [m.region for m in reading.measurements]
    assert max(iou(box, Box(192, 192, 384, 384)) for box in boxes) > 0.4 or boxes == [
        Box(0, 0, 768, 768)
    ]


@pytest.mark.parametrize("quality", [5, 20, 60])
def test_a_jpeg_grid_is_no_checkerboard(quality: int) -> None:
    assert worst(measure_checkerboard(picture(jpeg(photo(), quality)))) < NOTICE


@pytest.mark.parametrize("wobble", [0, 2])
def test_bricks_are_no_checkerboard(wobble: int) -> None:
    assert worst(measure_checkerboard(picture(bricks(wobble)))) < NOTICE


@pytest.mark.parametrize("period", [3, 4, 6, 8])
def test_a_halftone_is_no_checkerboard(period: int) -> None:
    y, x = np.mgrid[:512, :512]
    screen = 60 * (np.cos(2 * np.pi * x / period) + np.cos(2 * np.pi * y / period)) + 128
    dots = np.where(photo().mean(axis=2) > screen, 255.0, 0.0)
    assert worst(measure_checkerboard(picture(dots))) < NOTICE


def test_a_faint_line_is_not_seen() -> None:
    rng = np.random.default_rng(5)
    faint = 128 + rng.normal(0, 0.3, (288, 288)) + 0.2 * (-1.0) ** np.arange(288)[None, :]
    found = look(to_bytes(faint))
    assert found.overall == 0
    assert found.local.max() < NOTICE


def test_a_print_with_pale_places_is_no_checkerboard() -> None:
    y, x = np.mgrid[:512, :512] * (2 * np.pi / 12)
    share = np.linspace(-0.1, 0.7, 512)[None, :]
    dots = np.where(share > 0.5 - (np.cos(x + y) + np.cos(x - y)) / 4, 40.0, 236.0)
    assert worst(measure_checkerboard(picture(cv2.GaussianBlur(dots, (0, 0), 0.8)))) < NOTICE
