"""ALPHA_FRINGE: the old background in the soft edge, of whatever colour; clean edges have none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.artifact.image.fringe import NOTICE, _pairs, measure_fringe
from tests.unit.artifact.image.pictures import photo, picture, worst


def disc(radius: float = 180.0, soft: float = 2.0) -> NDArray[np.float64]:
    """An opacity ``[512, 512]``, 0..1, with an edge so many pixels wide."""
    y, x = np.mgrid[:512, :512]
    return np.clip(0.5 + (radius - np.hypot(y - 256, x - 256)) / soft, 0, 1)


def cut_out(background: tuple[int, int, int], left: float = 1.0) -> NDArray[np.float64]:
    """The photo's colours with so much of the background left in them."""
    opacity = disc()[:, :, None]
    mixed = photo() * opacity + np.array(background) * (1 - opacity)
    return photo() + left * (mixed - photo())


@pytest.mark.parametrize("background", [(255, 255, 255), (0, 0, 0), (30, 200, 60)])
def test_an_old_background_is_found(background: tuple[int, int, int]) -> None:
    reading = measure_fringe(picture(cut_out(background), 255 * disc()))
    assert worst(reading) > 2 * NOTICE
    assert reading.measurements[0].region is not None


def test_what_is_left_of_it_measures_monotone() -> None:
    values = [
        worst(measure_fringe(picture(cut_out((255, 255, 255), left), 255 * disc())))
        for left in (0, 0.25, 0.5, 1)
    ]
    assert values == sorted(values)
    assert values[0] < NOTICE / 2


def test_an_object_that_darkens_towards_its_edge_has_no_fringe() -> None:
    y, x = np.mgrid[:512, :512]
    inside = np.clip((180 - np.hypot(y - 256, x - 256)) / 15, 0, 1)
    shaded = photo() * (0.55 + 0.45 * inside)[:, :, None]
    assert worst(measure_fringe(picture(shaded, 255 * disc()))) < NOTICE


def test_a_soft_shadow_is_no_edge() -> None:
    reading = measure_fringe(picture(cut_out((0, 0, 0)), 255 * disc(soft=80.0)))
    assert worst(reading) == 0
    assert reading.measurements[0].detail == "no soft edge"


def test_a_fringe_on_one_side_is_located() -> None:
    pixels = photo().astype(float)
    pixels[:, 256:] = cut_out((255, 255, 255))[:, 256:]
    reading = measure_fringe(picture(pixels, 255 * disc()))
    box = reading.measurements[0].region
    assert worst(reading) > 2 * NOTICE
    assert box is not None
    assert 230 <= box.x <= 300  # type: ignore[union-attr]


def test_soft_pixels_are_paired_with_the_nearest_solid_one() -> None:
    alpha = (255 * disc(60.0)).astype(np.uint8)[180:332, 180:332]
    y, x, inner_y, inner_x = _pairs(alpha)
    inside = cv2.erode((alpha >= 250).astype(np.uint8), np.ones((3, 3), np.uint8), iterations=2)
    solid = np.argwhere(inside)
    assert len(y) > 100
    for index in range(0, len(y), 17):
        nearest = np.hypot(*(solid - [y[index], x[index]]).T).min()
        ours = np.hypot(inner_y[index] - y[index], inner_x[index] - x[index])
        assert ours <= nearest + 0.5  # OpenCV's 5×5 distance is approximate
