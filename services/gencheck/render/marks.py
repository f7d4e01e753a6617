"""Lines that point at bad faces, over everything."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.render.camera import ONE
from gencheck.render.develop import SAMPLES, Picture

_OUTLINED = 2_000
_RINGED = 50
_SMALL = 6.0  # pixels: a face that is easily missed
_RING = 7
_DARK_RED = (176, 12, 14)
_SHIFT = 4  # cv2 takes so many fractional bits


def outline(
    picture: Picture, points: NDArray[np.int32], faces: NDArray[np.int32], bad: NDArray[np.int32]
) -> None:
    """Outlines of the marked faces; a ring where a face is too small to see."""
    corners = points[faces[bad[:_OUTLINED]]][:, :, :2] / (ONE * SAMPLES) - 0.5
    fixed = np.round(corners * (1 << _SHIFT)).astype(np.int32)
    cv2.polylines(picture, list(fixed), True, _DARK_RED, 1, cv2.LINE_AA, _SHIFT)
    extent = np.ptp(corners, axis=1).max(axis=1, initial=0.0)
    if len(bad) <= _RINGED:
        for face in fixed[extent < _SMALL]:
            x, y = np.round(face.mean(axis=0)).astype(int).tolist()
            cv2.circle(picture, (x, y), _RING << _SHIFT, _DARK_RED, 1, cv2.LINE_AA, _SHIFT)
