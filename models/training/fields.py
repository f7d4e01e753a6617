"""Smooth random fields, and moving pixels along them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from training.regions import Picture


def smooth_noise(
    height: int, width: int, rng: np.random.Generator, *, cells: float
) -> NDArray[np.float32]:
    """Noise of about unit size, ``float32 [h, w]``, that changes over ``side / cells`` pixels."""
    rows = max(2, round(cells * height / max(height, width)) + 1)
    columns = max(2, round(cells * width / max(height, width)) + 1)
    coarse = rng.standard_normal((rows, columns)).astype(np.float32)
    grown = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(grown, np.float32)


def grid(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Row and column of each pixel, ``float32 [h, w]`` each."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    return rows, columns


def moved(picture: Picture, down: NDArray[np.float32], right: NDArray[np.float32]) -> Picture:
    """Each pixel taken from so many pixels further down and right; mirrored at the edges."""
    rows, columns = grid(*picture.shape[:2])
    return np.asarray(
        cv2.remap(
            picture,
            columns + right.astype(np.float32),
            rows + down.astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        ),
        np.uint8,
    )
