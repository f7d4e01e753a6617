"""Where the grid of 8×8 blocks of a codec lies in a picture."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.picture import CACHED, strips
from gencheck.artifact.reading import Grey

_CEILING = 12  # luma levels: a hard edge must not outweigh many soft steps


def best_phase(grey: Grey) -> tuple[int, int]:
    """The first row and column, 0..7, that begin a block; any where there is no grid."""
    height, width = grey.shape
    rows, columns = np.zeros(height - 1, np.int64), np.zeros(width - 1, np.int64)
    for strip in strips(grey.shape, pixels=CACHED):
        here = grey[strip.start : strip.stop + 1]
        right = np.minimum(cv2.absdiff(here[:, 1:], here[:, :-1]), _CEILING)
        if len(here) > 1:  # the last strip may be one row
            down = np.minimum(cv2.absdiff(here[1:], here[:-1]), _CEILING)
            sums = cv2.reduce(down, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
            rows[strip.start : strip.start + len(sums)] = sums[:, 0]
        right = right[: strip.stop - strip.start]
        columns += cv2.reduce(right, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[0]
    return _phase(rows), _phase(columns)


def _phase(steps: NDArray[Any]) -> int:
    """Where steps stand out from those beside them, modulo 8."""
    excess = steps - (np.roll(steps, 1) + np.roll(steps, -1)) / 2
    return (int(excess[: len(steps) // 8 * 8].reshape(-1, 8).sum(axis=0).argmax()) + 1) % 8
