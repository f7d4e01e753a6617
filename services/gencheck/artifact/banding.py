"""BANDING: staircases of flat plateaus where a gradient should be smooth."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.picture import Picture
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
NOTICE = 1.0
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
    if width < 3:
        return np.zeros((height, width), np.float32)
    steps = np.diff(grey.astype(np.int16), axis=1)
    row, column = np.nonzero(steps)
    step = steps[row, column]
    # Two changes in a row of one picture row enclose a run of equal pixels.
    length = np.diff(column)
    first, second = step[:-1], step[1:]
    size_first, size_second = np.abs(first), np.abs(second)
    keep = (
        (row[1:] == row[:-1])
        & (np.sign(first) == np.sign(second))
        & (np.minimum(size_first, size_second) >= _MIN_STEP)
        & (np.maximum(size_first, size_second) <= _MAX_STEP)
        & (length >= _MIN_WIDTH)
        & (length <= _MAX_WIDTH)
        & ((length * factor) % 8 != 0)
    )
    return _paint(
        (height, width), row[:-1][keep], column[:-1][keep] + 1, column[1:][keep] + 1,
        (size_first[keep] + size_second[keep]) / 2,
    )  # fmt: skip


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
    return np.maximum(np.cumsum(ends, axis=1)[:, :-1], 0)
