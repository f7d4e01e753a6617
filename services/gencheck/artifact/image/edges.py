"""The edges of a picture, and sums over cells: what halos and ripples stand beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.reading import FloatMap, Grey

CELL = 64
"""Pixels a side; three cells a side are judged together."""

_EDGE = (60, 160)  # Sobel magnitudes (|dx| + |dy|) of Canny's two thresholds

T = TypeVar("T", np.float32, np.float64)


@dataclass(frozen=True, slots=True)
class Edges:
    """A picture and its edges.

    Attributes:
        grey: ``uint8 [H, W]``.
        y, x: ``int [n]``, the pixels of edges, which are one pixel thin.
        dx, dy: ``float32 [n]``, Sobel derivatives there.
    """

    grey: Grey
    y: NDArray[np.intp]
    x: NDArray[np.intp]
    dx: FloatMap
    dy: FloatMap

    @classmethod
    def of(cls, grey: Grey) -> Edges:
        """Those that Canny finds."""
        dx, dy = cv2.Sobel(grey, cv2.CV_16S, 1, 0), cv2.Sobel(grey, cv2.CV_16S, 0, 1)
        flat = np.flatnonzero(cv2.Canny(dx, dy, *_EDGE).view(np.bool_))
        y = flat // grey.shape[1]
        right, down = (steps.ravel()[flat].astype(np.float32) for steps in (dx, dy))
        return cls(grey, y, flat - y * grey.shape[1], right, down)

    @property
    def cells(self) -> tuple[int, int]:
        """Rows and columns of cells of 64×64 pixels."""
        return -(-self.grey.shape[0] // CELL), -(-self.grey.shape[1] // CELL)


def pooled(sums: NDArray[T]) -> NDArray[T]:
    """Sums over 3×3 cells, a channel at a time (OpenCV filters at most four at once)."""
    box = np.empty_like(sums)
    for channel in range(sums.shape[2]):
        one = np.ascontiguousarray(sums[:, :, channel])
        box[:, :, channel] = cv2.boxFilter(
            one, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT
        )
    return box
