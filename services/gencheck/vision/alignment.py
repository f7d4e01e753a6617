"""Cutting a face out of a picture as a network was taught to see it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.findings import Box
from gencheck.vision.roles import Picture

# Where ArcFace's crops of 112 x 112 have eyes, nose and corners of the mouth (Deng et al. 2019).
_ARCFACE = np.asarray(
    [
        (38.2946, 51.6963),
        (73.5318, 51.5014),
        (56.0252, 71.7366),
        (41.5493, 92.3655),
        (70.7299, 92.2041),
    ]
)
_ARCFACE_SIDE = 112


def by_landmarks(picture: Picture, landmarks: NDArray[np.float32], side: int = 112) -> Picture:
    """The face turned, scaled and moved so that its landmarks lie where ArcFace has them.

    Args:
        landmarks: ``float32 [5, 2]`` as :class:`~gencheck.vision.roles.Face` has them.
        side: of the square that comes back; black where the picture ends.
    """
    move = similarity(landmarks.astype(np.float64), _ARCFACE * (side / _ARCFACE_SIDE))
    return _warped(picture, move, side)


def around_box(picture: Picture, box: Box, side: int, *, margin: float) -> Picture:
    """The square around the middle of a box, ``margin`` times as large as its longer side."""
    return _warped(picture, box_move(box, side, margin=margin), side)


def box_move(box: Box, side: int, *, margin: float) -> NDArray[np.float64]:
    """How :func:`around_box` takes pixels of the picture to pixels of the square, ``[2, 3]``."""
    scale = side / max(max(box.width, box.height) * margin, 1.0)
    x, y = box.x + box.width / 2, box.y + box.height / 2
    return np.asarray([[scale, 0, side / 2 - x * scale], [0, scale, side / 2 - y * scale]])


def similarity(points: NDArray[np.float64], onto: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation, scale and shift that take points onto others best, ``float64 [2, 3]``.

    Least squares (Umeyama 1991) without mirroring; in the plane it is one complex division.
    """
    start, end = points.mean(axis=0), onto.mean(axis=0)
    z, w = (points - start) @ (1, 1j), (onto - end) @ (1, 1j)
    spread = max(float(np.vdot(z, z).real), 1e-12)
    factor = np.vdot(z, w) / spread
    turn = np.asarray([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.concatenate([turn, (end - turn @ start)[:, None]], axis=1)


def _warped(picture: Picture, move: NDArray[np.float64], side: int) -> Picture:
    return np.asarray(cv2.warpAffine(picture, move, (side, side), borderValue=0), np.uint8)
