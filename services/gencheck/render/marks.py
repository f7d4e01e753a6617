"""Lines that point at bad faces, over everything."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.render.camera import ONE
from gencheck.render.develop import SAMPLES, Picture
from gencheck.render.raster import NOTHING, Samples

_OUTLINED = 2_000
_RINGED = 50
_SMALL = 6.0  # pixels: a face that is easily missed
_RING = 7
_DARK_RED = (176, 12, 14)
_SHIFT = 4  # cv2 takes so many fractional bits

Ints = NDArray[np.int32]


def outline(picture: Picture, points: Ints, faces: Ints, bad: Ints, marked: Samples) -> None:
    """Outlines of the largest marked faces; a ring, or at least a dot, for what is small.

    Args:
        points: ``int32 [V, 3]`` of the screen.
        bad: ``int32 [n]`` the marked faces.
        marked: ``int64 [H, W]`` what they cover, as if there were no others.
    """
    corners = points[faces[bad]][:, :, :2] / np.float32(ONE * SAMPLES) - np.float32(0.5)
    extent = (corners.max(axis=1) - corners.min(axis=1)).max(axis=1, initial=0.0)
    small = extent < _SMALL
    largest = np.flatnonzero(~small)
    largest = largest[np.argsort(-extent[largest], kind="stable")[:_OUTLINED]]
    fixed = np.round(corners[largest] * (1 << _SHIFT)).astype(np.int32)
    cv2.polylines(picture, list(fixed), True, _DARK_RED, 1, cv2.LINE_AA, _SHIFT)
    middles = corners[small].mean(axis=1)
    if len(bad) <= _RINGED:
        for x, y in np.round(middles * (1 << _SHIFT)).astype(int).tolist():
            cv2.circle(picture, (x, y), _RING << _SHIFT, _DARK_RED, 1, cv2.LINE_AA, _SHIFT)
        return
    x, y = np.clip(np.round(middles).astype(int), 0, len(picture) - 1).T
    alone = marked[y * SAMPLES, x * SAMPLES] == NOTHING
    picture[y[alone], x[alone]] = _DARK_RED
