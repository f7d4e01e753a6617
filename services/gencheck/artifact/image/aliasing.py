"""ALIASING: pixels that were repeated, not interpolated, when the picture was enlarged."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.picture import Picture, native_blocks
from gencheck.artifact.reading import FloatMap, Grey, Reading, finite
from gencheck.artifact.regions import areas
from gencheck.findings import Measurement, Method

CHECK = "artifact.aliasing"
MIN_SIDE = 128
METHOD = Method(
    "steps between columns folded by their period",
    "2",
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
_STIR = 0.1  # of the mean step around: a phase below that has nothing to be still against
_HELD = 0.8  # quantile of a phase's columns, all of which are held if it is
_FAR = slice(13, 29)
"""Pixels along a row at which texture has forgotten itself, and the screen of a print has not."""
_SWING = 0.5  # of the likeness of steps at these distances; held texture has up to 0.4


def why_not(picture: Picture) -> str:
    """Why repeated pixels are no fault of a picture; empty where they are."""
    if is_drawn(picture.grey):
        return "a picture of few shades is drawn: repeated pixels are its style"
    return ""


def measure_aliasing(picture: Picture) -> Reading:
    """The aliasing ratio of each place, 0 (every column differs) .. 1 (some are mere repeats).

    Enlarging by nearest neighbour repeats columns and rows in a fixed rhythm, also by factors that
    are no whole numbers; edges become stairs. The mean step between neighbouring columns is
    folded by each period of 2 to 7: the ratio is one less what four fifths of the columns of the
    stillest phase stay below, over the middle of the liveliest: letters and joints are still here
    and there, never all along. The dots of a print have a rhythm as well, but repeat their steps
    too, and do not count (``_is_screen``). Nor do interlaced lines or blinds: the lesser of both
    directions is the value.

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
    rows, columns = grey.shape[0] // _TALL, (grey.shape[1] - 1) // _WIDE
    inner = grey[: rows * _TALL]
    steps = np.minimum(cv2.absdiff(inner[:, 1:], inner[:, :-1]), _CLIP)
    total = steps.reshape(rows, _TALL, -1).sum(axis=1, dtype=np.uint16)
    mean = total.astype(np.float32) / _TALL
    around = cv2.blur(mean, (_AROUND, 1))
    cells = (mean / (around + 0.25))[:, : columns * _WIDE].reshape(rows, columns, _WIDE)
    ratio = np.zeros((rows, columns), np.float32)
    for period in _PERIODS:
        np.maximum(ratio, _held(np.minimum(cells, 3), period), out=ratio)
    texture = around[:, : columns * _WIDE].reshape(rows, columns, _WIDE).mean(axis=2)
    textured = texture >= _TEXTURE
    if textured.mean() < _LEAST_CELLS:
        return np.zeros_like(ratio)
    stands_out = textured & (ratio >= NOTICE)
    ratio[stands_out] *= ~_is_screen(inner, *np.nonzero(stands_out))
    ratio[~textured] = np.median(ratio[textured])
    return ratio


def _held(cells: FloatMap, period: int) -> FloatMap:
    """How much stiller one phase is than the liveliest: ``[r, c, 120]`` steps → ``[r, c]``."""
    repeats = _WIDE // period
    phases = cells[:, :, : repeats * period].reshape(*cells.shape[:2], repeats, period)
    ranked = np.sort(phases, axis=2)
    still = ranked[:, :, int(_HELD * (repeats - 1))].min(axis=2)
    lively = ranked[:, :, repeats // 2].max(axis=2)
    return np.where(lively >= _STIR, 1 - still / np.maximum(lively, _STIR), 0).astype(np.float32)


def _is_screen(grey: Grey, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Whether cells are of dots or stripes: their steps are alike, or opposite, far along a row.

    By the autocorrelation (Wiener-Khinchin) of the steps with their signs, ``bool [n]``.
    """
    places = zip(rows * _TALL, columns * _WIDE, strict=True)
    parts = [grey[y : y + _TALL : 2, x : x + _WIDE + 1] for y, x in places]
    if not parts:
        return np.zeros(0, np.bool_)
    steps = np.clip(np.diff(np.stack(parts).astype(np.float32)), -_CLIP, _CLIP)
    power = (np.abs(np.fft.rfft(steps, 2 * _WIDE)) ** 2).mean(axis=1)
    likeness = np.fft.irfft(power)
    far = likeness[:, _FAR] / (_WIDE - np.arange(_WIDE)[_FAR])
    return np.asarray(np.ptp(far, axis=1) > _SWING * (likeness[:, 0] / _WIDE + 1e-3))
