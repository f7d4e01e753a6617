"""Masks of findings: from the cells of a level map to pixels of the picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.findings import Box, Mask


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
