"""BLUR: whether even the sharpest part of the picture is soft, or a patch within sharp detail."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.picture import CACHED, Picture, strips
from gencheck.artifact.reading import FloatMap, Grey, Reading, finite
from gencheck.artifact.regions import Area, areas
from gencheck.findings import Measurement, Method

CHECK = "artifact.blur"
MIN_SIDE = 32
METHOD = Method(
    "re-blur ratio of the sharpest tenth, and of patches within sharp detail",
    "3",
    "Crete et al., The blur effect, SPIE 6492, 2007; a tile at a time",
)
NOTICE = 0.32
"""Blur ratio from which a picture is soft; fixed on training photos."""

_TILE = 32
_REBLUR = 11  # pixels, as in the paper's figure and in skimage.measure.blur_effect
_HALF = _REBLUR // 2
_SHARPEST = 10  # percentile of the tiles
_LEAST = 1.0  # mean step in luma levels below which a tile has nothing that could be sharp
_LEAST_OF_ONE = 0.6  # the same of one direction
_FEWEST = 8  # tiles that have steps in a direction for it to be judged
_CELL = 16  # pixels a side of what a patch is made of
_FINE = (0.15, 0.3)  # fine detail as a share of coarse detail, below which a cell is soft
_COARSE = 0.7  # luma levels of coarse detail below which a cell has nothing to be soft
_LEAP = 2.0  # how much more fine detail the surroundings must have
_AROUND = 0.7  # share of the surroundings that must have it
_MIN_SHARE = 0.02  # of the picture


def measure_blur(picture: Picture) -> Reading:
    """The blur ratio (0 sharp .. 1 blurred) of the sharpest tenth of the tiles, and of patches.

    Of the whole the softer of both directions counts, for a moved camera leaves the other sharp.

    Depth of field behind a sharp subject is no defect: of the whole only the sharpest part counts,
    and soft parts that reach the border of the picture or fade into what is sharp are left alone.
    A patch is soft, holds coarse detail, and has sharp detail right beside it on all sides.
    Measured at the scale at which the picture is seen: every photo is soft pixel by pixel.
    """
    steps, kept = _energies(picture.work)
    ratio, energy = _ratio(steps, kept), steps.max(axis=0)
    judged = energy >= _LEAST
    if not judged.any():
        detail = "no tile with any contrast"
        return Reading((Measurement("BLUR", 0.0, CHECK, METHOD, detail=detail),))
    value = finite(_of_the_sharpest(steps, kept), high=1.0)
    detail = f"{int(judged.sum())} of {judged.size} tiles have contrast"
    whole = Measurement("BLUR", value, CHECK, METHOD, detail=detail)
    if value >= NOTICE:
        return Reading((whole,), np.where(judged, ratio / NOTICE, 0).astype(np.float32))
    patches = soft_patches(picture.work)
    if not patches.any():
        return Reading((whole,))
    size = (patches.shape[1], patches.shape[0])
    softness = cv2.resize(ratio, size, interpolation=cv2.INTER_LINEAR)
    level = np.where(patches, np.maximum(softness / NOTICE, 1), 0).astype(np.float32)
    found = [_patch(level, area) for area in areas(level, picture.size)]
    return Reading((*found, whole), level)


def _patch(level: FloatMap, area: Area) -> Measurement:
    value = finite(float(level[area.cells].mean()) * NOTICE, high=1.0)
    detail = f"a soft patch of {area.share:.0%} of the picture within sharp detail"
    return Measurement("BLUR", value, CHECK, METHOD, area.box, detail)


def blur_ratio(grey: Grey) -> tuple[FloatMap, FloatMap]:
    """Crete's blur ratio of each tile of 32×32, and its mean step in luma levels.

    Blurring again changes a sharp picture much and a soft one little: the ratio is the share of
    the steps between neighbours that a box blur leaves. A step of the blurred picture is the
    difference of two pixels eleven apart, over eleven.

    Returns:
        Two ``float32 [H // 32, W // 32]``.
    """
    steps, kept = _energies(grey)
    return _ratio(steps, kept), np.asarray(steps.max(axis=0), np.float32)


def _of_the_sharpest(steps: FloatMap, kept: FloatMap) -> float:
    """The ratio of the sharpest tenth of the tiles, in the softer direction."""
    judged = steps.max(axis=0) >= _LEAST
    values = [float(np.percentile(_ratio(steps, kept)[judged], _SHARPEST))]
    for step, rest in zip(steps, kept, strict=True):
        here = judged & (step >= _LEAST_OF_ONE)
        if here.sum() >= _FEWEST:
            ratio = rest[here] / (_REBLUR * step[here])
            values.append(float(np.percentile(ratio, _SHARPEST)))
    return max(values)


def _ratio(steps: FloatMap, kept: FloatMap) -> FloatMap:
    """Of each tile; a direction without steps (stripes) says nothing: weighed by energy."""
    both = kept.sum(axis=0) / np.maximum(_REBLUR * steps.sum(axis=0), 1e-6)
    return np.asarray(both, np.float32)


def _energies(grey: Grey) -> tuple[FloatMap, FloatMap]:
    """The mean step of each tile, and what a blur leaves of it times eleven: both ``[2, r, c]``."""
    shape = grey.shape[0] // _TILE, grey.shape[1] // _TILE
    steps, kept = np.zeros((2, *shape), np.float32), np.zeros((2, *shape), np.float32)
    tiled = shape[0] * _TILE, grey.shape[1]
    for strip in strips(tiled, align=_TILE, pixels=CACHED) if shape[1] else ():
        tiles = slice(strip.start // _TILE, strip.stop // _TILE)
        for way, pair in enumerate((_across(grey, strip), _down(grey, strip))):
            steps[way, tiles], kept[way, tiles] = (_means(one, _TILE) for one in pair)
    return steps, kept


def _across(grey: Grey, rows: slice) -> tuple[Grey, Grey]:
    """Steps between neighbours of some rows, and what a blur leaves of each times eleven."""
    near, kept = np.zeros_like(grey[rows]), np.zeros_like(grey[rows])
    if grey.shape[1] > _REBLUR:
        view, inner = grey[rows], slice(_HALF, -_HALF - 1)
        near[:, inner] = cv2.absdiff(view[:, inner], view[:, _HALF + 1 : -_HALF])
        far = cv2.absdiff(view[:, :-_REBLUR], view[:, _REBLUR:])
        kept[:, inner] = _lesser(near[:, inner], far)
    return near, kept


def _down(grey: Grey, rows: slice) -> tuple[Grey, Grey]:
    """The same of the steps from row to row."""
    near, kept = np.zeros_like(grey[rows]), np.zeros_like(grey[rows])
    first, last = max(rows.start, _HALF), min(rows.stop, len(grey) - _HALF - 1)
    if last > first:
        inner = slice(first - rows.start, last - rows.start)
        near[inner] = cv2.absdiff(grey[first:last], grey[first + 1 : last + 1])
        above, below = grey[first - _HALF : last - _HALF], grey[first + _HALF + 1 :]
        far = cv2.absdiff(above, below[: last - first])
        kept[inner] = _lesser(near[inner], far)
    return near, kept


def _lesser(near: Grey, far: Any) -> Grey:
    # No step of eleven pixels is above 255: eleven times a step may stop there.
    return np.asarray(cv2.min(cv2.convertScaleAbs(near, alpha=_REBLUR), far), np.uint8)


def _means(values: NDArray[Any], tile: int) -> FloatMap:
    """Means over whole tiles; the columns that are left over do not count."""
    rows, columns = values.shape[0] // tile, values.shape[1] // tile
    whole = values[: rows * tile, : columns * tile].astype(np.float32)
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)


def soft_patches(grey: Grey) -> NDArray[np.bool_]:
    """Cells of 16×16 that lie in a soft patch within sharp detail: ``bool [H // 16, W // 16]``."""
    fine, coarse = _detail(grey)
    sharpness = np.asarray(fine / np.maximum(coarse, 1e-3), np.float32)
    textured = coarse >= _COARSE
    out = np.zeros(fine.shape, np.bool_)
    for limit in _FINE:
        out |= _patches((textured & (sharpness < limit)).astype(np.uint8), sharpness, textured)
    return out


def _patches(
    soft: NDArray[np.uint8], sharpness: FloatMap, textured: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """The connected parts of soft cells that stand alone within the picture."""
    near = np.ones((3, 3), np.uint8)
    whole = cv2.morphologyEx(cv2.morphologyEx(soft, cv2.MORPH_CLOSE, near), cv2.MORPH_OPEN, near)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(whole, connectivity=4)
    out = np.zeros(soft.shape, np.bool_)
    for part in range(1, count):
        x, y, width, height, size = (int(v) for v in stats[part])
        inside = x > 0 and y > 0 and x + width < soft.shape[1] and y + height < soft.shape[0]
        if inside and size >= _MIN_SHARE * soft.size:
            here = labels == part
            out |= here & _stands_alone(here, sharpness, textured)
    return out


def _stands_alone(
    here: NDArray[np.bool_], sharpness: FloatMap, textured: NDArray[np.bool_]
) -> bool:
    """Whether there is sharp detail all around a soft part."""
    rim = cv2.dilate(here.astype(np.uint8), np.ones((3, 3), np.uint8))  # cells that hold some of it
    beyond = (cv2.dilate(rim, np.ones((5, 5), np.uint8)) > rim) & textured
    every = cv2.dilate(rim, np.ones((5, 5), np.uint8)).sum() - rim.sum()
    if beyond.sum() < every / 2:
        return False
    sharp = sharpness[beyond] > _LEAP * float(np.median(sharpness[here]))
    return bool(sharp.mean() >= _AROUND)


def _detail(grey: Grey) -> tuple[FloatMap, FloatMap]:
    """Mean absolute detail below about 1 pixel, and of 2 to 5 pixels: cells of 16×16, smoothed."""
    rows, columns = grey.shape[0] // _CELL, grey.shape[1] // _CELL
    fine = np.zeros((rows, columns), np.float32)
    if fine.size == 0:
        return fine, fine.copy()
    whole = grey[: rows * _CELL, : columns * _CELL]
    small = np.empty((rows * _CELL // 4, columns * _CELL // 4), np.float32)
    for strip in strips(whole.shape, align=_CELL, pixels=CACHED):
        above = min(strip.start, 4)  # rows that the filter needs beyond the strip
        values = whole[strip.start - above : strip.stop + 4].astype(np.float32)
        inner = slice(above, above + strip.stop - strip.start)
        residual = cv2.absdiff(values, cv2.GaussianBlur(values, (5, 5), 1.0))[inner]
        fine[strip.start // _CELL : strip.stop // _CELL] = _means(residual, _CELL)
        small[strip.start // 4 : strip.stop // 4] = _means(values[inner], 4)
    coarse = cv2.absdiff(
        cv2.GaussianBlur(small, (3, 3), 0.6), cv2.GaussianBlur(small, (7, 7), 1.25)
    )
    smooth = (cv2.blur(means, (3, 3)) for means in (fine, _means(coarse, _CELL // 4)))
    smooth_fine, smooth_coarse = (np.asarray(one, np.float32) for one in smooth)
    return smooth_fine, smooth_coarse
