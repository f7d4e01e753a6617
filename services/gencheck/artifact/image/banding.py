"""BANDING: staircases of flat plateaus where a gradient should be smooth."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.picture import Picture
from gencheck.artifact.reading import FloatMap, Grey, Reading, finite
from gencheck.artifact.regions import areas
from gencheck.findings import Measurement, Method

CHECK = "artifact.banding"
MIN_SIDE = 64
METHOD = Method(
    "plateaus between steps of one direction",
    "1",
    "after the idea of CAMBI (Tandon et al., PCS 2021): flat neighbours, a small contrast between "
    "them; here with plateaus followed along rows and columns",
)
NOTICE = 0.5
"""Banding index from which a place stands out; fixed on training photos."""

_SIDE = 2048  # longest side looked at; larger pictures are decimated, which keeps plateaus flat
_MIN_STEP, _MAX_STEP = 2, 24  # luma levels: below is not seen, above is an edge of a thing
_MIN_WIDTH, _MAX_WIDTH = 5, 160  # pixels of a plateau
_WINDOW = 65  # pixels over which the index is averaged, as in CAMBI
_CELL = 16


def measure_banding(picture: Picture) -> Reading:
    """The banding index (0 none .. 24) of each place, and the regions where it stands out.

    A plateau is a run of exactly equal pixels along a row or column that is entered and left by
    small steps *of the same sign*, as in a quantised gradient. The index of a place is the mean
    over a window of 65×65 pixels of the step's height in luma levels, 0 outside plateaus. Runs of a
    whole number of 8 pixels are left out: those are the flat blocks of JPEG, not bands.
    """
    factor = max(1, math.ceil(max(picture.grey.shape) / _SIDE))
    index = banding_index(picture.grey[::factor, ::factor], factor)
    height = math.ceil(picture.size[0] / factor / _CELL)
    width = math.ceil(picture.size[1] / factor / _CELL)
    level = np.zeros((height, width), np.float32)
    level[: index.shape[0], : index.shape[1]] = index / NOTICE
    found = areas(level, picture.size, min_share=0.01)
    if not found:
        value = finite(float(index.max(initial=0.0)), high=24.0)
        return Reading((Measurement("BANDING", value, CHECK, METHOD),), level)
    return Reading(
        tuple(
            Measurement(
                "BANDING",
                finite(float(level[area.cells].mean()) * NOTICE, high=24.0),
                CHECK,
                METHOD,
                area.box,
                f"over {area.share:.0%} of the picture",
            )
            for area in found
        ),
        level,
    )


def banding_index(grey: Grey, factor: int = 1) -> FloatMap:
    """The index of each cell of 16×16 pixels: ``float32 [ceil(h / 16), ceil(w / 16)]``.

    Args:
        grey: ``uint8 [h, w]``, decimated by ``factor``.
        factor: native pixels a pixel, to know what 8 native pixels are.
    """
    across = _plateaus(grey, factor)
    down = _plateaus(np.ascontiguousarray(grey.T), factor).T
    steps = np.maximum(across, down)
    rows, columns = -(-grey.shape[0] // _CELL), -(-grey.shape[1] // _CELL)
    smooth = cv2.blur(steps, (_WINDOW, _WINDOW), borderType=cv2.BORDER_REPLICATE)
    half = _CELL // 2
    picked = smooth[half::_CELL, half::_CELL]
    out = np.zeros((rows, columns), np.float32)
    out[: picked.shape[0], : picked.shape[1]] = picked
    return out


def _plateaus(grey: Grey, factor: int) -> FloatMap:
    """The mean step at both ends of each plateau along a row, 0 elsewhere: ``float32 [h, w]``."""
    height, width = grey.shape
    if width < _MIN_WIDTH + 2:
        return np.zeros((height, width), np.float32)
    change = grey[:, 1:] != grey[:, :-1]
    # A run begins after a change with enough equal neighbours behind it, and ends likewise.
    calm = ~change
    need = _MIN_WIDTH - 1
    behind = np.ones((height, max(0, width - 1 - need)), np.bool_)
    for shift in range(1, need + 1):
        behind &= calm[:, shift : shift + behind.shape[1]]
    begins, ends = np.zeros_like(change), np.zeros_like(change)
    begins[:, : behind.shape[1]] = behind & change[:, : behind.shape[1]]
    ends[:, need + 1 :] = behind[:, :-1] & change[:, need + 1 :]
    first, last = np.flatnonzero(begins), np.flatnonzero(ends)
    follower = np.searchsorted(last, first, side="right")
    first, follower = first[follower < len(last)], follower[follower < len(last)]
    row, column = np.divmod(first, width - 1)
    end_row, end_column = np.divmod(last[follower], width - 1)
    values = grey.astype(np.int16)
    rise = values[row, column + 1] - values[row, column]
    again = values[end_row, end_column + 1] - values[end_row, end_column]
    low, high = np.minimum(np.abs(rise), np.abs(again)), np.maximum(np.abs(rise), np.abs(again))
    length = end_column - column
    keep = (
        (row == end_row)
        & (np.sign(rise) == np.sign(again))
        & (low >= _MIN_STEP)
        & (high <= _MAX_STEP)
        & (length <= _MAX_WIDTH)
        & ((length * factor) % 8 != 0)
    )
    height_of_steps = (low[keep] + high[keep]) / 2
    return _paint(grey.shape, row[keep], column[keep] + 1, end_column[keep] + 1, height_of_steps)


def _paint(
    shape: tuple[int, int],
    row: NDArray[np.intp],
    start: NDArray[np.intp],
    stop: NDArray[np.intp],
    value: NDArray[np.float64],
) -> FloatMap:
    """Runs ``[start, stop)`` of rows with their value: by the running sum of their ends."""
    ends = np.zeros((shape[0], shape[1] + 1), np.float32)
    np.add.at(ends, (row, start), value.astype(np.float32))
    np.add.at(ends, (row, stop), -value.astype(np.float32))
    painted = np.maximum(np.cumsum(ends, axis=1)[:, :-1], 0).astype(np.float32)
    # A band is an area: runs that the rows above and below do not share are dither or noise.
    return np.asarray(cv2.erode(painted, np.ones((3, 3), np.uint8)), np.float32)
