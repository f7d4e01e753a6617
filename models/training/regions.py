"""Places in a picture: irregular shapes of a bounded extent, laid where there is detail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Picture: TypeAlias = NDArray[np.uint8]
"""``uint8 [H, W, 3]``, RGB."""
Mask: TypeAlias = NDArray[np.bool_]

_TRIES = 3
_CORNERS = 48


@dataclass(frozen=True, slots=True)
class Region:
    """A shape within a picture.

    Attributes:
        top, left: of its box, pixels of the picture.
        mask: ``bool [h, w]``: the shape in its box.
    """

    top: int
    left: int
    mask: Mask

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of the box."""
        height, width = self.mask.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)

    def of(self, picture: Picture) -> Picture:
        """A copy of what the picture shows in the box."""
        return np.ascontiguousarray(picture[self.slices])


def feathered(mask: Mask, width: float) -> NDArray[np.float32]:
    """Opacity 0..1, ``float32 [h, w, 1]``: rises from the edge inwards, and is 0 outside."""
    if width <= 0:
        return mask.astype(np.float32)[:, :, None]
    framed = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    inside = cv2.distanceTransform(framed, cv2.DIST_L2, 3)[1:-1, 1:-1]
    return np.asarray(np.clip(inside / np.float32(width), 0, 1)[:, :, None], np.float32)


def blend(below: Picture, above: NDArray[np.generic], opacity: NDArray[np.float32]) -> Picture:
    """The upper picture over the lower, rounded."""
    mixed = below + (np.asarray(above, np.float32) - below) * opacity
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def draw_shape(height: int, width: int, rng: np.random.Generator) -> Mask:
    """A shape that fills a box: a rectangle, an ellipse, or a wavy outline, ``bool [h, w]``."""
    kind = rng.random()
    mask = np.zeros((height, width), np.uint8)
    if kind < 0.2:
        mask[:] = 1
    elif kind < 0.4:
        centre = ((width - 1) / 2, (height - 1) / 2)
        cv2.ellipse(mask, (centre, (width, height), 0), 1, -1)
    else:
        cv2.fillPoly(mask, [_outline(height, width, rng)], 1)
    return mask.astype(np.bool_)


def _outline(height: int, width: int, rng: np.random.Generator) -> NDArray[np.int32]:
    """A closed curve around the middle whose radius wavers, stretched to touch the whole box."""
    angle = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    radius = np.ones(_CORNERS)
    for wave in range(2, 6):
        phase = rng.uniform(0, 2 * np.pi)
        radius += rng.uniform(0, 0.35) / wave * 1.5 * np.cos(wave * angle + phase)
    points = np.stack([np.cos(angle), np.sin(angle)], 1) * radius[:, None]
    points = (points - points.min(0)) / np.ptp(points, axis=0)
    return np.asarray(np.rint(points * (width - 1, height - 1)), np.int32)


def choose_region(
    picture: Picture, rng: np.random.Generator, *, smallest: float, largest: float
) -> Region:
    """A shape somewhere in the picture, more often where there is detail.

    Args:
        smallest, largest: bounds of the geometric mean of its sides, pixels; at most 0.6 of a side
            of the picture.
    """
    rows, columns = picture.shape[:2]
    extent = np.exp(rng.uniform(np.log(smallest), np.log(largest)))
    stretch = np.exp(rng.uniform(-0.5, 0.5))
    height = int(np.clip(extent * stretch, 8, 0.6 * rows))
    width = int(np.clip(extent / stretch, 8, 0.6 * columns))
    tries = _TRIES if rng.random() < 0.7 else 1
    places = [
        (int(rng.integers(0, rows - height + 1)), int(rng.integers(0, columns - width + 1)))
        for _ in range(tries)
    ]
    top, left = max(places, key=lambda p: _detail(picture, p, (height, width)))
    return Region(top, left, draw_shape(height, width, rng))


def _detail(picture: Picture, place: tuple[int, int], size: tuple[int, int]) -> float:
    """Mean absolute step between every fourth pixel of a box."""
    part = picture[place[0] : place[0] + size[0] : 4, place[1] : place[1] + size[1] : 4, 1]
    return float(np.abs(np.diff(part.astype(np.int16), axis=1)).mean())


def overlaps(a: Region, b: Region, *, gap: int = 8) -> bool:
    """Whether the boxes come nearer to each other than the gap, pixels."""
    (rows_a, columns_a), (rows_b, columns_b) = a.slices, b.slices
    return bool(
        rows_a.start - gap < rows_b.stop
        and rows_b.start - gap < rows_a.stop
        and columns_a.start - gap < columns_b.stop
        and columns_b.start - gap < columns_a.stop
    )
