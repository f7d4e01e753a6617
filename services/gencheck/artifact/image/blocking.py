"""BLOCKING: how much stronger the breaks on an 8×8 grid are than those beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.picture import CACHED, Picture, strips
from gencheck.artifact.reading import FloatMap, Grey, Reading, finite
from gencheck.artifact.regions import Area, areas
from gencheck.findings import Measurement, Method

CHECK = "artifact.blocking"
MIN_SIDE = 48
METHOD = Method(
    "normalised 8×8 grid ratio",
    "4",
    "Muijs and Kirenko, A no-reference blocking artifact measure for adaptive video processing, "
    "EUSIPCO 2005; on breaks instead of steps, local, with a search for the phase",
)
NOTICE = 1.9
"""Grid ratio from which a place stands out; fixed on training photos."""
OVERALL = 1.6
"""The same of the whole picture, where many blocks speak together, also enlarged ones."""

_PERIOD = 8
_ENLARGED = (12, 16)  # blocks of a picture that was enlarged half as large again, or twice
_BLOCKS = 4  # blocks a side of a cell: 32 pixels, about the smallest area in which a grid is seen
_SIDE = _PERIOD * _BLOCKS
_REACH = 15  # pixels over which the breaks that mask one are averaged
_FLOOR = 2.0  # luma levels: breaks that nobody sees must not count as a grid
_TINY = 0.25  # normalised breaks a pixel: keeps the ratio of nothing to nothing at 1
_LEAD = 2.4
_CEILING = 6.0  # one hard edge must not outweigh a cell of soft steps
# A step less the mean of those beside it, in halves of a level, to fit 8 bits: breaks of more than
# 127 levels count as those, and _CEILING is below them wherever they are rare.
_BREAK = np.array([[1, -3, 3, -1]], np.float32)


def measure_blocking(picture: Picture) -> Reading:
    """The grid ratio of each cell of 32×32 native pixels, and the regions where it stands out.

    1 means no grid; a JPEG of quality 10 gives about 3. A break is how far a step between
    neighbours differs from the steps beside it, so that slopes have none. What 32 pixels of a line
    have in common is taken off: frames and joints in steps of eight pixels break the same way all
    along, blocks each their own. It is divided by the mean of the breaks around it (texture hides
    blocks), so flat areas count as much as busy ones. Native scale; the whole picture is also
    searched for the grids of enlarged blocks.
    """
    upright, lying = _upright(picture.grey), _lying(picture.grey)
    ratio = _both_ways(_best_phase(upright.cells), _best_phase(lying.cells))
    level = _whole(ratio / NOTICE, picture)
    found = areas(level, picture.size, min_share=0.01)
    overall = max(
        float(_both_ways(_overall(upright.profile, period), _overall(lying.profile, period)))
        for period in (_PERIOD, *_ENLARGED)
    )
    measurements = [_found(level, area) for area in found]
    if not found or overall >= OVERALL:
        detail = "the whole picture"
        whole = Measurement("BLOCKING", finite(overall), CHECK, METHOD, detail=detail)
        measurements.insert(0, whole)
    return Reading(tuple(measurements), level)


def _found(level: FloatMap, area: Area) -> Measurement:
    value = finite(float(level[area.cells].mean()) * NOTICE)
    detail = f"over {area.share:.0%} of the picture"
    return Measurement("BLOCKING", value, CHECK, METHOD, area.box, detail)


def grid_ratio(grey: Grey) -> FloatMap:
    """The mean of the ratios across columns and across rows, a cell of 32×32 pixels.

    Args:
        grey: ``uint8 [H, W]``.

    Returns:
        ``float32 [ceil(H / 32), ceil(W / 32)]``, smoothed over 3×3 cells.
    """
    upright, lying = _upright(grey), _lying(grey)
    return _both_ways(_best_phase(upright.cells), _best_phase(lying.cells))


def _both_ways(upright: NDArray[Any], lying: NDArray[Any]) -> FloatMap:
    """The geometric mean, where neither counts further than ``_LEAD`` times the other.

    Blocks show both ways: what stands out one way only may be a fence.
    """
    upright, lying = np.minimum(upright, _LEAD * lying), np.minimum(lying, _LEAD * upright)
    return np.asarray(np.sqrt(upright * lying), np.float32)


@dataclass(frozen=True, slots=True)
class _Breaks:
    """Normalised breaks between columns, or between rows.

    Attributes:
        cells: ``float32 [r, c, 8]``, summed a cell of 32×32 and a phase.
        profile: ``float64 [W]``, the mean of each column (``[H]``, of each row).
    """

    cells: FloatMap
    profile: NDArray[np.float64]


def _upright(grey: Grey) -> _Breaks:
    """Those from left to right."""
    height, width = grey.shape
    rows, columns = -(-height // _SIDE), -(-width // _SIDE)
    sums = np.zeros((rows, columns * _SIDE), np.float32)
    for strip in strips(grey.shape, align=_SIDE, pixels=CACHED):
        added = _cell_sums(_normalised(grey[strip]))
        top = strip.start // _SIDE
        sums[top : top + len(added), :width] = added
    sums[:, :2] = sums[:, width - 1 :] = 0
    profile = sums.sum(axis=0, dtype=np.float64)[:width] / max(height, 1)
    return _Breaks(sums.reshape(rows, columns, _BLOCKS, _PERIOD).sum(axis=2), profile)


def _lying(grey: Grey) -> _Breaks:
    """Those from above to below: along rows of pixels the sums of 32 take twice as long."""
    turned = _upright(np.asarray(cv2.transpose(grey), np.uint8))
    return _Breaks(np.ascontiguousarray(turned.cells.transpose(1, 0, 2)), turned.profile)


def _cell_sums(values: FloatMap) -> FloatMap:
    """Sums over every 32 rows, and over what is left: ``[ceil(H / 32), W]``."""
    whole = len(values) // _SIDE * _SIDE
    sums = values[:whole].reshape(-1, _SIDE, values.shape[1]).sum(axis=1)
    if whole < len(values):
        sums = np.concatenate([sums, values[whole:].sum(axis=0, keepdims=True)])
    return np.asarray(sums, np.float32)


def _normalised(grey: Grey) -> FloatMap:
    """Breaks between columns over the mean of those around them: ``float32 [H, W]``."""
    breaks = np.asarray(cv2.filter2D(grey, cv2.CV_16S, _BREAK, anchor=(2, 0)), np.int16)
    halves = cv2.min(cv2.convertScaleAbs(breaks), cv2.convertScaleAbs(_own(breaks)))
    around, border = (_REACH, 1), cv2.BORDER_REFLECT
    mask = np.asarray(cv2.boxFilter(halves, cv2.CV_32F, around, borderType=border), np.float32)
    mask += np.float32(2 * _FLOOR)
    ratio = np.divide(halves, mask, out=mask)
    return np.asarray(cv2.threshold(ratio, _CEILING, 0, cv2.THRESH_TRUNC, dst=ratio)[1], np.float32)


def _own(breaks: NDArray[np.int16]) -> NDArray[np.int16]:
    """The breaks less the mean of every 32 rows; the rows of less count as they are."""
    out = breaks.copy()
    parts = out[: len(out) // _SIDE * _SIDE].reshape(-1, _SIDE, out.shape[1])
    # Breaks are at most 4 * 255, and 32 of them fit 16 bits. The shift rounds down.
    parts -= parts.sum(axis=1, dtype=np.int16, keepdims=True) >> 5
    return out


def _best_phase(sums: FloatMap) -> FloatMap:
    """The ratio on the grid to beside it, for the phase at which most cells stand out."""
    smooth = cv2.blur(sums, (3, 3), borderType=cv2.BORDER_REPLICATE)
    smooth = smooth.reshape(sums.shape)
    total = smooth.sum(axis=2, keepdims=True)
    beside = (total - smooth) / (_PERIOD - 1)
    tiny = _TINY * _PERIOD * _BLOCKS * _BLOCKS
    ratio = (smooth + tiny) / (beside + tiny)
    # Squared: a patch of strong blocks must win over the faint grid of all the rest.
    excess = (np.maximum(ratio - 1.4, 0) ** 2).sum(axis=(0, 1))
    return np.asarray(ratio[:, :, int(excess.argmax())], np.float32)


def _overall(profile: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """The ratio of the best phase of all columns together; 1 for a picture of few periods."""
    whole = len(profile) // period
    if whole < 4:
        return np.ones(())
    folded = np.median(profile[: whole * period].reshape(whole, period), axis=0)
    best = folded.max()
    beside = (folded.sum() - best) / (period - 1)
    return np.asarray((best + _TINY) / (beside + _TINY))


def _whole(level: FloatMap, picture: Picture) -> FloatMap:
    """The map over the whole picture: rows that are missing, and the rest of a last cell."""
    rows, columns = -(-picture.size[0] // _SIDE), -(-picture.size[1] // _SIDE)
    out = np.zeros((rows, columns), np.float32)
    out[: level.shape[0], : level.shape[1]] = level
    return out
