from __future__ import annotations

import cv2
import numpy as np

from gencheck.artifact.image.masks import mask_of, with_masks
from gencheck.artifact.reading import Reading
from gencheck.findings import Box, Mask, Measurement, Method, Region


def test_a_mask_has_the_size_of_the_picture_and_its_box() -> None:
    cells = np.zeros((30, 40), np.bool_)
    cells[10:20, 5:15] = True
    cells[15:25, 10:20] = True
    mask = mask_of(cells, (300, 400))
    assert mask.box == Box(50, 100, 150, 150)
    pixels = cv2.imdecode(np.frombuffer(mask.png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    assert pixels.shape == (300, 400)
    assert set(np.unique(pixels)) == {0, 255}
    assert pixels[100, 50] == 255
    assert pixels[240, 60] == 0


def test_a_mask_of_a_large_picture_stays_small() -> None:
    cells = np.zeros((60, 80), np.bool_)
    cells[20:40, 20:60] = True
    assert len(mask_of(cells, (6000, 8000)).png) < 200_000


def test_a_part_that_is_no_rectangle_gets_a_mask() -> None:
    level = np.zeros((30, 40), np.float32)
    level[2:6, 2:6] = 1.5
    level[10:20, 10:12] = level[18:20, 10:30] = 2
    square, corner, other = Box(20, 20, 40, 40), Box(100, 100, 200, 100), Box(0, 0, 5, 5)

    def measured(region: Region | None) -> Measurement:
        return Measurement("BLUR", 1.0, "artifact.blur", Method("m", "1", "r"), region)

    reading = Reading(tuple(map(measured, (square, corner, other, None))), level)
    regions = [m.region for m in with_masks(reading, (300, 400)).measurements]
    assert regions[0] == square
    assert regions[2:] == [other, None]
    assert isinstance(regions[1], Mask)
    assert regions[1].box == corner
    pixels = cv2.imdecode(np.frombuffer(regions[1].png, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None
    assert pixels[150, 105] == 255
    assert pixels[150, 250] == 0
    assert np.count_nonzero(pixels) == 100 * (20 + 36)
    assert (
        with_masks(Reading(reading.measurements), (300, 400)).measurements == reading.measurements
    )
