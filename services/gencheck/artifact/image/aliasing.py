"""ALIASING: pixels that were repeated, not interpolated, when the picture was enlarged."""

from __future__ import annotations

import cv2
import numpy as np

from gencheck.artifact.image.picture import Picture, native_blocks
from gencheck.artifact.reading import FloatMap, Grey, Reading, finite
from gencheck.artifact.regions import areas
from gencheck.findings import Measurement, Method

CHECK = "artifact.aliasing"
MIN_SIDE = 128
METHOD = Method(
    "steps between columns folded by their period",
    "1",
    "after Gallagher, Detection of linear and cubic interpolation in JPEG compressed images, CRV "
    "2005: the periodic variance that resampling leaves; here that of a zero-order hold",
)
NOTICE = 0.33
"""Aliasing ratio from which a place stands out; fixed on training photos."""

_PERIODS = (2, 3, 4, 5, 6, 7)  # columns; 8 is JPEG's own, and enlarged 8 times shows by 2 and 4
_TALL, _WIDE = 64, 120  # pixels of a cell: across, so that most periods fit a whole number of times
_AROUND = 33  # columns over which steps are brought to one size
_CLIP = 32  # luma levels: one strong edge must not count as a period
_TEXTURE = 1.0  # luma levels of the mean step: flatter cells say nothing
_LEAST_CELLS = 0.1  # share of cells that must say something
_SHADES = 40  # grey levels that a photo has at least; a drawing, a print or pixel art has fewer
_USED = 1e-4  # share of pixels from which a level counts as used
_MIN_SHARE = 0.05


def why_not(picture: Picture) -> str:
    """Why repeated pixels are no fault of a picture; empty where they are."""
    if is_drawn(picture.grey):
        return "a picture of few shades is drawn: repeated pixels are its style"
    return ""


def measure_aliasing(picture: Picture) -> Reading:
    """The aliasing ratio of each place, 0 (every column differs) .. 1 (some are mere repeats).

    Enlarging by nearest neighbour repeats columns and rows in a fixed rhythm, also by factors that
    are no whole numbers; edges become stairs. The mean step between neighbouring columns is
    folded by each period of 2 to 7: the ratio is one less the smallest of the folded steps over
    their mean. The lesser of both directions counts, so that interlaced lines or blinds do not.

    Not for pictures of few shades (``is_drawn``): there it is a style. Moiré and the stairs of a
    picture that was *reduced* without a filter are not told from sharp detail, and are not looked
    for.
    """
    rows = max(1, -(-picture.size[0] // _WIDE))
    columns = max(1, -(-picture.size[1] // _WIDE))
    level = np.zeros((rows, columns), np.float32)
    for block in native_blocks(picture.grey.shape, most=3):
        ratio = aliasing_ratio(picture.grey[block])
        top, left = block[0].start // _WIDE, block[1].start // _WIDE
        part = level[top : top + ratio.shape[0], left : left + ratio.shape[1]]
        part[:] = ratio[: part.shape[0], : part.shape[1]] / NOTICE
    found = areas(level, picture.size, min_share=_MIN_SHARE)
    if not found:
        value = min(float(np.median(level)), 1.0) * NOTICE
        return Reading((Measurement("ALIASING", finite(value), CHECK, METHOD),), level)
    return Reading(
        tuple(
            Measurement(
                "ALIASING",
                finite(float(np.median(level[area.cells])) * NOTICE, high=1.0),
                CHECK,
                METHOD,
                area.box,
                f"over {area.share:.0%} of the picture",
            )
            for area in found
        ),
        level,
    )


def is_drawn(grey: Grey) -> bool:
    """Whether a picture has as few shades as pixel art, prints and line art have."""
    used = np.bincount(grey[::2, ::2].ravel(), minlength=256)
    return int((used >= max(1, _USED * used.sum())).sum()) < _SHADES


def aliasing_ratio(grey: Grey) -> FloatMap:
    """The lesser ratio of both directions, of cells of 120×120: ``float32 [H // 120, W // 120]``.

    Cells without texture get that of the typical cell, or 0 where few have any.
    """
    shape = grey.shape[0] // _WIDE, grey.shape[1] // _WIDE
    if min(shape) == 0:
        return np.zeros(shape, np.float32)
    across = _folded(grey)
    down = _folded(np.asarray(cv2.transpose(grey), np.uint8)).T
    size = (shape[1], shape[0])
    resized = [cv2.resize(part, size, interpolation=cv2.INTER_NEAREST) for part in (across, down)]
    return np.minimum(*resized)


def _folded(grey: Grey) -> FloatMap:
    """The ratio along rows, of cells of 64×120: ``float32 [H // 64, (W - 1) // 120]``."""
    rows = grey.shape[0] // _TALL
    steps = np.minimum(cv2.absdiff(grey[:, 1:], grey[:, :-1]), _CLIP)[: rows * _TALL]
    total = steps.reshape(rows, _TALL, -1).sum(axis=1, dtype=np.uint16)
    mean = total.astype(np.float32) / _TALL
    around = cv2.blur(mean, (_AROUND, 1))
    columns = mean.shape[1] // _WIDE
    cells = (mean / (around + 0.25))[:, : columns * _WIDE].reshape(rows, columns, _WIDE)
    cells = np.minimum(cells, 3)
    ratio = np.zeros((rows, columns), np.float32)
    for period in _PERIODS:
        whole = cells[:, :, : _WIDE // period * period]
        phases = whole.reshape(rows, columns, -1, period).mean(axis=2)
        held = 1 - phases.min(axis=2) / (phases.mean(axis=2) + 1e-3)
        np.maximum(ratio, held, out=ratio)
    texture = around[:, : columns * _WIDE].reshape(rows, columns, _WIDE).mean(axis=2)
    textured = texture >= _TEXTURE
    if textured.mean() < _LEAST_CELLS:
        return np.zeros_like(ratio)
    ratio[~textured] = np.median(ratio[textured])
    return ratio
