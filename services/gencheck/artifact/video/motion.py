"""What happened between two pictures: what moved where, and what changed besides.

Dense optical flow by inverse search (Kroeger et al., ECCV 2016) both ways; what is not found again
on the way back is hidden or new and counts for nothing (the occlusion test of Sundaram, Brox and
Keutzer, ECCV 2010, as Lai et al., ECCV 2018, use it for their warp error).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.reading import FloatMap, Grey

CELL = 16
"""Side of a cell, pixels of the small view (320×180)."""

MIN_SIDE = 48
"""Shorter side of the small view from which on motion is measured, pixels."""

STILL = 0.6
"""Luma levels: an encoder that repeats a frame stays below, a camera's noise does not."""

_BLOCK = 8  # pixels a side: small enough that moving lips fill one
_DARKEST, _BRIGHTEST = 12, 243  # luma levels between which nothing is clipped
_NEAR = 3.0  # luma levels: less is noise, whatever its spread
_MIN_SHARE = 0.1  # of the pixels of a region, for a mean of them
_TEXTURE = 5.0  # luma levels, standard deviation: from there on a cell shows where it moves
_FAST = 0.3  # pixels a frame: what moves, and no noise
_MOVING = 0.02  # share of the cells
_POP = 2.5  # luma levels: in pictures too small for motion, what differs more is taken for it
_SAME = 0.3  # share of pixels found again from which on two pictures are of one scene
GRID = (3, 4)
"""Rows and columns of the regions in which brightness is compared."""


@dataclass(frozen=True, slots=True)
class Change:
    """From one picture to the next.

    Attributes:
        mean: mean difference, luma levels.
        most: of the block of 8×8 that differs most, luma levels.
        found: share of the pixels that are found again in the picture before, 0..1.
        gain: change of brightness of what was found again, as a share of its luma; NaN unknown.
        gains: ``float32 [12]`` the same by region, row by row.
        flow: ``float32 [rows, columns, 2]`` for each cell, pixels right and down that it moved.
        textured: ``bool [rows, columns]``: cells with enough in them to see where they move.
        steady: ``bool [rows, columns]``: cells most of which was found again.
        moves: whether anything moves from one place to another, and does not only change its
            brightness.
    """

    mean: float
    most: float
    found: float
    gain: float
    gains: FloatMap = field(repr=False)
    flow: FloatMap = field(repr=False)
    textured: NDArray[np.bool_] = field(repr=False)
    steady: NDArray[np.bool_] = field(repr=False)
    moves: bool

    @property
    def is_still(self) -> bool:
        """Whether nothing moved, not even noise."""
        return self.most <= STILL

    @property
    def is_cut(self) -> bool:
        """Whether the two pictures are of different scenes."""
        return self.found < _SAME


class Comparer:
    """Compares pictures of one size. Not for several threads."""

    def __init__(self, shape: tuple[int, int]) -> None:
        """Args: shape: height and width of the pictures."""
        self._shape = shape
        self._cells = (max(1, shape[0] // CELL), max(1, shape[1] // CELL))
        self._has_motion = min(shape) >= MIN_SIDE
        # Without its variational refinement, which would explain a change of brightness by motion.
        self._search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._search.setVariationalRefinementIterations(0)
        rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
        self._columns, self._rows = columns, rows

    def compare(self, before: Grey, now: Grey) -> Change:
        """What changed. Both ``uint8 [h, w]`` of the shape given at first."""
        difference = cv2.absdiff(now, before)
        mean = float(difference.mean())
        most = float(cv2.blur(difference.astype(np.float32), (_BLOCK, _BLOCK)).max())
        if most <= STILL or not self._has_motion:
            return self._nothing_moved(now, mean, most)
        # Where each pixel was before, and where each was after: the way there and back.
        flow = self._search.calc(now, before, None)  # type: ignore[call-overload]
        onward = self._search.calc(before, now, None)  # type: ignore[call-overload]
        at = (self._columns + flow[:, :, 0], self._rows + flow[:, :, 1])
        warped = cv2.remap(before, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        found = self._found_again(flow, onward, at)
        rest = now.astype(np.float32) - warped
        cells, textured = -self._by_cell(flow), self._textured(now)
        steady = self._by_cell(found.astype(np.float32)) >= 0.5
        fast = np.square(cells).sum(axis=2) >= _FAST**2
        gain, gains = _gains(rest, np.asarray(warped, np.uint8), now, found)
        return Change(
            mean=mean,
            most=most,
            found=float(found.mean()),
            gain=gain,
            gains=gains,
            flow=cells,
            textured=textured,
            steady=steady,
            moves=bool((fast & textured & steady).mean() >= _MOVING),
        )

    def _nothing_moved(self, now: Grey, mean: float, most: float) -> Change:
        rows, columns = self._cells
        return Change(
            mean=mean,
            most=most,
            found=1.0,
            gain=0.0 if most <= STILL else float("nan"),
            gains=np.zeros(GRID[0] * GRID[1], np.float32),
            flow=np.zeros((rows, columns, 2), np.float32),
            textured=self._textured(now),
            steady=np.ones((rows, columns), np.bool_),
            moves=most > _POP,
        )

    def _found_again(
        self, flow: FloatMap, onward: FloatMap, at: tuple[FloatMap, FloatMap]
    ) -> NDArray[np.bool_]:
        back = cv2.remap(onward, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        astray = np.square(flow + back).sum(axis=2)
        length = np.square(flow).sum(axis=2) + np.square(back).sum(axis=2)
        height, width = self._shape
        inside = (at[0] >= 0) & (at[0] <= width - 1) & (at[1] >= 0) & (at[1] <= height - 1)
        return np.asarray(inside & (astray <= 0.01 * length + 0.5), np.bool_)

    def _by_cell(self, values: FloatMap) -> FloatMap:
        size = (self._cells[1], self._cells[0])
        return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)

    def _textured(self, now: Grey) -> NDArray[np.bool_]:
        values = now.astype(np.float32)
        means = self._by_cell(values)
        return np.asarray(self._by_cell(values * values) - means * means >= _TEXTURE**2, np.bool_)


def _gains(
    rest: FloatMap, warped: Grey, now: Grey, found: NDArray[np.bool_]
) -> tuple[float, FloatMap]:
    """The change of brightness of what was found again: in all, and by region.

    Means of every other pixel without what lies far from the median of its region: an edge that
    moved a little counts for nothing.
    """
    rests, before, after = (_by_region(plane) for plane in (rest, warped, now))
    lit = _by_region(found) & (np.minimum(before, after) > _DARKEST)
    lit &= np.maximum(before, after) < _BRIGHTEST
    enough = lit.mean(axis=1) >= _MIN_SHARE
    if not enough.any():
        return float("nan"), np.full(len(lit), np.nan, np.float32)
    lit &= enough[:, None]
    middle = _medians(rests, lit)
    distance = np.abs(rests - middle)
    kept = lit & (distance <= np.maximum(_NEAR, 4.0 * _medians(distance, lit)))
    changes = np.sum(rests, axis=1, where=kept)
    lumas = np.sum(before, axis=1, where=kept, dtype=np.float32)
    gains = np.full(len(lit), np.nan, np.float32)
    np.divide(changes, lumas, out=gains, where=enough)
    return float(changes.sum() / lumas.sum()), gains


def _by_region(plane: NDArray[Any]) -> NDArray[Any]:
    """Every other pixel of a plane, ``[12, n]``; what makes no whole region is left out."""
    rows, columns = GRID
    some = plane[::2, ::2]
    height, width = some.shape[0] // rows, some.shape[1] // columns
    blocks = some[: rows * height, : columns * width].reshape(rows, height, columns, width)
    return blocks.swapaxes(1, 2).reshape(rows * columns, height * width)


def _medians(values: FloatMap, lit: NDArray[np.bool_]) -> FloatMap:
    """The median of what is lit in each region, ``[12, 1]``; 0 where nothing is."""
    ordered = np.sort(np.where(lit, values, np.inf), axis=1)
    middle = (np.count_nonzero(lit, axis=1) // 2)[:, None]
    found = np.take_along_axis(ordered, np.minimum(middle, values.shape[1] - 1), axis=1)
    return np.asarray(np.where(np.isfinite(found), found, 0.0), np.float32)
