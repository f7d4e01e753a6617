"""Masks of findings: from the cells of a level map to pixels of the picture."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.reading import Reading
from gencheck.artifact.regions import Area, areas
from gencheck.findings import Box, Mask, Measurement

_FULL = 0.95
"""Share of its box from which a part is a rectangle: the box says all there is to say."""


def with_masks(reading: Reading, size: tuple[int, int]) -> Reading:
    """The reading with masks in place of the boxes around parts that are no rectangles.

    A box that is not one of a part of the level map stays as it is.

    Args:
        size: height and width of the picture, pixels.
    """
    if reading.level is None or not any(isinstance(m.region, Box) for m in reading.measurements):
        return reading
    parts = {area.box: area for area in areas(reading.level, size)}
    measurements = tuple(_masked(one, parts, size) for one in reading.measurements)
    return replace(reading, measurements=measurements)


def _masked(measurement: Measurement, parts: dict[Box, Area], size: tuple[int, int]) -> Measurement:
    box = measurement.region
    part = parts.get(box) if isinstance(box, Box) else None
    if part is None or not isinstance(box, Box):
        return measurement
    rows, columns = np.nonzero(part.cells.any(axis=1))[0], np.nonzero(part.cells.any(axis=0))[0]
    inside = part.cells[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    if inside.mean() >= _FULL:
        return measurement
    return replace(measurement, region=replace(mask_of(part.cells, size), box=box))


def mask_of(cells: NDArray[np.bool_], size: tuple[int, int]) -> Mask:
    """The cells of a map over the whole picture as a mask of the picture.

    The PNG has one bit a pixel: that of a few large parts has a few kilobytes, whatever the
    picture's size.

    Args:
        cells: ``bool [h, w]``, at least one of them true.
        size: height and width of the picture, pixels.
    """
    height, width = size
    pixels = cv2.resize(
        cells.astype(np.uint8) * np.uint8(255), (width, height), interpolation=cv2.INTER_NEAREST
    )
    x, y, wide, tall = cv2.boundingRect(pixels)
    bilevel = [cv2.IMWRITE_PNG_BILEVEL, 1, cv2.IMWRITE_PNG_COMPRESSION, 1]
    _, png = cv2.imencode(".png", pixels, bilevel)
    return Mask(png.tobytes(), Box(float(x), float(y), float(wide), float(tall)))
