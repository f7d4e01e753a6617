"""Where the grid of 8×8 blocks of a codec lies in a picture."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.reading import Grey

_CEILING = 12  # luma levels: a hard edge must not outweigh many soft steps


def best_phase(grey: Grey) -> tuple[int, int]:
    """The first row and column, 0..7, that begin a block; any where there is no grid."""
    rows = np.minimum(cv2.absdiff(grey[1:], grey[:-1]), _CEILING)
    columns = np.minimum(cv2.absdiff(grey[:, 1:], grey[:, :-1]), _CEILING)
    return (
        _phase(cv2.reduce(rows, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()),
        _phase(cv2.reduce(columns, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()),
    )


def _phase(steps: NDArray[Any]) -> int:
    """Where steps stand out from those beside them, modulo 8."""
    excess = steps - (np.roll(steps, 1) + np.roll(steps, -1)) / 2
    return (int(excess[: len(steps) // 8 * 8].reshape(-1, 8).sum(axis=0).argmax()) + 1) % 8
