"""Where text is: the decoding of DB (Liao et al. 2019, arXiv:1911.08947), and its lines cut out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.vision.geometry import multiple_of
from gencheck.vision.roles import Picture

Quad = NDArray[np.float32]
"""``float32 [4, 2]``: corners clockwise from top left, x and y in pixels."""

INK = 0.3
"""A pixel of text has at least this probability."""
_LEAST_SCORE = 0.5
_UNCLIP = 1.6
"""The network learns shrunk regions; they grow by area times this over perimeter."""
_LEAST_SIDE = 3
_MOST_REGIONS = 1000
_UPRIGHT = 1.5
"""A region this much taller than wide holds a line that runs upwards."""


@dataclass(frozen=True, slots=True)
class TextRegion:
    """A line of text not yet read, with the mean probability of its pixels."""

    quad: Quad
    score: float


def prepare(picture: Picture, *, least: int, most: int) -> NDArray[np.float32]:
    """The picture as the detector takes it: ``float32 [1, 3, H, W]``, BGR, -1..1.

    Args:
        least: a shorter side below this is enlarged to it, as far as ``most`` allows.
        most: the longer side in pixels is at most this.
    """
    height, width = picture.shape[:2]
    factor = max(1.0, least / min(height, width))
    factor = min(factor, most / max(height, width))
    size = (multiple_of(width * factor, 32), multiple_of(height * factor, 32))
    resized = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    return normalise(resized)[None]


def normalise(picture: MatLike) -> NDArray[np.float32]:
    """RGB ``uint8 [H, W, 3]`` to BGR ``float32 [3, H, W]``, -1..1."""
    values = picture[:, :, ::-1].transpose(2, 0, 1).astype(np.float32)
    return np.asarray(values / np.float32(127.5) - 1, dtype=np.float32)


def find_regions(
    probability: NDArray[np.float32], *, height: int, width: int, deadline: Deadline
) -> list[TextRegion]:
    """Regions of text in a probability map ``[h, w]``, in pixels of a picture of the given size."""
    ink = cv2.dilate((probability > INK).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(ink, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    scale = np.asarray(
        [width / probability.shape[1], height / probability.shape[0]], dtype=np.float32
    )
    regions = []
    for number, contour in enumerate(contours[:_MOST_REGIONS]):
        if number % 50 == 0:
            deadline.check()
        region = _region(probability, contour, scale, (width, height))
        if region is not None:
            regions.append(region)
    return regions


def _region(
    probability: NDArray[np.float32],
    contour: MatLike,
    scale: NDArray[np.float32],
    size: tuple[int, int],
) -> TextRegion | None:
    centre, (wide, tall), angle = cv2.minAreaRect(contour)
    if min(wide, tall) < _LEAST_SIDE:
        return None
    score = _mean_inside(probability, cv2.boxPoints((centre, (wide, tall), angle)))
    if score < _LEAST_SCORE:
        return None
    grow = (
        wide * tall * _UNCLIP / (wide + tall)
    )  # both sides of the rectangle: 2 · area / perimeter
    corners = cv2.boxPoints((centre, (wide + grow, tall + grow), angle)) * scale
    quad = clockwise(np.clip(np.round(corners), 0, np.asarray(size) - 1).astype(np.float32))
    if min(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[0] - quad[3])) <= _LEAST_SIDE:
        return None
    return TextRegion(quad, score)


def _mean_inside(probability: NDArray[np.float32], corners: MatLike) -> float:
    height, width = probability.shape
    left, top = np.clip(np.floor(corners.min(axis=0)), 0, (width - 1, height - 1)).astype(int)
    right, bottom = np.clip(np.ceil(corners.max(axis=0)), 0, (width - 1, height - 1)).astype(int)
    mask = np.zeros((bottom - top + 1, right - left + 1), np.uint8)
    cv2.fillPoly(mask, [(corners - (left, top)).astype(np.int32)], 1)
    return float(cv2.mean(probability[top : bottom + 1, left : right + 1], mask)[0])


def clockwise(corners: NDArray[np.float32]) -> Quad:
    """The corners clockwise from top left: two on the left, two on the right, each by height."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    top_left, bottom_left = by_x[:2][np.argsort(by_x[:2, 1], kind="stable")]
    top_right, bottom_right = by_x[2:][np.argsort(by_x[2:, 1], kind="stable")]
    return np.stack([top_left, top_right, bottom_right, bottom_left])


def cut_out(picture: Picture, quad: Quad) -> Picture:
    """The line, straightened, ``uint8 [h, w, 3]``; one that runs upwards is turned level."""
    wide = int(max(_length(quad, 0, 1), _length(quad, 2, 3)))
    tall = int(max(_length(quad, 0, 3), _length(quad, 1, 2)))
    target = np.asarray([[0, 0], [wide, 0], [wide, tall], [0, tall]], np.float32)
    line = cv2.warpPerspective(
        picture,
        cv2.getPerspectiveTransform(quad, target),
        (wide, tall),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    turned = np.rot90(line) if tall >= _UPRIGHT * wide else line
    return np.asarray(turned, np.uint8)


def area(quad: Quad) -> float:
    """Pixels inside."""
    return float(cv2.contourArea(quad))


def _length(quad: Quad, a: int, b: int) -> float:
    return math.dist(quad[a], quad[b])


def reading_order(quads: list[Quad]) -> list[int]:
    """Indices row by row from the top, each row from the left.

    A region belongs to the row above where its middle is within half a height of the row's first.
    """
    middles = [float(quad[:, 1].mean()) for quad in quads]
    heights = [float(np.ptp(quad[:, 1])) for quad in quads]
    rows: list[list[int]] = []
    for index in sorted(range(len(quads)), key=lambda i: middles[i]):
        first = rows[-1][0] if rows else index
        reach = 0.5 * min(heights[first], heights[index])
        if rows and middles[index] - middles[first] <= reach:
            rows[-1].append(index)
        else:
            rows.append([index])
    return [i for row in rows for i in sorted(row, key=lambda i: float(quads[i][:, 0].min()))]
